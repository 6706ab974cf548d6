import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { resolve, without } from '../schema/resolve.ts'

/**
 * A schema for Nova, which knows no other keywords at the top than `type`, `properties` and `required`: references to
 * definitions that would be lost are put in their place.
 * https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
 */
export function toNovaSchema(schema: JsonObject): JsonObject {
  const budget = { nodes: MOST_NODES }
  const top = resolve(schema, schema, [], budget).schema
  const properties = isObject(top.properties) ? top.properties : {}
  const inlined = Object.entries(properties).map(([name, property]) => [name, inline(property, schema, [], budget)])
  return {
    type: 'object',
    properties: Object.fromEntries(inlined) as JsonObject,
    ...(Array.isArray(top.required) && top.required.length > 0 && { required: top.required }),
  }
}

const MOST_NODES = 5000
const DEFINITIONS: ReadonlySet<string> = new Set(['$defs', 'definitions', '$schema', '$id'])

function inline(
  node: Json | undefined,
  root: JsonObject,
  open: readonly string[],
  budget: { nodes: number },
): Json | undefined {
  if (Array.isArray(node)) return node.map((item) => inline(item, root, open, budget) as Json)
  if (!isObject(node)) return node
  const resolved = resolve(node, root, open, budget)
  if (resolved.recursive !== undefined) return { type: 'object', description: `Again: ${resolved.recursive}` }
  const entries = Object.entries(without(resolved.schema, DEFINITIONS))
  const inner = (value: Json | undefined): Json | undefined => inline(value, root, resolved.open, budget)
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (DATA.has(key)) return [key, value]
      const named = NAMED.has(key) && isObject(value) ? Object.entries(value) : undefined
      return [key, named ? Object.fromEntries(named.map(([name, schema]) => [name, inner(schema)])) : inner(value)]
    }),
  )
}

/** Keywords that hold schemas by names of the user's own. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas'])
/** Keywords that hold values, not schemas. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])
