import type { JsonObject } from '../../canonical/json.ts'

/**
 * A schema of one value as Gemini has it, where that takes no more than another name for its type; nothing for any other.
 * Most properties of most tools are such leaves.
 */
export function plainLeaf(schema: JsonObject): JsonObject | undefined {
  const { type, title, description, enum: members } = schema
  // Words alone say that they are texts.
  const told = typeof type === 'string' ? TYPES.get(type) : type === undefined && members ? TEXT : undefined
  if (told === undefined || !hasOnly(schema, KEYWORDS)) return undefined
  if (!isTextOrNothing(title) || !isTextOrNothing(description)) return undefined
  const leaf: JsonObject = { type: told }
  if (title) leaf.title = title
  if (description) leaf.description = description
  if (members === undefined) return leaf
  if (told !== TEXT || !Array.isArray(members) || !areWords(members)) return undefined
  leaf.enum = members
  return leaf
}

/** Whether they are texts, none empty and none twice, as far as that is soon seen. */
export function areWords(members: readonly unknown[]): members is string[] {
  if (members.length === 0 || members.length > MOST_WORDS) return false
  return members.every((word, index) => typeof word === 'string' && word !== '' && members.indexOf(word) === index)
}

const TEXT = 'STRING'
const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', TEXT],
  ['number', 'NUMBER'],
  ['integer', 'INTEGER'],
  ['boolean', 'BOOLEAN'],
])
const KEYWORDS: ReadonlySet<string> = new Set(['type', 'title', 'description', 'enum'])
/** A longer list is looked at more closely elsewhere. */
const MOST_WORDS = 32

function hasOnly(schema: JsonObject, keywords: ReadonlySet<string>): boolean {
  for (const keyword in schema) if (!keywords.has(keyword)) return false
  return true
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
