import type { ProtocolId } from '../canonical/native.ts'

/** How a config names the protocols. */
const protocols = {
  'anthropic-messages': 'anthropic-messages',
  'openai-chat': 'openai-chat',
  'openai-responses': 'openai-responses',
  gemini: 'gemini',
  'bedrock-converse': 'bedrock-converse',
} as const satisfies Readonly<Record<string, ProtocolId>>

export const protocolNames = Object.keys(protocols) as (keyof typeof protocols)[]

/** The protocol of a name, if it is one. */
export function protocolNamed(name: unknown): ProtocolId | undefined {
  return protocolNames.find((each) => each === name)
}
