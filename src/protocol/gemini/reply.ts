import { createCollector, type ModelReply } from '../../canonical/reply.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext, EncodeContext } from '../protocol.ts'
import { createAnswerParts } from './answer-parts.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswerPart, restOf } from './encode-answer.ts'
import { createEnvelope } from './envelope.ts'
import { errorInside } from './error.ts'
import { failure, finishOf, finishReasonOf } from './finish.ts'
import { groundingMetadataOf, groundingOf } from './grounding.ts'
import { encodeLogprobs } from './logprobs.ts'
import { defined, underlay } from './residue.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/** A whole answer. A list is a stream that was read whole. */
export function decodeReply(body: Json, context: DecodeContext): ModelReply {
  if (Array.isArray(body)) return decodeChunks(body, context)
  if (!isObject(body)) throw failure('malformed', 'sent something that is no answer', undefined, context)
  if (isObject(body.error)) throw errorInside(body, context)
  const envelope = createEnvelope()
  const reader = createAnswerParts(context)
  const raws = envelope.read(body).filter((raw) => !isObject(raw.functionCall) || Boolean(raw.functionCall.name))
  const parts = withLogprobs(
    raws.flatMap((raw) => reader.read(raw) ?? []),
    envelope.logprobs,
  )
  const usage = decodeUsage(envelope.usageMetadata)
  return {
    ...(envelope.id !== undefined && { id: envelope.id }),
    ...(envelope.model !== undefined && { model: envelope.model }),
    parts,
    finish: decodeFinish(envelope, parts, context),
    ...(usage && { usage }),
    ...groundingOf(envelope.native()),
    native: envelope.native(),
  }
}

/** A whole answer for a Gemini client. */
export function encodeReply(reply: ModelReply, context: EncodeContext): JsonObject {
  const rest = restOf(reply.native)
  const parts = reply.parts.flatMap(encodeAnswerPart)
  const own = {
    usageMetadata: encodeUsage(reply.usage, rest?.usageMetadata),
    modelVersion: rest ? reply.model : (reply.model ?? context.model),
    responseId: rest ? reply.id : (reply.id ?? context.id('')),
  }
  const finishReason = finishReasonOf(reply.finish)
  if (!rest) {
    const content = { parts, role: 'model' }
    const candidate = {
      content,
      finishReason,
      index: 0,
      ...logprobsOf(reply.parts),
      ...groundingMetadataOf(reply.search),
    }
    return { candidates: [candidate], ...own }
  }
  const { candidate, top } = rest
  const candidates = candidate && [
    underlay({ ...(parts.length > 0 && { content: { parts } }), finishReason }, candidate),
  ]
  const usageMetadata = reply.usage || rest.usageMetadata ? own.usageMetadata : undefined
  return underlay(defined({ candidates, ...own, usageMetadata }), top)
}

/** The tokens of an answer stand beside its parts: they are those of its first text. */
function withLogprobs(parts: Part[], logprobs: readonly TokenLogprob[] | undefined): Part[] {
  const first = logprobs ? parts.findIndex(({ type }) => type === 'text') : -1
  return logprobs ? parts.map((part, index) => (index === first ? ({ ...part, logprobs } as Part) : part)) : parts
}

function logprobsOf(parts: readonly Part[]): JsonObject {
  const tokens = parts.flatMap((part) => (part.type === 'text' ? (part.logprobs ?? []) : []))
  return tokens.length > 0 ? { logprobsResult: encodeLogprobs(tokens) } : {}
}

function decodeChunks(chunks: readonly Json[], context: DecodeContext): ModelReply {
  const stream = decodeStream(context)
  const collector = createCollector()
  for (const chunk of chunks) for (const event of stream.push({ data: JSON.stringify(chunk) })) collector.push(event)
  for (const event of stream.end()) collector.push(event)
  const reply = collector.end()
  if (!reply) throw failure('empty-answer', 'answered nothing', undefined, context)
  return reply
}

function decodeFinish(
  envelope: ReturnType<typeof createEnvelope>,
  parts: readonly Part[],
  context: DecodeContext,
): ModelReply['finish'] {
  const { blockReason, finishReason, finishMessage } = envelope
  if (finishReason === undefined && blockReason !== undefined) return { kind: 'content-filter', raw: blockReason }
  if (finishReason === undefined && parts.length === 0)
    throw failure('empty-answer', 'answered nothing', undefined, context)
  if (finishReason === undefined) throw failure('cut-stream', 'sent an answer without an end', undefined, context)
  const outcome = finishOf(finishReason, finishMessage, sentIn(parts), context)
  if (outcome instanceof Error) throw outcome
  return outcome
}

function sentIn(parts: readonly Part[]): { content: boolean; calls: boolean } {
  const isContent = (part: Part): boolean =>
    part.type === 'native'
      ? part.native.rest.text === undefined
      : part.type !== 'reasoning' && part.type !== 'tool-call'
  return { content: parts.some(isContent), calls: parts.some(({ type }) => type === 'tool-call') }
}
