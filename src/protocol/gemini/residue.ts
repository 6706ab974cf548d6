import { ModelError } from '../../canonical/error.ts'
import { omit, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { underlay } from '../json-objects.ts'
import { residueReader } from '../residue.ts'

export { defined, isSame, laidOver, underlay } from '../json-objects.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'gemini'

/** The mark of this protocol with the keys of `object` outside `claimed`. */
export function residueOf(object: JsonObject, claimed: ReadonlySet<string>, form?: JsonObject): Native {
  const rest = omit(object, claimed)
  return form && Object.keys(form).length > 0 ? { protocol: ID, rest, form } : { protocol: ID, rest }
}

/** What this protocol has left on nodes. */
export const { isOurs, spelling, withRest } = residueReader(ID)

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
