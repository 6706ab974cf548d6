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

/**
 * `under` with what `over` says outside `claimed` laid over it, objects joined: `under` itself where that is nothing new, as
 * for most chunks of a stream.
 */
export function laidOver(under: JsonObject, over: JsonObject, claimed: ReadonlySet<string>): JsonObject {
  let joined = under
  for (const key in over) {
    const above = over[key]
    const below = under[key]
    if (above === undefined || above === below || claimed.has(key)) continue
    const both = isObject(above) && isObject(below) ? laidOver(below, above, NONE) : above
    if (both === below) continue
    if (joined === under) joined = { ...under }
    put(joined, key, both)
  }
  return joined
}

const NONE: ReadonlySet<string> = new Set()

/** `object` without the keys whose value is undefined: itself if there are none. */
export function defined(object: JsonObject): JsonObject {
  for (const key in object) if (object[key] === undefined) return omitUndefined(object)
  return object
}

function omitUndefined(object: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const key in object) if (object[key] !== undefined) put(kept, key, object[key])
  return kept
}

/** Whether two JSON values say the same; the order of keys counts. */
export function isSame(first: unknown, second: unknown): boolean {
  return first === second || JSON.stringify(first) === JSON.stringify(second)
}

/** Sets a property of any name: the plain way `__proto__` would become the prototype. */
export function put(object: JsonObject, name: string, value: Json | undefined): void {
  if (name === '__proto__') Object.defineProperty(object, name, { ...PLAIN, value })
  else object[name] = value
}

const PLAIN = { enumerable: true, configurable: true, writable: true }
