import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'

/**
 * What a schema demands by keywords that are not said otherwise, in words for its description: the model shall still know
 * it where the provider has no keyword for it.
 */
export function wordsFor(schema: JsonObject, isSaid: (keyword: string) => boolean): string[] {
  const keywords: string[] = []
  for (const keyword in schema) if (RANKS.has(keyword) && !isSaid(keyword)) keywords.push(keyword)
  if (keywords.length === 0) return keywords
  if (keywords.length > 1) keywords.sort((one, other) => (RANKS.get(one) ?? 0) - (RANKS.get(other) ?? 0))
  return keywords.flatMap((keyword) => {
    const value = schema[keyword]
    return value === undefined ? [] : (WORDS[keyword]?.(value, schema) ?? [])
  })
}

/** `value` as JSON text, short enough for a description. */
export function brief(value: Json): string {
  const text = write(value, BRIEF_LENGTH + 1)
  return text.length > BRIEF_LENGTH ? `${text.slice(0, BRIEF_LENGTH)}…` : text
}

const BRIEF_LENGTH = 240

type Say = (value: Json, schema: JsonObject) => string | undefined

const WORDS: Readonly<Record<string, Say>> = {
  enum: (value) => `one of ${brief(value)}`,
  format: (value) => `format: ${plain(value)}`,
  pattern: (value) => `matches ${plain(value)}`,
  minLength: (value) => `at least ${plain(value)} characters`,
  maxLength: (value) => `at most ${plain(value)} characters`,
  contentEncoding: (value) => `encoded as ${plain(value)}`,
  contentMediaType: (value) => `media type ${plain(value)}`,
  minimum: (value, schema) => (schema['exclusiveMinimum'] === true ? undefined : `at least ${plain(value)}`),
  maximum: (value, schema) => (schema['exclusiveMaximum'] === true ? undefined : `at most ${plain(value)}`),
  // Draft 4 spells them as flags beside `minimum` and `maximum`.
  exclusiveMinimum: (value, schema) => bound('greater than', value, schema['minimum']),
  exclusiveMaximum: (value, schema) => bound('less than', value, schema['maximum']),
  multipleOf: (value) => `a multiple of ${plain(value)}`,
  minItems: (value) => `at least ${plain(value)} items`,
  maxItems: (value) => `at most ${plain(value)} items`,
  uniqueItems: (value) => (value === true ? 'no item twice' : undefined),
  contains: (value) => `at least one item like ${brief(value)}`,
  minProperties: (value) => `at least ${plain(value)} properties`,
  maxProperties: (value) => `at most ${plain(value)} properties`,
  propertyNames: (value) => `property names like ${brief(value)}`,
  patternProperties: (value) => `properties by pattern: ${brief(value)}`,
  additionalProperties: (value) =>
    typeof value === 'boolean' ? undefined : `values of further properties: ${brief(value)}`,
  unevaluatedProperties: (value) =>
    typeof value === 'boolean' ? undefined : `values of further properties: ${brief(value)}`,
  dependentRequired: (value) => `required together: ${brief(value)}`,
  dependencies: (value) => `depends: ${brief(value)}`,
  dependentSchemas: (value) => `depends: ${brief(value)}`,
  oneOf: (value) => `one of ${brief(value)}`,
  anyOf: (value) => `any of ${brief(value)}`,
  not: (value) => `not ${brief(value)}`,
  if: (value, schema) =>
    `if ${brief(value)}${schema['then'] === undefined ? '' : ` then ${brief(schema['then'])}`}${
      schema['else'] === undefined ? '' : ` else ${brief(schema['else'])}`
    }`,
  default: (value) => `default: ${brief(value)}`,
  example: (value) => `example: ${brief(value)}`,
  examples: (value) => `examples: ${brief(value)}`,
  deprecated: (value) => (value === true ? 'deprecated' : undefined),
  readOnly: (value) => (value === true ? 'read only' : undefined),
}

/** Words come in the order of the table, however the schema is ordered. */
const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(WORDS).map((keyword, rank) => [keyword, rank]))

function bound(words: string, value: Json, limit: Json | undefined): string | undefined {
  const number = value === true ? asNumber(limit) : asNumber(value)
  return number === undefined ? undefined : `${words} ${number}`
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : brief(value)
}

/** The beginning of a value's JSON text: schemas that were merged may hold the same part a million times. */
function write(value: Json | undefined, room: number): string {
  if (room <= 0) return ''
  if (Array.isArray(value)) return `[${list(value, room - 1, (item, left) => write(item, left))}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${list(members, room - 1, ([name, member], left) => `${JSON.stringify(name)}:${write(member, left - name.length)}`)}}`
}

function list<Item>(items: readonly Item[], room: number, writeItem: (item: Item, room: number) => string): string {
  let text = ''
  for (const item of items) {
    if (text.length >= room) break
    text += (text === '' ? '' : ',') + writeItem(item, room - text.length)
  }
  return text
}
