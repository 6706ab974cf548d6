import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Losses } from './losses.ts'

/**
 * Whether a schema is one that OpenAI's strict mode takes: every object is closed, all its properties are required, and there is
 * none of some keywords. Others are refused with it, and taken without. https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function isStrictSchema(schema: Json | undefined): boolean {
  if (!isObject(schema)) return true
  if (UNKNOWN.some((keyword) => schema[keyword] !== undefined)) return false
  const { properties, required } = schema
  const names = isObject(properties) ? Object.keys(properties) : []
  const isRecord = schema.type === 'object' || properties !== undefined
  if (isRecord && schema.additionalProperties !== false) return false
  if (names.length > 0 && !(Array.isArray(required) && names.every((name) => required.includes(name)))) return false
  const { $defs, definitions, anyOf, patternProperties } = schema
  const children = [properties, $defs, definitions, anyOf, patternProperties].flatMap(valuesOf)
  return [...children, schema.items].every(isStrictSchema)
}

/** A wish for strictness as it can be told: where the schema is not made for it, it is left out and listed. */
export function strictFor(
  strict: boolean | undefined,
  schema: JsonObject | undefined,
  losses: Losses,
  path: string,
): boolean | undefined {
  if (!strict || isStrictSchema(schema)) return strict
  losses.drop(
    path === '' ? 'strict' : `${path}.strict`,
    'strict mode wants every object closed, all its properties required, and plain schemas',
  )
  return undefined
}

/** What strict mode does not know. */
const UNKNOWN = ['oneOf', 'allOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'prefixItems']

function valuesOf(parent: Json | undefined): Json[] {
  if (Array.isArray(parent)) return parent
  return isObject(parent) ? Object.values(parent).filter((child) => child !== undefined) : []
}
