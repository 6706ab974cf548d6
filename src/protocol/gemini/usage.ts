import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { promptTokens, type Usage } from '../../canonical/usage.ts'
import { defined, isSame } from './residue.ts'

/** Gemini's `usageMetadata`; `undefined` where it counts nothing, as in the first chunks of some streams. */
export function decodeUsage(metadata: Json | undefined): Usage | undefined {
  if (!isObject(metadata)) return undefined
  const count = (name: string): number | undefined => asNumber(metadata[name])
  const cached = count('cachedContentTokenCount')
  const prompt = sum(count('promptTokenCount'), count('toolUsePromptTokenCount'))
  const thoughts = count('thoughtsTokenCount')
  // Google's own server tells cached tokens as a part of the prompt, and thoughts beside the answer.
  const output = sum(count('candidatesTokenCount') ?? count('responseTokenCount'), thoughts)
  if (prompt === undefined && output === undefined) return undefined
  return {
    ...(prompt !== undefined && { input: Math.max(0, prompt - (cached ?? 0)) }),
    ...(cached !== undefined && { cacheRead: cached }),
    ...(output !== undefined && { output }),
    ...(thoughts !== undefined && { reasoning: thoughts }),
  }
}

/** `usageMetadata` for a client; `raw` is what Gemini itself said, kept where it still says the same. */
export function encodeUsage(usage: Usage | undefined, raw: Json | undefined): JsonObject {
  if (isObject(raw) && (usage === undefined || isSame(decodeUsage(raw), usage))) return raw
  if (!usage) return {}
  const { output, reasoning, cacheRead } = usage
  const isPromptKnown = usage.input !== undefined || cacheRead !== undefined || usage.cacheWrite !== undefined
  const prompt = isPromptKnown ? promptTokens(usage) : undefined
  return defined({
    promptTokenCount: prompt,
    cachedContentTokenCount: cacheRead === 0 ? undefined : cacheRead,
    candidatesTokenCount: output === undefined ? undefined : output - (reasoning ?? 0),
    thoughtsTokenCount: reasoning,
    totalTokenCount: sum(prompt, output),
  })
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined && second === undefined ? undefined : (first ?? 0) + (second ?? 0)
}
