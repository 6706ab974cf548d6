import { isObject, type Json, type JsonObject } from '../../../src/canonical/json.ts'

/** Checks a value at a place; says what is wrong with it. */
export type Check = (value: Json, path: string) => string[]

/** An object with `required` and `optional` fields and no others. */
export function fields(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  return (value, path) => {
    if (!isObject(value)) return [`${path}: is no object`]
    const missing = Object.keys(required).filter((key) => value[key] === undefined)
    return [
      ...missing.map((key) => `${path}.${key}: is missing`),
      ...Object.entries(value).flatMap(([key, inner]) => {
        if (inner === undefined) return []
        const check = Object.hasOwn(required, key)
          ? required[key]
          : Object.hasOwn(optional, key)
            ? optional[key]
            : undefined
        return check ? check(inner, `${path}.${key}`) : [`${path}.${key}: is not a field`]
      }),
    ]
  }
}

/** A list of at least `least` items. */
export function list(item: Check, least = 0): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return [`${path}: is no list`]
    if (value.length < least) return [`${path}: has too few items`]
    return value.flatMap((inner, index) => item(inner, `${path}[${index}]`))
  }
}

/** An object by its `key`, the discriminator. */
export function byKind(key: string, kinds: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    const kind = isObject(value) ? value[key] : undefined
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    return check
      ? check(value, path)
      : [`${path}.${key}: ${JSON.stringify(kind)} is none of ${Object.keys(kinds).join(', ')}`]
  }
}

/** The first of `checks` that is content decides; if none is, the last one's complaints. */
export function either(...checks: readonly Check[]): Check {
  return (value, path) => {
    const results = checks.map((check) => check(value, path))
    return results.find((faults) => faults.length === 0) ?? results.at(-1) ?? []
  }
}

export const any: Check = () => []
export const object: Check = (value, path) => (isObject(value) ? [] : [`${path}: is no object`])
export const boolean: Check = (value, path) => (typeof value === 'boolean' ? [] : [`${path}: is no boolean`])
export const text: Check = (value, path) => (typeof value === 'string' ? [] : [`${path}: is no text`])
export const filled: Check = (value, path) =>
  typeof value === 'string' && value.trim() !== '' ? [] : [`${path}: is empty or no text`]
export const nothing: Check = (value, path) => (value === null ? [] : [`${path}: is not null`])

/** A number within bounds. */
export function number(least = -Infinity, most = Infinity): Check {
  return (value, path) => {
    const read = Number(JSON.stringify(value))
    return typeof value !== 'string' && read >= least && read <= most
      ? []
      : [`${path}: ${JSON.stringify(value)} is out of range`]
  }
}

/** A whole number of at least `least`. */
export function count(least = 0): Check {
  return (value, path) =>
    Number.isInteger(Number(JSON.stringify(value))) ? number(least)(value, path) : [`${path}: is no whole number`]
}

/** One of the words. */
export function word(...words: readonly string[]): Check {
  return (value, path) =>
    words.includes(value as string) ? [] : [`${path}: ${JSON.stringify(value)} is none of ${words.join(', ')}`]
}

/** A text of a form. */
export function like(pattern: RegExp): Check {
  return (value, path) =>
    typeof value === 'string' && pattern.test(value) ? [] : [`${path}: ${JSON.stringify(value)} is not like ${pattern}`]
}

/** The objects in a list; nothing for what is none. */
export function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
