import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'

/** A request with its names in camel case; Google's server reads both. What is the user's own inside stays as it is. */
export function toCamelCase(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const name = key.includes('_') ? key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()) : key
      return [name, OPAQUE.has(name) ? value : convert(value)]
    }),
  )
}

function convert(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => convert(item) as Json)
  return isObject(value) ? toCamelCase(value) : value
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
