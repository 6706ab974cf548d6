import type { ProtocolId } from '../canonical/native.ts'
import type { Traits } from '../protocol/protocol.ts'

/** Somebody we call. */
export interface Provider {
  readonly name: string
  /** Every protocol it speaks, best first; the client's own is preferred. */
  readonly endpoints: readonly Endpoint[]
  /** Absent: none is needed, or the config's was a placeholder. */
  readonly apiKey?: string
  /** Models that are listed and matched; others are forwarded as they are. */
  readonly models: readonly string[]
  /** Accents, in order, for every model. */
  readonly dialects: readonly DialectUse[]
  /** Further accents by model, applied after `dialects`. */
  readonly modelDialects: Readonly<Record<string, readonly DialectUse[]>>
  readonly traits: Traits
  /** Extra request headers, as the user wrote them. */
  readonly headers: Readonly<Record<string, string>>
  /** URL of an HTTP proxy, or `false` for none. Loopback never goes through one. */
  readonly proxy: string | false
  /** How long the provider may stay silent, in milliseconds. */
  readonly timeoutMs: number
}

export interface Endpoint {
  readonly protocol: ProtocolId
  /** What stands before the protocol's path: `https://api.openai.com/v1`. No slash at the end. */
  readonly baseUrl: string
  /** Query that the user's URL carried, without `?`. */
  readonly query: string
  readonly auth: 'x-api-key' | 'bearer' | 'x-goog-api-key'
}

/** A dialect as the config names it. */
export interface DialectUse {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}
