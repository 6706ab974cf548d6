import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'

/**
 * A request with its names in camel case, the very same one if they are; Google's server reads both. What is the user's
 * own inside stays as it is.
 */
export function toCamelCase(object: JsonObject): JsonObject {
  return isInSnakeCase(object) ? converted(object) : object
}

// Nearly every client writes camel case: a look costs less than a copy.
function isInSnakeCase(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(isInSnakeCase)
  if (!isObject(value)) return false
  for (const key in value) if (key.includes('_') || (!OPAQUE.has(key) && isInSnakeCase(value[key]))) return true
  return false
}

function converted(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const name = key.includes('_') ? key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()) : key
      return [name, OPAQUE.has(name) ? value : convert(value)]
    }),
  )
}

function convert(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => convert(item) as Json)
  return isObject(value) ? converted(value) : value
}

const OPAQUE = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
  'labels',
  'partMetadata',
])
