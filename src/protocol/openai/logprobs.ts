import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Logprob, TokenLogprob } from '../../canonical/logprobs.ts'

/** OpenAI's list of the tokens of a text, in either of its protocols; nothing where it lists none. */
export function decodeLogprobs(list: Json | undefined): TokenLogprob[] | undefined {
  if (!Array.isArray(list)) return undefined
  const tokens = list.flatMap((entry): TokenLogprob[] => {
    const token = decodeOne(entry)
    if (!token || !isObject(entry)) return []
    const top = Array.isArray(entry.top_logprobs) ? entry.top_logprobs.flatMap((other) => decodeOne(other) ?? []) : []
    return [top.length > 0 ? { ...token, top } : token]
  })
  return tokens.length > 0 ? tokens : undefined
}

/** The list as a Chat client or a whole response has it. */
export function encodeLogprobs(tokens: readonly TokenLogprob[]): JsonObject[] {
  return tokens.map(({ top, ...token }) => ({ ...encodeOne(token), top_logprobs: (top ?? []).map(encodeOne) }))
}

/** The list as the events of a streamed response have it: without bytes. */
export function encodeBriefLogprobs(tokens: readonly TokenLogprob[]): JsonObject[] {
  const brief = ({ token, logprob }: Logprob): JsonObject => ({ token, logprob })
  return tokens.map((token) => ({ ...brief(token), top_logprobs: (token.top ?? []).map(brief) }))
}

function decodeOne(entry: Json): Logprob | undefined {
  if (!isObject(entry)) return undefined
  const token = asString(entry.token)
  const logprob = asNumber(entry.logprob)
  if (token === undefined || logprob === undefined) return undefined
  const { bytes } = entry
  const told = Array.isArray(bytes)
    ? bytes.filter((byte) => typeof byte === 'number')
    : bytes === null
      ? null
      : undefined
  return { token, logprob, ...(told !== undefined && { bytes: told }) }
}

function encodeOne({ token, logprob, bytes }: Logprob): JsonObject {
  return { token, logprob, bytes: bytes === undefined ? bytesOf(token) : bytes && [...bytes] }
}

/** A token that is no whole characters has a replacement character in its place. */
function bytesOf(token: string): number[] | null {
  return token.includes('\uFFFD') ? null : [...new TextEncoder().encode(token)]
}
