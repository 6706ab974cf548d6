import { ModelError } from '../../canonical/error.ts'
import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'anthropic-messages'

/** Keys of `object` outside `claimed`, and claimed keys whose value is null; `undefined` if there are none and no `form`. */
export function residueOf(object: JsonObject, claimed: ReadonlySet<string>, form?: JsonObject): Native | undefined {
  const rest = leftover(object, claimed)
  if (!rest && !form) return undefined
  return form ? { protocol: ID, rest: rest ?? {}, form } : { protocol: ID, rest: rest ?? {} }
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

/**
 * `value` as an object, or a `bad-request` that names `path`, or its field `key`: a path is only put together where it is
 * told.
 */
export function objectAt(value: Json | undefined, path: string, key?: string): JsonObject {
  if (isObject(value)) return value
  throw unfit(value, path, key, 'object')
}

/** `value` as an array, or a `bad-request` that names `path` or its field `key`. */
export function arrayAt(value: Json | undefined, path: string, key?: string): Json[] {
  if (Array.isArray(value)) return value
  throw unfit(value, path, key, 'list')
}

/** `value` as a string, or a `bad-request` that names `path` or its field `key`. */
export function stringAt(value: Json | undefined, path: string, key?: string): string {
  if (typeof value === 'string') return value
  throw unfit(value, path, key, 'string')
}

/** Like `stringAt`, but nothing and null are nothing. */
export function stringOrNothing(value: Json | undefined, path: string, key?: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, path, key)
}

/** `value` as a number, nothing for nothing and null, or a `bad-request` that names `path`. */
export function numberOrNothing(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = asNumber(value)
  if (number !== undefined) return number
  throw unfit(value, path, undefined, 'number')
}

/** `value` as a boolean, nothing for nothing and null, or a `bad-request` that names `path` or its field `key`. */
export function booleanOrNothing(value: Json | undefined, path: string, key?: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw unfit(value, path, key, 'boolean')
}

function unfit(value: Json | undefined, path: string, key: string | undefined, wanted: string): ModelError {
  const field = key === undefined ? path : `${path}.${key}`
  return invalid(field, value === undefined ? 'Field required' : `Input should be a valid ${wanted}`)
}
