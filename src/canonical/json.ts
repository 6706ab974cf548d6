import { isDeeperThan, isTextDeeperThan } from './nesting.ts'
import { holdsOddNumber } from './odd-number.ts'

/** JSON as it travels: what `JSON.parse` gives, typed. */
export type Json = string | number | boolean | null | Json[] | JsonObject

/** A JSON object. Absent and `undefined` mean the same: `stringify` writes neither. */
export interface JsonObject {
  [key: string]: Json | undefined
}

/** True for a JSON object; false for arrays, null, and numbers kept as written (see `parseJson`). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
}

/**
 * `JSON.parse`, except that a number which JavaScript would change (`12345678901234567890`, `1e400`, `1.0`)
 * is kept as it was written: such a number becomes an opaque object that `JSON.stringify` writes back unchanged.
 * Throws `SyntaxError` where `JSON.parse` does, `RangeError` for nesting deeper than `DEEPEST`.
 */
export function parseJson(text: string): Json {
  const value = parsePlainJson(text)
  // The reviver costs 2.5 times a plain parse: only a text that may hold such a number pays for it.
  return holdsOddNumber(text) ? JSON.parse(text, keepNumber) : value
}

/** The same without care for numbers: where there are none that matter, it spares the search for them. */
export function parsePlainJson(text: string): Json {
  // A large text of nothing but brackets would take a hundred times its size.
  if (text.length > LARGE && isTextDeeperThan(text, DEEPEST)) throw tooDeep()
  const value: Json = JSON.parse(text)
  if (text.length > DEEPEST && isDeeperThan(value, DEEPEST)) throw tooDeep()
  return value
}

/** `JSON.parse` reads any depth, but nothing that walks a value, `JSON.stringify` among it, can go as deep. */
const DEEPEST = 1000

/** Characters from which on a text is looked at before it is parsed. */
const LARGE = 1_000_000

function tooDeep(): RangeError {
  return new RangeError(`nested more than ${DEEPEST} levels deep`)
}

/** The number, also when it was kept as written; `undefined` for anything else. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isRawNumber(value) ? Number((value as { rawJSON: string }).rawJSON) : undefined
}

/** The string, or `undefined` for anything else. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A copy of `object` without `keys`: what a decoder did not claim. */
export function omit(object: JsonObject, keys: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {}
  for (const key in object) {
    if (keys.has(key)) continue
    // Set the plain way it would become the prototype.
    if (key === '__proto__') Object.defineProperty(rest, key, { ...PLAIN, value: object[key] })
    else rest[key] = object[key]
  }
  return rest
}

const PLAIN = { enumerable: true, configurable: true, writable: true }

interface RawJson {
  rawJSON(text: string): Json
  isRawJSON(value: unknown): boolean
}
const { rawJSON, isRawJSON } = JSON as unknown as RawJson

function isRawNumber(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isRawJSON(value)
}

function keepNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined) return value
  return JSON.stringify(value) === source ? value : rawJSON(source)
}
