import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelReply } from '../../canonical/reply.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext, EncodeContext } from '../protocol.ts'
import { createAnswerParts, envelopeOf, searchIn } from './answer.ts'
import { encodeAnswerPart } from './encode-answer.ts'
import { exceptionInside } from './error.ts'
import { failure, finishOf, stopReasonOf } from './finish.ts'
import { ID, withRest } from './residue.ts'
import { decodeUsage, encodeKnownUsage, encodeUsage } from './usage.ts'

/** A whole answer of a provider. Throws for an error inside a success and for a body that is no answer. */
export function decodeReply(body: Json, context: DecodeContext): ModelReply {
  if (!isObject(body)) throw failure('malformed', 'sent something that is no answer', undefined, context)
  if (typeof body['__type'] === 'string') throw exceptionInside(body['__type'], body, context)
  const message = isObject(body.output) ? body.output.message : undefined
  if (!isObject(message) || !Array.isArray(message.content))
    throw failure('malformed', 'answered without content', undefined, context)
  const read = createAnswerParts(context)
  const parts = message.content.flatMap((block) => (isObject(block) ? (read(block) ?? []) : []))
  const usage = decodeUsage(body.usage)
  return {
    parts,
    finish: finish(body, parts, context),
    ...searchIn(parts),
    ...(usage && { usage }),
    native: envelopeOf(body),
  }
}

/** A whole answer for a client. */
export function encodeReply(reply: ModelReply, _context: EncodeContext): JsonObject {
  const ours = restFor(reply.native, ID) !== undefined
  const content = reply.parts.flatMap(encodeAnswerPart)
  const calls = reply.parts.some(({ type }) => type === 'tool-call')
  const usage = ours ? encodeKnownUsage(reply.usage) : encodeUsage(reply.usage)
  const own: JsonObject = {
    output: { message: { role: 'assistant', content } },
    stopReason: stopReasonOf(reply.finish, calls),
    ...(Object.keys(usage).length > 0 && { usage }),
    ...fieldsOf(reply),
  }
  return withRest(own, reply.native)
}

/** What Converse has no field for, where Claude says it. */
export function fieldsOf({ finish: { stopSequence }, native }: Pick<ModelReply, 'finish' | 'native'>): JsonObject {
  if (stopSequence === undefined || restFor(native, ID)) return {}
  return { additionalModelResponseFields: { stop_sequence: stopSequence } }
}

function finish(body: JsonObject, parts: readonly Part[], context: DecodeContext): ModelReply['finish'] {
  const calls = parts.some(({ type }) => type === 'tool-call')
  if (typeof body.stopReason !== 'string') return { kind: calls ? 'tool-calls' : 'stop' }
  const outcome = finishOf(body.stopReason, body.additionalModelResponseFields, calls, context)
  if (outcome instanceof Error) throw outcome
  return outcome
}
