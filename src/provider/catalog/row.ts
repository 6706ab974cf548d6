import type { ProtocolId } from '../../canonical/native.ts'
import type { AuthKind, Endpoint } from '../provider.ts'

/** What is publicly known of somebody who serves models: data only. */
export interface CatalogRow {
  /** The name that a config writes. Case, `-`, `_`, `.` and blanks do not count. */
  readonly name: string
  readonly aliases?: readonly string[]
  /** The name as people read it. */
  readonly title: string
  /** Best first: the first serves clients whose own protocol is not among them. */
  readonly endpoints: readonly CatalogEndpoint[]
  /** Variables in which people keep its key, the usual one first. Absent: no key is needed. */
  readonly keys?: readonly string[]
  /** What its URLs and headers need besides, by the name in braces. */
  readonly parameters?: Readonly<Record<string, Parameter>>
  /** Headers that every call needs. */
  readonly headers?: Readonly<Record<string, string>>
  /** A model that it serves, for people to start from. */
  readonly example: string
  /** What a user should know before the first call, in a sentence. */
  readonly advice?: string
  /** Where these facts are documented. */
  readonly sources: readonly string[]
}

/**
 * One of a row's endpoints. In its URL `{name}` stands for a parameter; what stands in brackets is left out if a parameter
 * in it is not set.
 */
export interface CatalogEndpoint extends Pick<Endpoint, 'addressing' | 'serves'> {
  readonly protocol: ProtocolId
  /** What stands before the protocol's own path. */
  readonly url: string
  /** Absent: the protocol's own. */
  readonly auth?: AuthKind
  /** What that needs besides a key; what holds a parameter that is not set is left out. */
  readonly authOptions?: Readonly<Record<string, string>>
  readonly query?: string
}

/** A part of a URL that is the user's own: an account, a region. */
export interface Parameter {
  /** Variables that people keep it in. */
  readonly variables?: readonly string[]
  readonly default?: string
  /** What it is, for whoever has to fill it in. */
  readonly what: string
  /** The URL can do without it. */
  readonly optional?: true
  /** It follows from another one: as `known` says, else as the template `otherwise`. */
  readonly from?: {
    readonly parameter: string
    readonly known: Readonly<Record<string, string>>
    readonly otherwise: string
  }
}
