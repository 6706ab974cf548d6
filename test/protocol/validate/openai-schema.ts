import { isObject, type Json, type JsonObject } from '../../../src/canonical/json.ts'

/**
 * What OpenAI finds wrong with the parameters of a function: "schema must have type 'object' and not have
 * 'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not' at the top level", "object schema missing properties", "array schema missing
 * items".
 */
export function parameterFaults(value: Json, path: string): string[] {
  if (!isObject(value)) return [`${path}: is no object`]
  return [
    ...(value.type === 'object' ? [] : [`${path}: has the type ${JSON.stringify(value.type)}`]),
    ...(isObject(value.properties) ? [] : [`${path}: object schema missing properties`]),
    ...AT_TOP.filter((keyword) => value[keyword] !== undefined).map((keyword) => `${path}: ${keyword} at the top`),
    ...listFaults(value, path),
  ]
}

/** A strict schema closes every object and requires all of it. https://platform.openai.com/docs/guides/structured-outputs */
export function strictFaults(schema: Json | undefined, path: string): string[] {
  if (!isObject(schema)) return []
  const names = isObject(schema.properties) ? Object.keys(schema.properties) : []
  const required = Array.isArray(schema.required) ? schema.required : []
  return [
    ...(schema.type === 'object' && schema.additionalProperties !== false ? [`${path}: strict and open`] : []),
    ...(names.every((name) => required.includes(name)) ? [] : [`${path}: strict and not all required`]),
    ...children(schema).flatMap(([name, child]) => strictFaults(child, `${path}.${name}`)),
  ]
}

const AT_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'const', 'not']

function listFaults(schema: Json, path: string): string[] {
  if (!isObject(schema)) return []
  const types = [schema.type].flat()
  return [
    ...(types.includes('array') && schema.items === undefined ? [`${path}: array schema missing items`] : []),
    ...children(schema).flatMap(([name, child]) => listFaults(child, `${path}.${name}`)),
  ]
}

/** The schemas right below one. */
function children(schema: JsonObject): [string, Json][] {
  const inner = ['items', 'additionalProperties', 'not'].map((keyword) => [keyword, schema[keyword]] as const)
  const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((keyword) =>
    [schema[keyword] ?? []].flat().map((child) => [keyword, child] as const),
  )
  const named = ['properties', '$defs', 'definitions', 'patternProperties'].flatMap((keyword) => {
    const held = schema[keyword]
    return isObject(held) ? Object.entries(held) : []
  })
  return [...inner, ...lists, ...named].flatMap(([name, child]) => (child === undefined ? [] : [[name, child]]))
}
