import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { promptTokens, type Usage } from '../../canonical/usage.ts'

/** Chat's token counts as disjoint ones; `undefined` if `raw` tells none. */
export function decodeUsage(raw: Json | undefined): Usage | undefined {
  if (!isObject(raw)) return undefined
  const prompt = asNumber(raw.prompt_tokens)
  const completion = asNumber(raw.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const { prompt_tokens_details: ofPrompt, completion_tokens_details: ofCompletion } = raw
  const input = isObject(ofPrompt) ? ofPrompt : NONE
  const output = isObject(ofCompletion) ? ofCompletion : NONE
  const cacheRead =
    asNumber(input.cached_tokens) ?? asNumber(raw.cached_tokens) ?? asNumber(raw.prompt_cache_hit_tokens)
  const cacheWrite = asNumber(input.cache_write_tokens) ?? asNumber(input.cache_creation_tokens)
  const reasoning = asNumber(output.reasoning_tokens) ?? asNumber(raw.reasoning_tokens)
  const usage: { -readonly [Count in keyof Usage]: Usage[Count] } = {}
  if (prompt !== undefined) usage.input = uncached(prompt, cacheRead ?? 0, cacheWrite ?? 0)
  if (cacheRead !== undefined) usage.cacheRead = cacheRead
  if (cacheWrite !== undefined) usage.cacheWrite = cacheWrite
  if (completion !== undefined) usage.output = generated(raw, prompt ?? 0, completion, reasoning ?? 0)
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

const NONE: JsonObject = {}

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
