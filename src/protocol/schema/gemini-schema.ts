import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { arrange, build } from './gemini-build.ts'
import { areWords, plainLeaf } from './gemini-leaf.ts'
import { SCHEMA_TYPES, type SchemaType, TYPE_OF_KEYWORD } from './gemini-keywords.ts'
import { put } from '../json-objects.ts'
import { isNull, MAX_DEPTH, overlay, type Place, UNION } from './overlay.ts'
import { merge, own, resolve, without } from './resolve.ts'
import { brief } from './words.ts'

/**
 * A JSON Schema as Gemini's `Schema`, the subset of OpenAPI 3.0 that all its models and hosts accept. Property names
 * stay as they are; what the subset cannot say is said in the description. Never throws, whatever it is given.
 */
export function toGeminiSchema(schema: Json): JsonObject {
  return adapt(schema, placeIn(schema))
}

/** The same for a function's parameters, which must be one object: alternatives at the top are laid over one another. */
export function toGeminiParameters(schema: Json): JsonObject {
  const place = placeIn(schema)
  const { schema: top, open } = resolve(isObject(schema) ? schema : {}, schema, [], place.budget)
  const object = overlay(top, { ...place, open })
  return adaptType({ ...without(object, NOT_OF_PARAMETERS), type: 'object' }, 'object', { ...place, open })
}

const MAX_NODES = 2000
const NOT_OF_PARAMETERS: ReadonlySet<string> = new Set(['nullable', 'enum', 'const'])
const TYPING: ReadonlySet<string> = new Set(['const', 'enum', 'type', 'nullable'])
const DESCRIPTION: ReadonlySet<string> = new Set(['description'])
const BRANCHES: ReadonlySet<string> = new Set([
  'properties',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  '$dynamicRef',
])
const SHAPE = [
  'type',
  'properties',
  'items',
  'prefixItems',
  'enum',
  'const',
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'format',
]

function adapt(node: Json | undefined, place: Place): JsonObject {
  if (node === false) return { type: 'STRING', description: 'Must be left out.' }
  if (!isObject(node)) return anything({})
  const leaf = plainLeaf(node)
  if (leaf) return leaf
  if (isBranch(node) && isTooMuch(place)) return cut(node, 'anything')
  const { schema, open, recursive } = resolve(node, place.root, place.open, place.budget)
  if (recursive !== undefined) return cut(schema, recursive)
  const here = open === place.open ? place : { ...place, open }
  const branches = own(schema, 'anyOf') ?? own(schema, 'oneOf')
  if (Array.isArray(branches) && branches.some(hasShape)) return adaptUnion(schema, branches, here)
  return adaptTypes(schema, here)
}

function placeIn(root: Json): Place {
  return { root, open: [], depth: 0, unions: 0, budget: { nodes: MAX_NODES } }
}

function below(place: Place): Place {
  return { ...place, depth: place.depth + 1, unions: 0 }
}

function isTooMuch({ depth, unions, budget }: Place): boolean {
  return depth >= MAX_DEPTH || unions >= MAX_DEPTH || budget.nodes-- <= 0
}

/** Whether a schema has something below it; what has not is never cut off. */
function isBranch(schema: JsonObject): boolean {
  for (const keyword in schema) if (BRANCHES.has(keyword) && schema[keyword] !== undefined) return true
  return false
}

function hasShape(branch: Json): boolean {
  return isObject(branch) && SHAPE.some((keyword) => own(branch, keyword) !== undefined)
}

/** Where a schema is too deep, or contains itself: an object that its description explains. */
function cut(schema: JsonObject, name: string): JsonObject {
  const told = typeof schema['description'] === 'string' ? `${schema['description']}\n` : ''
  return { type: 'OBJECT', description: `${told}Nested again: ${name}.` }
}

function anything(schema: JsonObject): JsonObject {
  return build(schema, 'string', {}, ['any JSON value; other than text as JSON text'])
}

function adaptUnion(schema: JsonObject, branches: Json[], place: Place): JsonObject {
  const base = without(schema, UNION)
  const others = branches.filter((branch) => isObject(branch) && !isNull(branch))
  const nullable = others.length < branches.length || own(schema, 'nullable') === true
  const { description, ...shared } = base
  const mark = (option: JsonObject): JsonObject => (nullable ? arrange({ ...option, nullable: true }) : option)
  const adapted = unique(
    others
      .flatMap((branch) =>
        alternatives(adapt(merge(shared, branch as JsonObject), { ...place, unions: place.unions + 1 })),
      )
      .map(mark),
  )
  const single = asOneEnum(adapted)
  if (single) return withNote(single, description)
  const told = unique(adapted.map((option, index) => (index === 0 ? withNote(option, description) : option)))
  if (told.length === 0) return mark(anything(base))
  return told.length === 1 ? (told[0] as JsonObject) : { anyOf: told }
}

function alternatives(schema: JsonObject): JsonObject[] {
  return Array.isArray(schema['anyOf']) ? (schema['anyOf'] as JsonObject[]) : [schema]
}

/** `anyOf` of constants is an enumeration. */
function asOneEnum(options: readonly JsonObject[]): JsonObject | undefined {
  const values: Json[] = []
  for (const option of options) {
    if (Object.keys(option).some((keyword) => keyword !== 'type' && keyword !== 'enum' && keyword !== 'nullable'))
      return undefined
    if (!Array.isArray(option['enum']) || option['nullable'] !== options[0]?.['nullable']) return undefined
    values.push(...option['enum'])
  }
  return options[0] && { ...options[0], enum: [...new Set(values)] }
}

function withNote(schema: JsonObject, note: Json | undefined): JsonObject {
  if (typeof note !== 'string' || note === '' || schema['description'] === note) return schema
  const told = schema['description']
  return arrange({ ...schema, description: typeof told === 'string' ? `${note}\n${told}` : note })
}

function adaptTypes(schema: JsonObject, place: Place): JsonObject {
  const only = onlyType(schema)
  if (only) return adaptType(schema, only, place)
  const constant = own(schema, 'const')
  const values = constant === undefined ? own(schema, 'enum') : [constant]
  const named = [own(schema, 'type') ?? []].flat().map((type) => (asString(type) ?? '').toLowerCase())
  const nullable =
    named.includes('null') || own(schema, 'nullable') === true || (Array.isArray(values) && values.includes(null))
  const types = typesOf(schema, named, Array.isArray(values) ? values : undefined)
  const rest = without(schema, TYPING)
  const marked: JsonObject = nullable ? { ...rest, nullable: true } : rest
  if (types.length === 0) return anything(marked)
  const adapted = types.map((type) => {
    const members = Array.isArray(values) ? values.filter((value) => isOfType(value, type)) : []
    return adaptType(members.length > 0 ? { ...marked, enum: members } : marked, type, place)
  })
  if (adapted.length === 1) return adapted[0] as JsonObject
  // The description is said once, not for each type.
  return { anyOf: adapted.map((option, index) => (index === 0 ? option : undescribed(option, schema))) }
}

/** The type of a schema that names one and says nothing more of what its values are. */
function onlyType(schema: JsonObject): SchemaType | undefined {
  const type = own(schema, 'type')
  if (typeof type !== 'string') return undefined
  for (const keyword of ['const', 'enum', 'nullable']) if (own(schema, keyword) !== undefined) return undefined
  return SCHEMA_TYPES.find((each) => each === type)
}

function undescribed(option: JsonObject, schema: JsonObject): JsonObject {
  return option['description'] === own(schema, 'description') ? without(option, DESCRIPTION) : option
}

function typesOf(schema: JsonObject, named: readonly string[], values: readonly Json[] | undefined): SchemaType[] {
  let types = SCHEMA_TYPES.filter((type) => named.includes(type))
  // As nearly every schema is.
  if (types.length === 1 && !values) return types
  if (values && values.length > 0) {
    const used = new Set(values.map(typeOf))
    const usable = types.filter((type) => used.has(type) || (type === 'number' && used.has('integer')))
    types = usable.length > 0 || types.length > 0 ? usable : SCHEMA_TYPES.filter((type) => used.has(type))
    if (types.length === 0 && named.some((name) => name !== 'null'))
      types = SCHEMA_TYPES.filter((type) => named.includes(type))
  }
  if (types.includes('number')) types = types.filter((type) => type !== 'integer')
  if (types.length > 0) return types
  if (named.includes('null') || (values && values.every((value) => value === null))) return ['string']
  const keyword = Object.keys(TYPE_OF_KEYWORD).find((name) => own(schema, name) !== undefined)
  return keyword === undefined ? [] : [TYPE_OF_KEYWORD[keyword] as SchemaType]
}

function typeOf(value: Json): SchemaType | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const number = asNumber(value)
  if (number !== undefined) return Number.isInteger(number) ? 'integer' : 'number'
  return typeof value as 'string' | 'boolean' | 'object'
}

function isOfType(value: Json, type: SchemaType): boolean {
  const actual = typeOf(value)
  return actual === type || (type === 'number' && actual === 'integer')
}

function adaptType(schema: JsonObject, type: SchemaType, place: Place): JsonObject {
  switch (type) {
    case 'object':
      return adaptObject(schema, place)
    case 'array':
      return adaptArray(schema, place)
    case 'string':
      return adaptString(schema)
    default:
      return build(schema, type, {}, [])
  }
}

function adaptObject(schema: JsonObject, place: Place): JsonObject {
  const declared = own(schema, 'properties')
  const properties = isObject(declared) ? declared : {}
  const inside = below(place)
  const adapted: JsonObject = {}
  for (const name in properties) put(adapted, name, adapt(properties[name], inside))
  const [required, ordering] = [namesIn(own(schema, 'required')), namesIn(own(schema, 'propertyOrdering'))]
  const isKnown = (name: string): boolean => Object.hasOwn(properties, name)
  const unknown = required.filter((name) => !isKnown(name))
  const made: JsonObject = {}
  if (!isEmpty(properties)) made.properties = adapted
  if (unknown.length < required.length) made.required = unknown.length === 0 ? required : required.filter(isKnown)
  const known = ordering.filter(isKnown)
  if (known.length > 0) made.propertyOrdering = known
  return build(schema, 'object', made, unknown.length > 0 ? [`also required: ${unknown.join(', ')}`] : [])
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false
  return true
}

/** The names in a list, each once. */
function namesIn(list: Json | undefined): string[] {
  if (Array.isArray(list) && areWords(list)) return list
  return [...new Set([list ?? []].flat().filter((name) => typeof name === 'string'))]
}

function adaptArray(schema: JsonObject, place: Place): JsonObject {
  const items = own(schema, 'items')
  const tuple = own(schema, 'prefixItems') ?? (Array.isArray(items) ? items : undefined)
  if (!Array.isArray(tuple) || tuple.length === 0)
    return build(schema, 'array', { items: adapt(Array.isArray(items) ? {} : items, below(place)) }, [])
  const further = Array.isArray(items) ? own(schema, 'additionalItems') : items
  const options = unique(
    [...tuple, ...(isObject(further) ? [further] : [])].flatMap((item) => alternatives(adapt(item, below(place)))),
  )
  const element = options.length === 1 ? (options[0] as JsonObject) : { anyOf: options }
  return build(schema, 'array', { items: element }, [`items by position: ${brief(tuple)}`])
}

function adaptString(schema: JsonObject): JsonObject {
  const values = own(schema, 'enum')
  if (!Array.isArray(values)) return build(schema, 'string', {}, [])
  const texts = [...new Set(values.filter((value) => typeof value === 'string'))]
  // An empty member is refused.
  const allowed = texts.filter((text) => text !== '')
  if (allowed.length === 0) return build(schema, 'string', {}, texts.length > 0 ? ['always empty'] : [])
  return build(schema, 'string', { enum: allowed }, allowed.length < texts.length ? ['may also be empty'] : [])
}

function unique(schemas: readonly JsonObject[]): JsonObject[] {
  const seen = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]))
  return [...seen.values()]
}
