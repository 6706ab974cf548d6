import { ModelError } from '../../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'openai-responses'

/** A node that may carry residue. */
export interface Carrier {
  readonly native?: Native
}

/** Whether the node came in this protocol. */
export function isOurs(node: Carrier): boolean {
  return node.native?.protocol === ID
}

/**
 * The residue of `node` outside `claimed`. What says nothing (null, an empty list) counts as spelling: it is put back,
 * but is no loss elsewhere. The mark is set also when nothing is left.
 */
export function residueOf(node: JsonObject, claimed: ReadonlySet<string>, form: JsonObject = {}): Native {
  const rest: JsonObject = {}
  const empty: JsonObject = {}
  for (const key in node) {
    const value = node[key]
    if (claimed.has(key) && value !== null) continue
    if (saysNothing(value)) empty[key] = value
    else rest[key] = value
  }
  const spelling = Object.keys(empty).length > 0 ? { ...form, empty } : form
  return { protocol: ID, rest, ...(Object.keys(spelling).length > 0 && { form: spelling }) }
}

/** How the node was spelt; nothing for a node of another protocol. */
export function formOf({ native }: Carrier): JsonObject {
  return native?.protocol === ID && isObject(native.form) ? native.form : {}
}

/** `own` with the residue of this protocol added where `own` says nothing. */
export function withRest(own: JsonObject, node: Carrier): JsonObject {
  const { empty } = formOf(node)
  return { ...(isObject(empty) ? empty : undefined), ...restFor(node.native, ID), ...defined(own) }
}

/** `object` without the keys that are `undefined`. */
export function defined(object: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const key in object) if (object[key] !== undefined) kept[key] = object[key]
  return kept
}

/** The error for a field of a client's request that cannot be read. */
export function invalid(param: string, why: string): ModelError {
  return new ModelError(`The request cannot be read: "${param}": ${why}`, { kind: 'bad-request', param })
}

function saysNothing(value: Json | undefined): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}
