import { asNumber, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'

/** A schema whose references and `allOf` have been put in their place, and the references that lie open above it. */
export interface Resolved {
  readonly schema: JsonObject
  readonly open: readonly string[]
  /** Set where the schema contains itself: the name of what it is. */
  readonly recursive?: string
}

const MAX_REFERENCES = 128
const MAX_NESTED_ALL_OF = 32
const MAX_DESCRIPTION = 8192

/**
 * How often a reference stands in the list of the open ones when it is not followed again. What only lends its keywords
 * through `allOf` counts once: its name may well come again below without the schema containing itself.
 */
const CLOSED = 2

/** How much of a schema may still be unfolded: references that fan out would grow without end. */
export interface Budget {
  nodes: number
}

/** Replaces `$ref` by what it points to in `root`, and `allOf` by the sum of its members. */
export function resolve(node: JsonObject, root: Json, open: readonly string[], budget: Budget, nesting = 0): Resolved {
  let schema = node
  let path = open
  for (;;) {
    const reference = own(schema, '$ref') ?? own(schema, '$dynamicRef')
    if (typeof reference !== 'string') break
    if (times(reference, path) >= CLOSED || path.length >= MAX_REFERENCES || budget.nodes-- <= 0) {
      return { schema: without(schema, REFERENCES), open: path, recursive: nameOf(reference) }
    }
    path = [...path, ...Array<string>(CLOSED).fill(reference)]
    const target = lookUp(root, reference)
    schema = merge(isObject(target) ? target : {}, without(schema, REFERENCES))
  }
  const members = own(schema, 'allOf')
  if (!Array.isArray(members)) return { schema, open: path }
  let sum = without(schema, ALL_OF)
  if (nesting >= MAX_NESTED_ALL_OF) return { schema: sum, open: path }
  const inside = new Set<string>()
  for (const member of members) {
    if (!isObject(member) || budget.nodes-- <= 0) continue
    const resolved = resolve(member, root, path, budget, nesting + 1)
    resolved.open.slice(path.length).forEach((reference) => inside.add(reference))
    if (resolved.recursive === undefined) sum = merge(sum, resolved.schema)
  }
  path = [...path, ...inside]
  return own(sum, '$ref') === undefined && own(sum, 'allOf') === undefined
    ? { schema: sum, open: path }
    : resolve(sum, root, path, budget, nesting + 1)
}

function times(reference: string, path: readonly string[]): number {
  return path.filter((each) => each === reference).length
}

/** A schema that demands what both demand, as nearly as can be said. */
export function merge(first: JsonObject, second: JsonObject): JsonObject {
  const entries = new Map<string, Json | undefined>(Object.entries(first))
  for (const [keyword, value] of Object.entries(second)) {
    const before = entries.get(keyword)
    // One expression cannot be two without a lookahead, which Gemini refuses: the earlier one is said in words.
    if (keyword === 'pattern' && typeof before === 'string' && before !== value) note(entries, `matches ${before}`)
    entries.set(keyword, before === undefined || value === undefined ? (value ?? before) : both(keyword, before, value))
  }
  return Object.fromEntries(entries)
}

/** A copy without some keywords, safe for any property name. */
export function without(schema: JsonObject, keywords: ReadonlySet<string>): JsonObject {
  return omit(schema, keywords)
}

/** The schema's own value: `toString` and `__proto__` are names like any other. */
export function own(schema: JsonObject, keyword: string): Json | undefined {
  return Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
}

const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicRef'])
const ALL_OF: ReadonlySet<string> = new Set(['allOf'])
const STRICTEST_IS_LARGEST = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const STRICTEST_IS_SMALLEST = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])

function both(keyword: string, first: Json, second: Json): Json {
  if (keyword === 'properties' && isObject(first) && isObject(second)) return mergeProperties(first, second)
  if (keyword === 'items' && isObject(first) && isObject(second)) return { allOf: [first, second] }
  if (keyword === 'required' && Array.isArray(first) && Array.isArray(second))
    return [...new Set([...first, ...second])]
  if (keyword === 'enum' && Array.isArray(first) && Array.isArray(second)) return common(first, second)
  if (keyword === 'type') return commonTypes(first, second)
  if (keyword === 'description' && typeof first === 'string' && typeof second === 'string') {
    // Schemas that include each other would say the same again and again.
    const isTold = first.includes(second) || first.length > MAX_DESCRIPTION
    return isTold ? first : `${first}\n${second}`
  }
  const [a, b] = [asNumber(first), asNumber(second)]
  if (a !== undefined && b !== undefined) {
    if (STRICTEST_IS_LARGEST.has(keyword)) return Math.max(a, b)
    if (STRICTEST_IS_SMALLEST.has(keyword)) return Math.min(a, b)
  }
  return second
}

function note(entries: Map<string, Json | undefined>, words: string): void {
  const told = entries.get('description')
  entries.set('description', typeof told === 'string' ? both('description', told, words) : words)
}

function mergeProperties(first: JsonObject, second: JsonObject): JsonObject {
  const entries = new Map<string, Json | undefined>(Object.entries(first))
  for (const [name, schema] of Object.entries(second)) {
    const before = entries.get(name)
    const merged = isObject(before) && isObject(schema) ? { allOf: [before, schema] } : schema
    entries.set(name, merged)
  }
  return Object.fromEntries(entries)
}

function common(first: Json[], second: Json[]): Json[] {
  const known = new Set(second.map((value) => JSON.stringify(value)))
  const shared = first.filter((value) => known.has(JSON.stringify(value)))
  return shared.length > 0 ? shared : second
}

function commonTypes(first: Json, second: Json): Json {
  const allowed = new Set([second].flat())
  const shared = [first].flat().filter((type) => allowed.has(type))
  if (shared.length === 0) return second
  return shared.length === 1 ? (shared[0] as Json) : shared
}

/** What a JSON pointer (`#/$defs/node`) means in `root`; `undefined` for anything else. */
function lookUp(root: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined
  let node: Json | undefined = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decodeStep(step)
    if (Array.isArray(node)) node = node[Number(key)]
    else if (isObject(node)) node = own(node, key)
    else return undefined
  }
  return reference === '#' || reference.startsWith('#/') ? node : undefined
}

function decodeStep(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

function nameOf(reference: string): string {
  return reference === '#' ? 'the whole' : decodeStep(reference.slice(reference.lastIndexOf('/') + 1))
}
