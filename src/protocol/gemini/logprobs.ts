import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Logprob, LogprobsOption, TokenLogprob } from '../../canonical/logprobs.ts'
import { defined } from './residue.ts'

/** How likely the tokens of an answer, or of a chunk of it, were; nothing where Gemini does not tell. */
export function decodeLogprobs(result: Json | undefined): TokenLogprob[] | undefined {
  if (!isObject(result) || !Array.isArray(result.chosenCandidates)) return undefined
  const tops = Array.isArray(result.topCandidates) ? result.topCandidates : []
  const tokens = result.chosenCandidates.flatMap((chosen, index): TokenLogprob[] => {
    const token = decodeOne(chosen)
    const step = tops[index]
    const others = isObject(step) && Array.isArray(step.candidates) ? step.candidates : []
    const top = others.flatMap((other) => decodeOne(other) ?? [])
    return token ? [top.length > 0 ? { ...token, top } : token] : []
  })
  return tokens.length > 0 ? tokens : undefined
}

/** The same as Gemini tells it. */
export function encodeLogprobs(tokens: readonly TokenLogprob[]): JsonObject {
  return {
    ...(tokens.some(({ top }) => top) && {
      topCandidates: tokens.map(({ top }) => ({ candidates: (top ?? []).map(encodeOne) })),
    }),
    chosenCandidates: tokens.map(encodeOne),
  }
}

/** The wish for them in `generationConfig`; Gemini knows how many only beside `responseLogprobs: true`. */
export function decodeLogprobsOption({ responseLogprobs, logprobs }: JsonObject): LogprobsOption | undefined {
  if (responseLogprobs !== true) return undefined
  const top = asNumber(logprobs)
  return top === undefined ? {} : { top }
}

function decodeOne(candidate: Json): Logprob | undefined {
  if (!isObject(candidate)) return undefined
  const token = asString(candidate.token)
  const logprob = asNumber(candidate.logProbability)
  const id = asNumber(candidate.tokenId)
  return token === undefined || logprob === undefined ? undefined : { token, logprob, ...(id !== undefined && { id }) }
}

function encodeOne({ token, id, logprob }: Logprob): JsonObject {
  return defined({ token, tokenId: id, logProbability: logprob })
}
