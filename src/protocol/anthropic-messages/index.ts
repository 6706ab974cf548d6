import { asNumber, isObject, omit } from '../../canonical/json.ts'
import type { Frame, Protocol } from '../protocol.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { formatGap } from './format-gap.ts'
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
  count: {
    encodeRequest: (wire) => ({ ...wire, path: '/messages/count_tokens', body: omit(wire.body, NOT_COUNTED) }),
    decodeReply: (body) => (isObject(body) ? asNumber(body['input_tokens']) : undefined),
  },
  formatGap,
  ping: { event: 'ping', data: '{"type": "ping"}' },
  isNotable,
  dullEvents:
    /event: content_block_delta\ndata: \{"type": ?"content_block_delta", ?"index": ?\d+, ?"delta": ?\{"type": ?"(?!signature)/y,
}

/** What the count does not take. */
const NOT_COUNTED = new Set([
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
])

/** Events that hold usage, the proof of reasoning, an error or the end; also any that is not named, since it may. */
function isNotable({ event, data }: Frame): boolean {
  switch (event) {
    case 'content_block_delta':
      return data.includes('"signature_delta"')
    case 'content_block_start':
      return data.includes('thinking"')
    case undefined:
      return !data.startsWith('{"type":"content_block_delta') || data.includes('"signature_delta"')
    default:
      return event !== 'ping'
  }
}
