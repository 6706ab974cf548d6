import { ModelError } from '../../canonical/error.ts'
import { isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { underlay } from '../json-objects.ts'

export { defined, isSame, underlay } from '../json-objects.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'gemini'

/** The mark of this protocol with the keys of `object` outside `claimed`. */
export function residueOf(object: JsonObject, claimed: ReadonlySet<string>, form?: JsonObject): Native {
  const rest = omit(object, claimed)
  return form && Object.keys(form).length > 0 ? { protocol: ID, rest, form } : { protocol: ID, rest }
}

/** Whether a node came in this protocol. */
export function isOurs(node: { readonly native?: Native }): boolean {
  return node.native?.protocol === ID
}

/** One spelling that `form` remembers, if it belongs to this protocol. */
export function spelling(native: Native | undefined, key: string): Json | undefined {
  return native?.protocol === ID && isObject(native.form) ? native.form[key] : undefined
}

/** `own` with the residue of this protocol added where `own` says nothing, at every depth. */
export function withRest(own: JsonObject, native: Native | undefined): JsonObject {
  return native?.protocol === ID ? underlay(own, native.rest) : own
}

/** What is left of an object inside a request, each key by its path: so each is a loss of its own elsewhere. */
export function flattened(name: string, rest: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [`${name}.${key}`, value]))
}

/** `own` with what `flattened` took apart put together again. */
export function withFlatRest(own: JsonObject, native: Native | undefined): JsonObject {
  if (native?.protocol !== ID) return own
  return Object.entries(native.rest).reduce((joined, [path, value]) => {
    const [, name, key] = INNER.exec(path) ?? []
    return underlay(joined, name === undefined || key === undefined ? { [path]: value } : { [name]: { [key]: value } })
  }, own)
}

const INNER = /^(generationConfig|toolConfig)\.(.+)$/s

/** The error for a field that cannot be read. */
export function invalid(path: string, message: string): ModelError {
  return new ModelError(`${path}: ${message}`, { kind: 'bad-request', type: 'INVALID_ARGUMENT', param: path })
}
