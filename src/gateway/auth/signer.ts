import type { Ports } from '../../platform/ports.ts'
import type { Endpoint, Provider } from '../../provider/provider.ts'

/** A request to a provider, whole but for what proves who makes it. The method is POST. */
export interface Unsigned {
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** For whom a request is signed, and with what. */
export interface SignerContext {
  readonly provider: Provider
  readonly endpoint: Endpoint
  /** The provider's key of the config, or the client's in place of it. Absent: there is none. */
  readonly key?: string
  readonly ports: Pick<Ports, 'env' | 'fetch' | 'now' | 'readText' | 'awsIdentity'>
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal
}

/** What proves to a provider who calls. */
export interface Proof {
  /** To be added to the request's. */
  readonly headers: Readonly<Record<string, string>>
  /** What of it, or behind it, must never be repeated to anybody, besides the key of the context. */
  readonly secrets: readonly string[]
}

/**
 * One way to prove to a provider who calls; `undefined` if there is nothing to show. Throws a `ModelError` of kind `auth`
 * where a call without proof makes no sense, or what there is cannot be used.
 */
export type Signer = (request: Unsigned, context: SignerContext) => Proof | undefined | Promise<Proof | undefined>
