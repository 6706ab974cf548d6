import type { ProtocolId } from '../canonical/native.ts'

/** What the `type` of an endpoint stands for. */
export interface EndpointType {
  readonly protocol: ProtocolId
  /** Where its own vendor serves. Absent: there is none. */
  readonly url?: string
}

/** The types of endpoints, by the name that the config calls them by. */
export const endpointTypes: Readonly<Record<string, EndpointType>> = {
  anthropic: { protocol: 'anthropic-messages', url: 'https://api.anthropic.com/v1' },
  openai: { protocol: 'openai-chat', url: 'https://api.openai.com/v1' },
  gemini: { protocol: 'gemini', url: 'https://generativelanguage.googleapis.com/v1beta' },
  bedrock: { protocol: 'bedrock-converse' },
  custom: { protocol: 'openai-chat' },
}
