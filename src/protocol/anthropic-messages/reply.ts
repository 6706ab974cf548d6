import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'
import type { ModelReply } from '../../canonical/reply.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext, EncodeContext } from '../protocol.ts'
import {
  decodeAnswerPart,
  encodeAnswerReasoning,
  finishOf,
  malformed,
  mediaNotice,
  messageRest,
  searchBlocks,
  stopReasonOf,
  type SentParts,
} from './answer.ts'
import { errorInside } from './error.ts'
import { encodeText, encodeToolUse } from './parts.ts'
import { ID, spelling, withKeys } from './residue.ts'
import { seal } from '../sealed.ts'
import { sourcesIn } from './sources.ts'
import { toToolId } from './tool-id.ts'
import { decodeUsage, encodeKnownUsage, encodeUsage } from './usage.ts'

/** A whole answer of a provider. Throws for an error inside a success and for a body that is no message. */
export function decodeReply(body: Json, context: DecodeContext): ModelReply {
  if (!isObject(body)) throw malformed('answered with something that is no message', context)
  if (body.type === 'error' || (body.error && !body.content)) throw errorInside(body, context)
  const parts = contentOf(body, context).map((block, index) => {
    if (!isObject(block)) throw malformed(`sent content[${index}] that is no block`, context)
    return decodeAnswerPart(block, `content[${index}]`, context)
  })
  const calls = parts.some((part) => part.type === 'tool-call')
  const usage = decodeUsage(body.usage)
  const native: { -readonly [Key in keyof Native]: Native[Key] } = { protocol: ID, rest: messageRest(body) }
  if (body.stop_sequence === undefined || body.usage === undefined)
    native.form = { absent: ABSENT.filter((key) => body[key] === undefined) }
  const reply: { -readonly [Key in keyof ModelReply]: ModelReply[Key] } = {
    parts,
    finish: finishOf(body.stop_reason, body.stop_sequence, calls),
    native,
    ...sourcesIn(parts),
  }
  if (typeof body.id === 'string') reply.id = body.id
  if (typeof body.model === 'string') reply.model = body.model
  if (Object.keys(usage).length > 0) reply.usage = usage
  return reply
}

/** A whole answer for a client. */
export function encodeReply(reply: ModelReply, context: EncodeContext): JsonObject {
  const { native, finish } = reply
  const ours = restFor(native, ID)
  const content: JsonObject[] = []
  const sent: SentParts = { calls: false, natives: false }
  for (const part of reply.parts) {
    if (part.type === 'tool-call') sent.calls = true
    if (part.type === 'native' && part.native.protocol === ID) sent.natives = true
    addPart(part, context, content)
  }
  if (reply.search && !ours) content.push(...searchBlocks(reply.search, context.id('srvtoolu_')))
  const encode = ours ? encodeKnownUsage : encodeUsage
  const message: JsonObject = {
    id: reply.id ?? context.id('msg_'),
    type: 'message',
    role: 'assistant',
    model: reply.model ?? context.model,
    content,
    stop_reason: stopReasonOf(finish, sent, native),
    stop_sequence: finish.stopSequence ?? null,
    usage: encode(reply.usage, ours?.usage as JsonObject | undefined),
  }
  if (!ours) return message
  const absent = spelling(native, 'absent')
  if (Array.isArray(absent) && absent.includes('stop_sequence') && message.stop_sequence === null)
    delete message.stop_sequence
  if (Array.isArray(absent) && absent.includes('usage') && !reply.usage) delete message.usage
  const { usage: _, ...rest } = ours
  return withKeys(message, rest)
}

const ABSENT = ['stop_sequence', 'usage'] as const

function contentOf(body: JsonObject, context: DecodeContext): Json[] {
  if (Array.isArray(body.content)) return body.content
  // An answer may be empty, but not nameless as well.
  if (body.content === null && typeof body.stop_reason === 'string') return []
  if (typeof body.content === 'string') return [{ type: 'text', text: body.content }]
  throw malformed('answered without content', context)
}

function addPart(part: Part, context: EncodeContext, out: JsonObject[]): void {
  switch (part.type) {
    case 'text':
      out.push(encodeText(part))
      return
    case 'reasoning':
      out.push(encodeAnswerReasoning(part))
      return
    case 'tool-call': {
      const call = encodeToolUse(part, toToolId(part.id || context.id('toolu_')), part.name)
      if (part.signature !== undefined) {
        const data = seal({ kind: 'call', origin: part.origin, call: part.id, value: part.signature })
        out.push({ type: 'redacted_thinking', data })
      }
      out.push(call)
      return
    }
    case 'media':
      out.push({ type: 'text', text: mediaNotice(part) })
      return
    case 'native': {
      const block = restFor(part.native, ID)
      if (block) out.push(block)
      return
    }
    case 'tool-result':
  }
}
