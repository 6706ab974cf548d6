import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { put } from '../json-objects.ts'

/** Gemini's `Schema` (types in capitals, `nullable`, counts as text, either case of names) as JSON Schema. */
export function fromGeminiSchema(schema: JsonObject): JsonObject {
  const nullable = schema.nullable === true
  const converted: JsonObject = {}
  for (const name in schema) {
    const keyword = CAMEL.get(name) ?? name
    const value = schema[name]
    if (keyword !== 'nullable' || typeof value !== 'boolean') put(converted, keyword, convert(keyword, value))
  }
  if (!nullable) return converted
  if (typeof converted.type === 'string') {
    const values = converted.enum
    return { ...converted, type: [converted.type, 'null'], ...(Array.isArray(values) && { enum: [...values, null] }) }
  }
  return Array.isArray(converted.anyOf) ? { ...converted, anyOf: [...converted.anyOf, { type: 'null' }] } : converted
}

const CAMEL: ReadonlyMap<string, string> = new Map([
  ['any_of', 'anyOf'],
  ['max_items', 'maxItems'],
  ['min_items', 'minItems'],
  ['max_length', 'maxLength'],
  ['min_length', 'minLength'],
  ['max_properties', 'maxProperties'],
  ['min_properties', 'minProperties'],
  ['property_ordering', 'propertyOrdering'],
])
const COUNTS = new Set(['maxItems', 'minItems', 'maxLength', 'minLength', 'maxProperties', 'minProperties'])

function convert(keyword: string, value: Json | undefined): Json | undefined {
  if (keyword === 'type' && typeof value === 'string') return value.toLowerCase()
  if (COUNTS.has(keyword) && typeof value === 'string') return asNumber(Number(value))
  if (keyword === 'items' && isObject(value)) return fromGeminiSchema(value)
  if (keyword === 'anyOf' && Array.isArray(value))
    return value.map((option) => (isObject(option) ? fromGeminiSchema(option) : option))
  if (keyword === 'properties' && isObject(value)) {
    const properties: JsonObject = {}
    for (const name in value) {
      const property = value[name]
      put(properties, name, isObject(property) ? fromGeminiSchema(property) : property)
    }
    return properties
  }
  return value
}
