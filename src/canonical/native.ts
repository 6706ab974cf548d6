import type { Json, JsonObject } from './json.ts'

/** A wire format that clients or providers speak. */
export type ProtocolId = 'anthropic-messages' | 'openai-chat' | 'openai-responses' | 'gemini' | 'bedrock-converse'

/**
 * What a decoder did not claim of a node, kept so that encoding to the same protocol is lossless.
 * Never sent to another protocol: there it is a loss, listed in `dropped`.
 */
export interface Native {
  readonly protocol: ProtocolId
  /** Keys of the node that the decoder did not claim. */
  readonly rest: JsonObject
  /** How the node was spelt where a protocol has several spellings (`'string'` or `'blocks'`, say). */
  readonly form?: Json
}

/** The residue of `native` if it belongs to `protocol`, else nothing. */
export function restFor(native: Native | undefined, protocol: ProtocolId): JsonObject | undefined {
  return native?.protocol === protocol ? native.rest : undefined
}

/** The recorded spelling of a node if it belongs to `protocol`. */
export function formFor(native: Native | undefined, protocol: ProtocolId): Json | undefined {
  return native?.protocol === protocol ? native.form : undefined
}
