import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { overlay } from './overlay.ts'
import { own, resolve, without } from './resolve.ts'
import { wordsFor } from './words.ts'

/**
 * The parameters of a function as one object: Claude and OpenAI refuse a request in which any tool has alternatives at the
 * top of its schema. They are laid over one another, and what is lost by that is said in the description; a schema that has
 * none is the very same again.
 */
export function toObjectRoot(schema: JsonObject): JsonObject {
  if (schema.type === 'object' && !hasAny(schema, AT_TOP)) return schema
  const budget = { nodes: MOST_NODES }
  const { schema: top, open } = resolve(schema, schema, [], budget)
  const object = overlay(top, { root: schema, open, depth: 0, unions: 0, budget })
  const words = wordsFor(object, (keyword) => !REFUSED.has(keyword))
  const told = [own(object, 'description'), ...words].filter((text) => typeof text === 'string' && text !== '')
  return {
    ...without(object, REFUSED),
    type: 'object',
    ...(told.length > 0 && { description: told.join('\n') }),
  }
}

/** Every list with a word on what it holds, which OpenAI demands; the very same schema if nothing is missing. */
export function withItems(schema: JsonObject): JsonObject {
  return mayLackItems(schema, MAX_DEPTH) ? (filled(schema, MAX_DEPTH) as JsonObject) : schema
}

const MOST_NODES = 2000
const MAX_DEPTH = 64
const REFUSED: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'enum', 'const', 'not'])
const AT_TOP: ReadonlySet<string> = new Set([...REFUSED, '$ref', '$dynamicRef'])

/** Keywords that hold a schema or a list of schemas, or schemas by names of the user's own. */
const HOLDERS: ReadonlyMap<string, 'schemas' | 'named'> = new Map([
  ['items', 'schemas'],
  ['additionalProperties', 'schemas'],
  ['anyOf', 'schemas'],
  ['oneOf', 'schemas'],
  ['allOf', 'schemas'],
  ['prefixItems', 'schemas'],
  ['not', 'schemas'],
  ['contains', 'schemas'],
  ['properties', 'named'],
  ['$defs', 'named'],
  ['definitions', 'named'],
  ['patternProperties', 'named'],
])

function hasAny(schema: JsonObject, keywords: ReadonlySet<string>): boolean {
  for (const keyword in schema) if (keywords.has(keyword) && schema[keyword] !== undefined) return true
  return false
}

/** A quick look at everything: nearly always nothing is missing. */
function mayLackItems(node: Json[] | JsonObject, depth: number): boolean {
  if (depth === 0) return false
  // One loop over the keys of both takes ten times as long.
  if (Array.isArray(node)) {
    // Names and words, of which there are most.
    if (typeof node[0] === 'string') return false
    for (const inner of node) if (typeof inner === 'object' && inner && mayLackItems(inner, depth - 1)) return true
    return false
  }
  const { type } = node
  if ((type === 'array' || typeof type === 'object') && isList(node) && node.items === undefined) return true
  for (const key in node) {
    const inner = node[key]
    if (typeof inner === 'object' && inner && mayLackItems(inner, depth - 1)) return true
  }
  return false
}

function isList({ type }: JsonObject): boolean {
  return type === 'array' || (Array.isArray(type) && type.includes('array'))
}

function filled(node: Json, depth: number): Json {
  if (Array.isArray(node)) return each(node, depth)
  if (!isObject(node) || depth === 0) return node
  let made = node
  for (const keyword in node) {
    const inner = node[keyword]
    // Most keywords hold no schema.
    if (typeof inner !== 'object' || inner === null) continue
    const holds = HOLDERS.get(keyword)
    if (!holds) continue
    const value = holds === 'named' && isObject(inner) ? eachNamed(inner, depth - 1) : filled(inner, depth - 1)
    if (value !== inner) made = { ...made, [keyword]: value }
  }
  return isList(node) && own(node, 'items') === undefined ? { ...made, items: {} } : made
}

function each(nodes: readonly Json[], depth: number): Json {
  const made = nodes.map((node) => filled(node, depth - 1))
  return made.some((node, index) => node !== nodes[index]) ? made : (nodes as Json[])
}

function eachNamed(nodes: JsonObject, depth: number): JsonObject {
  let made: Map<string, Json | undefined> | undefined
  for (const name in nodes) {
    const node = nodes[name]
    if (node === undefined) continue
    const value = filled(node, depth)
    if (value !== node) (made ??= new Map(Object.entries(nodes))).set(name, value)
  }
  return made ? Object.fromEntries(made) : nodes
}
