import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { type Budget, own, resolve, without } from './resolve.ts'
import { brief } from './words.ts'

/** Where in a schema one stands. */
export interface Place {
  readonly root: Json
  /** References being expanded above. */
  readonly open: readonly string[]
  /** How many objects and arrays stand above. */
  readonly depth: number
  /** How many unions stand above in the same place. */
  readonly unions: number
  /** Shared by the whole schema. */
  readonly budget: Budget
}

/** How many objects and arrays, or unions in one place, may stand above one another. */
export const MAX_DEPTH = 24

/** The keywords of which one alternative must hold. */
export const UNION: ReadonlySet<string> = new Set(['anyOf', 'oneOf'])

/** One object that has the properties of all alternatives; required is what each of them requires. */
export function overlay(schema: JsonObject, place: Place): JsonObject {
  const branches = own(schema, 'anyOf') ?? own(schema, 'oneOf')
  if (!Array.isArray(branches) || !branches.some((branch) => isObject(branch) && !isNull(branch))) return schema
  if (place.depth >= MAX_DEPTH || place.unions >= MAX_DEPTH || place.budget.nodes-- <= 0) return schema
  const objects = branches.filter(isObject).map((branch) => {
    const resolved = resolve(branch, place.root, place.open, place.budget)
    return overlay(resolved.schema, { ...place, open: resolved.open, unions: place.unions + 1 })
  })
  const base = without(schema, UNION)
  const required = objects.map((object) => new Set([own(object, 'required') ?? []].flat()))
  const shared = [...(required[0] ?? [])].filter((name) => required.every((names) => names.has(name)))
  return {
    ...base,
    properties: alternativeProperties([base, ...objects]),
    required: [...[own(base, 'required') ?? []].flat(), ...shared],
    description: [own(base, 'description'), `One of these forms: ${brief(objects.map(outline))}`]
      .filter((text) => typeof text === 'string')
      .join('\n'),
  }
}

/** Whether a schema is met by nothing but null. */
export function isNull(schema: JsonObject): boolean {
  return own(schema, 'type') === 'null' || own(schema, 'const') === null
}

function outline(object: JsonObject): Json {
  const properties = own(object, 'properties')
  return { properties: isObject(properties) ? Object.keys(properties) : [], required: own(object, 'required') ?? [] }
}

function alternativeProperties(objects: readonly JsonObject[]): JsonObject {
  const options = new Map<string, Json[]>()
  for (const object of objects) {
    const properties = own(object, 'properties')
    if (!isObject(properties)) continue
    for (const [name, schema] of Object.entries(properties)) {
      if (schema !== undefined) options.set(name, [...(options.get(name) ?? []), schema])
    }
  }
  return Object.fromEntries(
    [...options].map(([name, schemas]) => [name, schemas.length === 1 ? (schemas[0] as Json) : { anyOf: schemas }]),
  )
}
