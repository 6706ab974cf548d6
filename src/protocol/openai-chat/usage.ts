import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { promptTokens, type Usage } from '../../canonical/usage.ts'

/** Chat's token counts as disjoint ones; `undefined` if `raw` tells none. */
export function decodeUsage(raw: Json | undefined): Usage | undefined {
  if (!isObject(raw)) return undefined
  const prompt = asNumber(raw.prompt_tokens)
  const completion = asNumber(raw.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const inputDetails = detail(raw, 'prompt_tokens_details')
  const cacheRead =
    asNumber(inputDetails.cached_tokens) ?? asNumber(raw.cached_tokens) ?? asNumber(raw.prompt_cache_hit_tokens)
  const cacheWrite = asNumber(inputDetails.cache_write_tokens) ?? asNumber(inputDetails.cache_creation_tokens)
  const reasoning =
    asNumber(detail(raw, 'completion_tokens_details').reasoning_tokens) ?? asNumber(raw.reasoning_tokens)
  return {
    ...(prompt !== undefined && { input: uncached(prompt, cacheRead ?? 0, cacheWrite ?? 0) }),
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(completion !== undefined && { output: generated(raw, prompt ?? 0, completion, reasoning ?? 0) }),
    ...(reasoning !== undefined && { reasoning }),
  }
}

/** The counts as Chat tells them: cached tokens inside the prompt, reasoning inside the completion. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = promptTokens(usage)
  const completion = usage.output ?? 0
  const input: JsonObject = {}
  if (usage.cacheRead !== undefined) input.cached_tokens = usage.cacheRead
  if (usage.cacheWrite !== undefined) input.cache_write_tokens = usage.cacheWrite
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(Object.keys(input).length > 0 && { prompt_tokens_details: input }),
    ...(usage.reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: usage.reasoning } }),
  }
}

function detail(raw: JsonObject, key: string): JsonObject {
  const value = raw[key]
  return isObject(value) ? value : {}
}

// More cached than sent: that vendor counts the cached tokens apart from the prompt.
function uncached(prompt: number, cacheRead: number, cacheWrite: number): number {
  if (cacheRead + cacheWrite <= prompt) return prompt - cacheRead - cacheWrite
  return cacheRead <= prompt ? prompt - cacheRead : prompt
}

// xAI and some gateways count reasoning outside the completion; the total gives them away.
function generated(raw: JsonObject, prompt: number, completion: number, reasoning: number): number {
  if (reasoning === 0) return completion
  const apart = reasoning > completion || asNumber(raw.total_tokens) === prompt + completion + reasoning
  return apart ? completion + reasoning : completion
}
