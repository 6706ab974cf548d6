import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { promptTokens, type Usage } from '../../canonical/usage.ts'

/** The token counts of a response as disjoint ones; `undefined` if `raw` tells none. */
export function decodeUsage(raw: Json | undefined): Usage | undefined {
  if (!isObject(raw)) return undefined
  const prompt = asNumber(raw.input_tokens)
  const output = asNumber(raw.output_tokens)
  if (prompt === undefined && output === undefined) return undefined
  const details = isObject(raw.input_tokens_details) ? raw.input_tokens_details : {}
  const cacheRead = asNumber(details.cached_tokens)
  const cacheWrite = asNumber(details.cache_write_tokens) ?? asNumber(details.cache_creation_tokens)
  const generated = isObject(raw.output_tokens_details) ? raw.output_tokens_details : {}
  const reasoning = asNumber(generated.reasoning_tokens)
  return {
    ...(prompt !== undefined && { input: uncached(prompt, cacheRead ?? 0, cacheWrite ?? 0) }),
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    // Reasoning is a part of the output; who counts more of it than there is counts it apart.
    ...(output !== undefined && { output: (reasoning ?? 0) > output ? output + (reasoning ?? 0) : output }),
    ...(reasoning !== undefined && { reasoning }),
  }
}

/** The counts as a response tells them: cached tokens inside the input, reasoning inside the output. */
export function encodeUsage(usage: Usage): JsonObject {
  const input = promptTokens(usage)
  const output = usage.output ?? 0
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead ?? 0,
      ...(usage.cacheWrite !== undefined && { cache_write_tokens: usage.cacheWrite }),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  }
}

function uncached(prompt: number, cacheRead: number, cacheWrite: number): number {
  const cached = cacheRead + cacheWrite
  return cached <= prompt ? prompt - cached : Math.max(0, prompt - cacheRead)
}
