import { ModelError } from '../../canonical/error.ts'
import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'
import { put } from '../json-objects.ts'

/** The id of this protocol, and the mark on its residue. */
export const ID = 'anthropic-messages'

/** Keys of `object` outside `claimed`, and claimed keys whose value is null; `undefined` if there are none. */
export function leftover(object: JsonObject, claimed: ReadonlySet<string>): JsonObject | undefined {
  let rest: JsonObject | undefined
  for (const key in object) {
    if (claimed.has(key) && object[key] !== null) continue
    put((rest ??= {}), key, object[key])
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

/** The error for a field that cannot be read. Its `path` begins at the node that is read; `inside` tells where that stands. */
export function invalid(path: string, message: string): ModelError {
  return new ModelError(`${path}: ${message}`, { kind: 'bad-request', type: 'invalid_request_error', param: path })
}

/** What was thrown while the node at `place` was read, with the path from there. */
export function inside(cause: unknown, place: string): unknown {
  const param = cause instanceof ModelError ? cause.details.param : undefined
  if (param === undefined) return cause
  return invalid(param === '' ? place : `${place}.${param}`, (cause as ModelError).message.slice(param.length + 2))
}

/** What `decode` makes of each item of the list at `path`. A place is only put together where it is told. */
export function eachAt<T>(value: Json | undefined, path: string, decode: (item: Json) => T): T[] {
  const decoded: T[] = []
  const items = arrayAt(value, path)
  try {
    for (const item of items) decoded.push(decode(item))
  } catch (cause) {
    throw inside(cause, `${path}[${decoded.length}]`)
  }
  return decoded
}

/** `value` as an object, or a `bad-request` that names `path`. */
export function objectAt(value: Json | undefined, path: string): JsonObject {
  if (isObject(value)) return value
  throw unfit(value, path, 'object')
}

/** `value` as an array, or a `bad-request` that names `path`. */
export function arrayAt(value: Json | undefined, path: string): Json[] {
  if (Array.isArray(value)) return value
  throw unfit(value, path, 'list')
}

/** `value` as a string, or a `bad-request` that names `path`. */
export function stringAt(value: Json | undefined, path: string): string {
  if (typeof value === 'string') return value
  throw unfit(value, path, 'string')
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
  throw unfit(value, path, 'number')
}

/** `value` as a boolean, nothing for nothing and null, or a `bad-request` that names `path`. */
export function booleanOrNothing(value: Json | undefined, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw unfit(value, path, 'boolean')
}

function unfit(value: Json | undefined, path: string, wanted: string): ModelError {
  return invalid(path, value === undefined ? 'Field required' : `Input should be a valid ${wanted}`)
}
