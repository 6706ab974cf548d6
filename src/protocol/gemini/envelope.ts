import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Native } from '../../canonical/native.ts'
import { decodeLogprobs } from './logprobs.ts'
import { ID, laidOver } from './residue.ts'

/** All of an answer but its parts: added up over the chunks of a stream, later ones over earlier ones. */
export interface Envelope {
  /** Reads a chunk and gives the parts of its first candidate. */
  read(chunk: JsonObject): JsonObject[]
  /** How likely the tokens of the chunk that was read last were. */
  readonly logprobs: readonly TokenLogprob[] | undefined
  readonly id: string | undefined
  readonly model: string | undefined
  readonly usageMetadata: JsonObject | undefined
  readonly finishReason: string | undefined
  /** What Gemini says about its finish, in words. */
  readonly finishMessage: string | undefined
  /** Why the prompt was refused. */
  readonly blockReason: string | undefined
  native(): Native
}

/** An answer of which nothing was read. */
export function createEnvelope(): Envelope {
  let rest: JsonObject = {}
  let candidate: JsonObject = {}
  let usageMetadata: JsonObject | undefined
  let finishReason: string | undefined
  let id: string | undefined
  let model: string | undefined
  let hasCandidate = false
  let logprobs: readonly TokenLogprob[] | undefined

  const readCandidate = (raw: JsonObject): JsonObject[] => {
    hasCandidate = true
    logprobs = raw.logprobsResult === undefined ? undefined : decodeLogprobs(raw.logprobsResult)
    const reason = asString(raw.finishReason)
    if (reason && reason !== 'FINISH_REASON_UNSPECIFIED') finishReason = reason
    const content = isObject(raw.content) ? raw.content : undefined
    candidate = laidOver(candidate, raw, CANDIDATE)
    if (content) {
      const before = isObject(candidate.content) ? candidate.content : NOTHING
      const told = laidOver(before, content, CONTENT)
      if (told !== candidate.content) candidate = { ...candidate, content: told }
    }
    return partsOf(content)
  }

  return {
    read(chunk) {
      id = asString(chunk.responseId) || id
      model = asString(chunk.modelVersion) ?? model
      if (isObject(chunk.usageMetadata)) usageMetadata = { ...usageMetadata, ...chunk.usageMetadata }
      rest = laidOver(rest, chunk, CHUNK)
      logprobs = undefined
      const first = firstCandidate(chunk.candidates)
      return first ? readCandidate(first) : []
    },
    get logprobs() {
      return logprobs
    },
    get id() {
      return id
    },
    get model() {
      return model
    },
    get usageMetadata() {
      return usageMetadata
    },
    get finishReason() {
      return finishReason
    },
    get finishMessage() {
      return asString(candidate.finishMessage)
    },
    get blockReason() {
      const reason = isObject(rest.promptFeedback) ? asString(rest.promptFeedback.blockReason) : undefined
      return reason === 'BLOCKED_REASON_UNSPECIFIED' ? undefined : reason
    },
    native: () => ({
      protocol: ID,
      rest: hasCandidate ? { ...rest, candidates: [candidate] } : rest,
      ...(usageMetadata && { form: { usageMetadata } }),
    }),
  }
}

const NOTHING: JsonObject = {}
const CHUNK = new Set(['candidates', 'usageMetadata', 'responseId', 'modelVersion'])
const CANDIDATE = new Set(['content', 'finishReason'])
const CONTENT = new Set(['parts'])

/** Only the candidate of index 0 counts: other protocols know no second one. */
function firstCandidate(candidates: Json | undefined): JsonObject | undefined {
  if (!Array.isArray(candidates)) return undefined
  return candidates.filter(isObject).find(({ index }) => index === undefined || index === 0)
}

function partsOf(content: JsonObject | undefined): JsonObject[] {
  return Array.isArray(content?.parts) ? content.parts.filter(isObject) : []
}
