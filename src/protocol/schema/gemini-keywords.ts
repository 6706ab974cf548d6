/** A JSON type that a schema can ask for; `null` is said by `nullable`. */
export type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object'

/** The types, in the order in which alternatives are written. */
export const SCHEMA_TYPES: readonly SchemaType[] = ['object', 'array', 'string', 'integer', 'number', 'boolean']

/**
 * Keywords that Gemini's `Schema` has for each type. It refuses the whole request for one unknown name, and for a
 * known name at a type that it does not belong to. https://ai.google.dev/api/caching#Schema
 */
export const KEYWORDS_OF_TYPE: Readonly<Record<SchemaType, readonly string[]>> = {
  string: ['type', 'title', 'description', 'nullable', 'format', 'enum', 'minLength', 'maxLength', 'pattern'],
  number: ['type', 'title', 'description', 'nullable', 'format', 'minimum', 'maximum'],
  integer: ['type', 'title', 'description', 'nullable', 'format', 'minimum', 'maximum'],
  boolean: ['type', 'title', 'description', 'nullable'],
  array: ['type', 'title', 'description', 'nullable', 'items', 'minItems', 'maxItems'],
  object: ['type', 'title', 'description', 'nullable', 'properties', 'required', 'propertyOrdering'],
}

/** Every keyword that may appear in a schema for Gemini. `anyOf` stands alone: Vertex refuses other keywords beside it. */
export const GEMINI_KEYWORDS: ReadonlySet<string> = new Set([...Object.values(KEYWORDS_OF_TYPE).flat(), 'anyOf'])

/** Values of `format` that are not refused. */
export const FORMATS_OF_TYPE: Readonly<Partial<Record<SchemaType, readonly string[]>>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

/** Keywords that tell the type of a schema that does not name one. */
export const TYPE_OF_KEYWORD: Readonly<Record<string, SchemaType>> = {
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  patternProperties: 'object',
  propertyNames: 'object',
  minProperties: 'object',
  maxProperties: 'object',
  items: 'array',
  prefixItems: 'array',
  minItems: 'array',
  maxItems: 'array',
  uniqueItems: 'array',
  contains: 'array',
  pattern: 'string',
  minLength: 'string',
  maxLength: 'string',
  contentEncoding: 'string',
  contentMediaType: 'string',
  format: 'string',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
}
