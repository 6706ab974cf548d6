import { ModelError } from '../../canonical/error.ts'
import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'anthropic-messages'

/** Keys of `object` outside `claimed`, and claimed keys whose value is null; `undefined` if there are none and no `form`. */
export function residueOf(object: JsonObject, claimed: ReadonlySet<string>, form?: JsonObject): Native | undefined {
  const rest = leftover(object, claimed)
  if (!rest && !form) return undefined
  return { protocol: ID, rest: rest ?? {}, ...(form && { form }) }
}

/** What `residueOf` keeps, without the mark. */
export function leftover(object: JsonObject, claimed: ReadonlySet<string>): JsonObject | undefined {
  let rest: JsonObject | undefined
  for (const key in object) {
    if (claimed.has(key) && object[key] !== null) continue
    rest ??= {}
    rest[key] = object[key]
  }
  return rest
}

/** `own` with the residue of this protocol added where `own` says nothing. */
export function withRest(own: JsonObject, native: Native | undefined): JsonObject {
  const rest = restFor(native, ID)
  return rest ? withKeys(own, rest) : own
}

/** `own` with `more` added where `own` says nothing. Changes `own`. */
export function withKeys(own: JsonObject, more: JsonObject | undefined): JsonObject {
  for (const key in more) if (own[key] === undefined) own[key] = more[key]
  return own
}

/** One spelling that `form` remembers, if it belongs to this protocol. */
export function spelling(native: Native | undefined, key: string): Json | undefined {
  return native?.protocol === ID && isObject(native.form) ? native.form[key] : undefined
}

/** The error for a field that cannot be read. */
export function invalid(path: string, message: string): ModelError {
  return new ModelError(`${path}: ${message}`, { kind: 'bad-request', type: 'invalid_request_error', param: path })
}

/** `value` as an object, or a `bad-request` that names `path`. */
export function objectAt(value: Json | undefined, path: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(path, value === undefined ? 'Field required' : 'Input should be a valid object')
}

/** `value` as an array, or a `bad-request` that names `path`. */
export function arrayAt(value: Json | undefined, path: string): Json[] {
  if (Array.isArray(value)) return value
  throw invalid(path, value === undefined ? 'Field required' : 'Input should be a valid list')
}

/** `value` as a string, or a `bad-request` that names `path`. */
export function stringAt(value: Json | undefined, path: string): string {
  if (typeof value === 'string') return value
  throw invalid(path, value === undefined ? 'Field required' : 'Input should be a valid string')
}

/** Like `stringAt`, but nothing and null are nothing. */
export function stringOrNothing(value: Json | undefined, path: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, path)
}

/** `value` as a number, nothing for nothing and null, or a `bad-request` that names `path`. */
export function numberOrNothing(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = asNumber(value)
  if (number !== undefined) return number
  throw invalid(path, 'Input should be a valid number')
}

/** `value` as a boolean, nothing for nothing and null, or a `bad-request` that names `path`. */
export function booleanOrNothing(value: Json | undefined, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw invalid(path, 'Input should be a valid boolean')
}
