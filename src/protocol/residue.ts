import { isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { Native, ProtocolId } from '../canonical/native.ts'
import { underlay } from './json-objects.ts'

/** How a protocol reads the marks that it has left on nodes. */
export interface ResidueReader {
  /** Whether a node came in this protocol. */
  readonly isOurs: (node: { readonly native?: Native }) => boolean
  /** One spelling that `form` remembers, if it belongs to this protocol. */
  readonly spelling: (native: Native | undefined, key: string) => Json | undefined
  /** `own` with the residue of this protocol added where `own` says nothing, at every depth. */
  readonly withRest: (own: JsonObject, native: Native | undefined) => JsonObject
}

/** The reader of the marks of `id`. */
export function residueReader(id: ProtocolId): ResidueReader {
  return {
    isOurs: ({ native }) => native?.protocol === id,
    spelling: (native, key) => (native?.protocol === id && isObject(native.form) ? native.form[key] : undefined),
    withRest: (own, native) => (native?.protocol === id ? underlay(own, native.rest) : own),
  }
}
