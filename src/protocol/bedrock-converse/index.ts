import { asNumber, isObject, type JsonObject } from '../../canonical/json.ts'
import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { formatGap } from './format-gap.ts'
import { ID } from './residue.ts'

/** Amazon Bedrock's Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrockConverse: Protocol = {
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
    encodeRequest: (wire, model) => ({
      ...wire,
      path: `/model/${encodeURIComponent(model)}/count-tokens`,
      body: { input: { converse: counted(wire.body) } },
    }),
    decodeReply: (body) => (isObject(body) ? asNumber(body.inputTokens) : undefined),
  },
  formatGap,
  // No client speaks it: nothing is relayed.
  isNotable: () => true,
}

function counted({ messages, system, toolConfig, additionalModelRequestFields }: JsonObject): JsonObject {
  return { messages, system, toolConfig, additionalModelRequestFields }
}
