import { isObject, type Json, type JsonObject } from '../canonical/json.ts'

/** `own` over `under`: objects are joined, everything else is `own`'s. */
export function underlay(own: JsonObject, under: JsonObject): JsonObject {
  if (isEmpty(under)) return own
  const joined = new Map<string, Json | undefined>(Object.entries(own))
  for (const [key, below] of Object.entries(under)) {
    const above = joined.get(key)
    if (above === undefined) joined.set(key, below)
    else if (isObject(above) && isObject(below)) joined.set(key, underlay(above, below))
  }
  return Object.fromEntries(joined)
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false
  return true
}

/** `object` without the keys whose value is undefined. */
export function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

/** Whether two JSON values say the same; the order of keys counts. */
export function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(first) === JSON.stringify(second)
}
