import { ModelError } from '../../canonical/error.ts'
import { isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { underlay } from '../json-objects.ts'

export { defined, isSame } from '../json-objects.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'bedrock-converse'

/** The mark of this protocol on a node, with what was not claimed of it and how it was spelt. */
export function residueOf(rest: JsonObject, form?: JsonObject): Native {
  return form && Object.keys(form).length > 0 ? { protocol: ID, rest, form } : { protocol: ID, rest }
}

/** The residue of a block `{[kind]: body}`: the keys of `body` outside `claimed`, and those beside it. */
export function blockResidue(
  block: JsonObject,
  kind: string,
  claimed: ReadonlySet<string>,
  form?: JsonObject,
): { native: Native } {
  const body = block[kind]
  const inner = isObject(body) ? omit(body, claimed) : {}
  const beside = omit(block, new Set([kind]))
  return { native: residueOf(Object.keys(inner).length > 0 ? { ...beside, [kind]: inner } : beside, form) }
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

/** The error for a field that cannot be read. */
export function invalid(path: string, message: string): ModelError {
  return new ModelError(`${path}: ${message}`, { kind: 'bad-request', type: 'ValidationException', param: path })
}
