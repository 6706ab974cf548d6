import { ModelError } from '../../canonical/error.ts'
import { isObject, omit, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { residueReader } from '../residue.ts'

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

/** What this protocol has left on nodes. */
export const { isOurs, spelling, withRest } = residueReader(ID)

/** The error for a field that cannot be read. */
export function invalid(path: string, message: string): ModelError {
  return new ModelError(`${path}: ${message}`, { kind: 'bad-request', type: 'ValidationException', param: path })
}
