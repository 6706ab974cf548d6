import { asNumber, asString, type Json, type JsonObject } from '../../canonical/json.ts'
import {
  FORMATS_OF_TYPE,
  GEMINI_KEYWORDS,
  KEYWORDS_OF_TYPE,
  type SchemaType,
  TYPE_OF_KEYWORD,
} from './gemini-keywords.ts'
import { own } from './resolve.ts'
import { wordsFor } from './words.ts'

/** Writes a schema of one type: what Gemini has a keyword for as it is, the rest in words. */
export function build(schema: JsonObject, type: SchemaType, made: JsonObject, notes: readonly string[]): JsonObject {
  const kept = (keyword: string): Json | undefined => made[keyword] ?? checked(schema, keyword, type)
  const words = wordsFor(schema, (keyword) => !isLeftToSay(keyword, type) || kept(keyword) !== undefined)
  const description = described(own(schema, 'description'), notes, words)
  const built: JsonObject = {}
  for (const keyword of KEYWORDS_OF_TYPE[type]) {
    const value = keyword === 'description' ? description : kept(keyword)
    if (keyword === 'type') built.type = type.toUpperCase()
    else if (value !== undefined) built[keyword] = value
  }
  return built
}

/** What the schema says of itself, and below it in one line what is left to say. */
function described(told: Json | undefined, notes: readonly string[], words: readonly string[]): string | undefined {
  const said = typeof told === 'string' ? told : ''
  if (notes.length + words.length === 0) return said || undefined
  const more = [...notes, ...words].join('; ')
  return (said === '' ? more : `${said}\n${more}`) || undefined
}

/** The value of a keyword that Gemini takes as it is. */
function checked(schema: JsonObject, keyword: string, type: SchemaType): Json | undefined {
  const check = CHECKS[keyword]
  const value = check && own(schema, keyword)
  return value !== undefined && check?.(value, type) ? plainNumber(value) : undefined
}

/** One order of keywords, so that equal schemas are equal as text. */
export function arrange(schema: JsonObject): JsonObject {
  const arranged: JsonObject = {}
  for (const keyword of GEMINI_KEYWORDS) if (keyword in schema) arranged[keyword] = schema[keyword]
  return arranged
}

/** Whether a keyword means something at `type`, and is not taken up by those who build the schema. */
function isLeftToSay(keyword: string, type: SchemaType): boolean {
  if (keyword === 'enum' && type === 'string') return false
  const owner = TYPE_OF_KEYWORD[keyword]
  return owner === undefined || owner === type || keyword === 'format' || (owner === 'number' && type === 'integer')
}

// Google writes its 64-bit counts as text.
const isCount = (value: Json): boolean =>
  /^\d{1,15}$/.test(String(asNumber(value) ?? (typeof value === 'string' ? value : '')))
const isNumber = (value: Json): boolean => Number.isFinite(asNumber(value))

const CHECKS: Readonly<Record<string, (value: Json, type: SchemaType) => boolean>> = {
  title: (value) => typeof value === 'string' && value !== '',
  nullable: (value) => value === true,
  format: (value, type) => FORMATS_OF_TYPE[type]?.includes(asString(value) ?? '') ?? false,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minimum: isNumber,
  maximum: isNumber,
  // Google reads RE2, which knows neither look-around nor back references.
  pattern: (value) => typeof value === 'string' && !/\(\?[=!<]|\\[1-9]|\\k</.test(value),
}

function plainNumber(value: Json): Json {
  return asNumber(value) ?? value
}
