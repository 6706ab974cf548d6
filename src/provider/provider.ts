import type { ProtocolId } from '../canonical/native.ts'
import type { Traits } from '../protocol/protocol.ts'
import type { Dialect } from './dialect.ts'
import type { BreakerSettings, RetryPolicy } from './resilience.ts'
import type { Transformer } from './transformer.ts'
import type { UpstreamLimits } from './upstream-limits.ts'

/** Somebody we call. */
export interface Provider {
  readonly name: string
  /** Every protocol it speaks, best first; the client's own is preferred. */
  readonly endpoints: readonly Endpoint[]
  /** Its URL as the config has it: transformers of the user are told it, and call it as it is. */
  readonly writtenUrl?: string
  /** Absent: none is needed, or the config's was a placeholder. */
  readonly apiKey?: string
  /** All of its keys in the order of the config, `apiKey` first, where there are several. */
  readonly apiKeys?: readonly string[]
  /** What a client may bring to be called with, besides `apiKey`. Absent: nothing; then a call without a key is fine, too. */
  readonly takes?: readonly ClientCredential[]
  /** Set if a key is missing: where the config would hold it, as a person finds it. */
  readonly keyPlace?: string
  /** Models that are listed and matched; others are forwarded as they are. */
  readonly models: readonly string[]
  /** Accents, in order, for every model. */
  readonly dialects: readonly DialectUse[]
  /** Further accents by model, applied after `dialects`. */
  readonly modelDialects: Readonly<Record<string, readonly DialectUse[]>>
  readonly traits: Traits
  /** Further traits by model, over `traits`. */
  readonly modelTraits?: Readonly<Record<string, Traits>>
  /** Extra request headers, as the user wrote them. */
  readonly headers: Readonly<Record<string, string>>
  /** URL of an HTTP proxy, or `false` for none. Loopback never goes through one. */
  readonly proxy: string | false
  /** Certificates (PEM) of authorities that its servers may be signed by, besides those that the machine trusts. */
  readonly ca?: string
  readonly deadlines: Deadlines
  /** The row of the catalog that it is, whose knowledge of models counts for it. */
  readonly catalog?: string
  /** What the config left out and the catalog added, in words. */
  readonly filled?: readonly string[]
  /** Absent: each call is tried once. */
  readonly retry?: RetryPolicy
  /** Absent: `DEFAULT_BREAKER`. */
  readonly breaker?: BreakerSettings
  /** What it allows, so that calls wait here for their turn. Absent: nobody says. */
  readonly limits?: UpstreamLimits
}

/**
 * What a client brings for a provider. `key`: the user's own key, handed over as `ccr:<key>`, where the config holds none.
 * `login`: the key or the subscription's token that the client itself would show to its vendor.
 */
export type ClientCredential = 'key' | 'login'

/** How long a call may take, in milliseconds. Absent: for ever. */
export interface Deadlines {
  /** Until the connection stands: name, TCP, TLS and a proxy's tunnel. Not looked at where the provider answered within a minute. */
  readonly connectMs?: number
  /** From there to the headers of the answer. */
  readonly firstByteMs?: number
  /** Between two pieces of the answer. */
  readonly idleMs?: number
  /** From the first attempt to connect to the last piece. */
  readonly totalMs?: number
}

export interface Endpoint {
  readonly protocol: ProtocolId
  /** What stands before the protocol's path: `https://api.openai.com/v1`. No slash at the end. */
  readonly baseUrl: string
  /** Query that the user's URL carried, without `?`. */
  readonly query: string
  readonly auth: AuthKind
  /** What that needs besides the key: `region`, `access_key_id` … Values may be secrets. */
  readonly authOptions?: Readonly<Record<string, string>>
  /** Set where the provider's paths and bodies differ from the protocol's own. */
  readonly addressing?: Addressing
  /** The models that it serves: a regular expression, case does not count. Absent: all. */
  readonly serves?: string
  /** Its own way to the network, where it is not the provider's: on this machine, say. */
  readonly proxy?: string | false
}

/** How it is proved to a provider who calls: the header of a key, or whose way to sign and to give tokens. */
export type AuthKind =
  | 'x-api-key'
  | 'bearer'
  | 'x-goog-api-key'
  | 'cf-aig-authorization'
  | 'aws-sigv4'
  | 'azure'
  | 'google'

/**
 * `azure-deployments`: the model stands in the path, before the protocol's own. `vertex-claude`: it stands in the path
 * alone, and the version of the protocol in the body. `bedrock-invoke`: likewise, and a stream is wrapped in AWS's own.
 */
export type Addressing = 'azure-deployments' | 'vertex-claude' | 'bedrock-invoke'

/** A dialect as the config names it. */
export interface DialectUse {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** The accent of a plugin of the user that goes by this name. */
  readonly plugged?: Omit<Dialect, 'name'>
  /** The transformer of a module of the user that goes by this name. */
  readonly transformer?: Transformer
}

/** The keys that the config holds for a provider. */
export function keysOf({ apiKeys, apiKey }: Pick<Provider, 'apiKey' | 'apiKeys'>): readonly string[] {
  return apiKeys ?? (apiKey === undefined ? [] : [apiKey])
}
