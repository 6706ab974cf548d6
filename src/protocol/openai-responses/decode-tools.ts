import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, ServerTool, Tool, ToolChoice } from '../../canonical/request.ts'
import { describeCustom, INPUT_SCHEMA } from '../openai/custom-tool.ts'
import { flatName } from './namespace.ts'
import { formOf, ID, residueOf } from './residue.ts'
import { isClientSearch, searchTool } from './tool-search.ts'

/** The tools of a request. Those of a namespace stand beside the others, under longer names. */
export function decodeTools(value: Json): Tool[] | undefined {
  if (!Array.isArray(value) || !value.every(isObject)) return undefined
  return value.flatMap((tool, index) => (isNamespace(tool) ? decodeNamespace(tool, index) : decodeTool(tool)))
}

/** Which tool must be called; nothing where that is said in a way that only this protocol has. */
export function decodeChoice(value: Json): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  if (!isObject(value)) return undefined
  if (value.type === 'allowed_tools') return decodeAllowed(value)
  const name = value.type === 'function' || value.type === 'custom' ? nameOf(value) : undefined
  return name === undefined ? undefined : { type: 'tool', name }
}

/** Where the client's tools stand that are neither plain functions nor free of a namespace, by their canonical name. */
export function placesOf(tools: readonly Tool[]): JsonObject {
  const places: JsonObject = {}
  for (const tool of tools) {
    const { namespace, name, custom, search } = formOf(tool)
    if (tool.type !== 'function' || ![namespace, custom, search].some(isObject)) continue
    places[tool.name] = {
      name: name ?? tool.name,
      ...(isObject(namespace) && { namespace: namespace.name }),
      ...(isObject(custom) && { custom: true }),
      ...(isObject(search) && { search: true }),
    }
  }
  return Object.keys(places).length > 0 ? { places } : {}
}

const FUNCTION = new Set(['type', 'name', 'description', 'parameters', 'strict', 'defer_loading'])
const CUSTOM = new Set(['type', 'name', 'description', 'format', 'defer_loading'])

/** Those that the provider runs are named by their type, as long as there is but one of it. */
function decodeAllowed({ mode, tools }: JsonObject): ToolChoice | undefined {
  if ((mode !== 'auto' && mode !== 'required') || !Array.isArray(tools)) return undefined
  const allowed = tools.flatMap((tool) => {
    if (!isObject(tool) || tool.type === 'mcp') return []
    return nameOf(tool) ?? asString(tool.type) ?? []
  })
  return allowed.length === tools.length ? { type: mode, allowed } : undefined
}

function nameOf(tool: JsonObject): string | undefined {
  const name = asString(tool.name)
  return name === undefined ? undefined : flatName(asString(tool.namespace), name)
}

function isNamespace(tool: JsonObject): tool is JsonObject & { tools: JsonObject[] } {
  return tool.type === 'namespace' && Array.isArray(tool.tools) && tool.tools.length > 0 && tool.tools.every(isObject)
}

function decodeNamespace(namespace: JsonObject & { tools: JsonObject[] }, index: number): Tool[] {
  const { tools, ...wrapper } = namespace
  return tools.map((tool) => decodeTool(tool, { namespace: wrapper, index }))
}

function decodeTool(tool: JsonObject, place: JsonObject = {}): Tool {
  if (typeof tool.name === 'string') {
    if (tool.type === 'function') return decodeFunction(tool, tool.name, place)
    if (tool.type === 'custom') return decodeCustom(tool, tool.name, place)
  }
  return isClientSearch(tool) ? searchTool(tool) : serverTool(tool, place)
}

function decodeFunction(tool: JsonObject, name: string, place: JsonObject): FunctionTool {
  const description = asString(tool.description)
  const schema = isObject(tool.parameters) ? tool.parameters : undefined
  const strict = typeof tool.strict === 'boolean' ? tool.strict : undefined
  const deferred = typeof tool.defer_loading === 'boolean' ? tool.defer_loading : undefined
  const form: JsonObject = {
    ...place,
    ...(!schema && { parameters: 'absent' }),
    ...(strict === undefined && { strict: 'absent' }),
    ...(place.namespace !== undefined && { name }),
  }
  return {
    type: 'function',
    name: flatName(namespaceOf(place), name),
    ...(description !== undefined && { description }),
    schema: schema ?? {},
    ...(strict !== undefined && { strict }),
    ...(deferred !== undefined && { deferred }),
    native: residueOf(tool, FUNCTION, form),
  }
}

function decodeCustom(tool: JsonObject, name: string, place: JsonObject): FunctionTool {
  const description = describeCustom(tool)
  const deferred = typeof tool.defer_loading === 'boolean' ? tool.defer_loading : undefined
  const custom: JsonObject = {}
  for (const key of ['description', 'format']) if (tool[key] !== undefined) custom[key] = tool[key]
  const form: JsonObject = { ...place, custom, ...(place.namespace !== undefined && { name }) }
  return {
    type: 'function',
    name: flatName(namespaceOf(place), name),
    ...(description !== undefined && { description }),
    schema: INPUT_SCHEMA,
    ...(deferred !== undefined && { deferred }),
    native: residueOf(tool, CUSTOM, form),
  }
}

function namespaceOf({ namespace }: JsonObject): string | undefined {
  return isObject(namespace) ? asString(namespace.name) : undefined
}

function serverTool(tool: JsonObject, place: JsonObject): ServerTool {
  const type = asString(tool.type) ?? 'unknown'
  return {
    type: 'server',
    kind: KINDS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'other',
    name: asString(tool.name) ?? type,
    native: { protocol: ID, rest: tool, ...(place.namespace !== undefined && { form: place }) },
  }
}

const KINDS: readonly (readonly [prefix: string, kind: ServerTool['kind']])[] = [
  ['web_search', 'web-search'],
  ['code_interpreter', 'code-execution'],
  ['tool_search', 'tool-search'],
]
