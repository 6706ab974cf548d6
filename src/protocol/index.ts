import type { ProtocolId } from '../canonical/native.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiResponses } from './openai-responses/index.ts'
import type { Protocol } from './protocol.ts'

/** Every wire format that is spoken, by its id. */
export const protocols: Readonly<Partial<Record<ProtocolId, Protocol>>> = {
  'anthropic-messages': anthropicMessages,
  'bedrock-converse': bedrockConverse,
  gemini,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
}

/** The codec of a wire format that is spoken; ask `protocols` first whether it is. */
export function codecOf(id: ProtocolId): Protocol {
  const protocol = protocols[id]
  if (!protocol) throw new Error(`no codec for ${id}`)
  return protocol
}
