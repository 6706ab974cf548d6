import type { Json, JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'

/** `config` with `value` at a path as `Providers[0].api_key`; what is missing on the way is made. */
export function setAt(config: JsonObject, path: string, value: Json): JsonObject {
  const steps = path.match(/[^.[\]]+/g) ?? []
  // Ends in an object, as it began in one.
  return steps.length === 0 || steps.some(isReserved) ? config : (put(config, steps, value) as JsonObject)
}

function put(into: Json | undefined, [step, ...rest]: readonly string[], value: Json): Json {
  if (step === undefined) return value
  if (Array.isArray(into) || (into === undefined && isIndex(step))) {
    const items = Array.isArray(into) ? into : []
    const index = Number(step)
    // A list has no names, and nobody means its millionth item.
    if (!isIndex(step) || index > items.length) return items
    return [...items.slice(0, index), put(items[index], rest, value), ...items.slice(index + 1)]
  }
  const object = isObject(into) ? into : {}
  return { ...object, [step]: put(object[step], rest, value) }
}

function isIndex(step: string): boolean {
  return /^\d{1,4}$/.test(step)
}

function isReserved(step: string): boolean {
  return ['__proto__', 'constructor', 'prototype'].includes(step)
}
