import type { Frame, Protocol } from '../protocol.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { ID } from './residue.ts'
import { decodeStream, encodeStream } from './stream.ts'

/** Anthropic's Messages API, https://docs.anthropic.com/en/api/messages. */
export const anthropicMessages: Protocol = {
  id: ID,
  decodeRequest,
  encodeRequest,
  decodeStream,
  encodeStream,
  decodeReply,
  encodeReply,
  decodeError,
  encodeError,
  ping: { event: 'ping', data: '{"type": "ping"}' },
  isNotable,
}

/** Events that hold usage, an error or the end; also any that is not named, since it may. */
function isNotable({ event, data }: Frame): boolean {
  if (event === undefined) return !data.startsWith('{"type":"content_block')
  return event.startsWith('message_') || event === 'error'
}
