import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, ModelRequest, ServerTool, Tool, ToolChoice } from '../../canonical/request.ts'
import { toObjectRoot } from '../schema/object-root.ts'
import { decodeCache, encodeCache, withMarks } from './cache.ts'
import {
  booleanOrNothing,
  eachAt,
  ID,
  leftover,
  objectAt,
  spelling,
  stringAt,
  stringOrNothing,
  withKeys,
  withRest,
} from './residue.ts'

/** The `tools` of a request: those with a type other than `custom` are run or known by Anthropic itself. */
export function decodeTools(value: Json | undefined): Tool[] {
  return value === undefined || value === null ? [] : eachAt(value, 'tools', decodeTool)
}

/** A tool as Anthropic is told it, or nothing for a tool that only another protocol's provider can run. */
export function encodeTool(tool: Tool, name: string, ours: boolean): JsonObject | undefined {
  if (tool.type === 'server') return encodeServerTool(tool)
  return withRest(
    {
      type: spelling(tool.native, 'type'),
      name,
      description: tool.description,
      // Others know tools without arguments; Anthropic demands the type.
      input_schema: ours && tool.schema.type !== undefined ? tool.schema : toObjectRoot(tool.schema),
      strict: tool.strict,
      defer_loading: tool.deferred,
      cache_control: encodeCache(tool),
    },
    tool.native,
  )
}

/** What `tool_choice` says; `known` is false when its type is not known and all of it is residue. */
export function decodeToolChoice(value: Json | undefined): {
  readonly known: boolean
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly rest?: JsonObject
} {
  if (value === undefined || value === null) return { known: true }
  const wire = objectAt(value, 'tool_choice')
  const toolChoice = readChoice(wire)
  if (!toolChoice) return { known: false }
  const disabled = booleanOrNothing(wire.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use')
  const rest = leftover(wire, toolChoice.type === 'tool' ? NAMED_CHOICE : CHOICE)
  return {
    known: true,
    toolChoice,
    ...(disabled !== undefined && { parallelToolCalls: !disabled }),
    ...(rest && { rest }),
  }
}

/** `tool_choice` with `disable_parallel_tool_use` in it. */
export function encodeToolChoice(request: ModelRequest, nameOf: (name: string) => string): JsonObject | undefined {
  const { toolChoice, parallelToolCalls: parallel } = request
  const ours = request.native?.protocol === ID
  if (!toolChoice && (parallel !== false || request.tools.length === 0)) return undefined
  if (!ours && request.tools.length === 0) return undefined
  const choice: JsonObject = { type: CHOICE_TYPES[toolChoice?.type ?? 'auto'] }
  if (toolChoice?.type === 'tool') choice.name = nameOf(toolChoice.name)
  // `true` is Anthropic's default: it is only said where the client said it.
  if (parallel === false ? choice.type !== 'none' || ours : parallel && ours)
    choice.disable_parallel_tool_use = !parallel
  const rest = spelling(request.native, 'toolChoice')
  return isObject(rest) ? withKeys(choice, rest) : choice
}

const FUNCTION: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'defer_loading',
  'cache_control',
])
const SERVER: ReadonlySet<string> = new Set(['name', 'cache_control'])
const SERVER_NAMELESS: ReadonlySet<string> = new Set(['cache_control'])
const CHOICE: ReadonlySet<string> = new Set(['type', 'disable_parallel_tool_use'])
const NAMED_CHOICE: ReadonlySet<string> = new Set([...CHOICE, 'name'])
const CHOICE_TYPES = { auto: 'auto', required: 'any', none: 'none', tool: 'tool' } as const

const KINDS: readonly (readonly [prefix: string, kind: ServerTool['kind']])[] = [
  ['web_search_', 'web-search'],
  ['web_fetch_', 'web-fetch'],
  ['code_execution_', 'code-execution'],
  ['tool_search_', 'tool-search'],
]

function decodeTool(item: Json): Tool {
  const tool = objectAt(item, '')
  const type = stringOrNothing(tool.type, 'type')
  return type === undefined || type === 'custom' ? decodeFunction(tool, type) : decodeServerTool(tool, type)
}

function decodeFunction(wire: JsonObject, type: 'custom' | undefined): FunctionTool {
  const description = stringOrNothing(wire.description, 'description')
  const strict = booleanOrNothing(wire.strict, 'strict')
  const deferred = booleanOrNothing(wire.defer_loading, 'defer_loading')
  const tool: { -readonly [Key in keyof FunctionTool]: FunctionTool[Key] } = {
    type: 'function',
    name: stringAt(wire.name, 'name'),
    schema: objectAt(wire.input_schema, 'input_schema'),
  }
  if (description !== undefined) tool.description = description
  if (strict !== undefined) tool.strict = strict
  if (deferred !== undefined) tool.deferred = deferred
  // `type` of the tool itself stands for the one that was left out.
  const read = Object.keys(tool).length - (type === undefined ? 1 : 0)
  return withMarks(tool, wire, FUNCTION, read, type && { type })
}

// A toolset has no name of its own: its type stands in, and stays what it was on the wire.
function decodeServerTool(tool: JsonObject, type: string): ServerTool {
  const name = stringOrNothing(tool.name, 'name')
  const cache = decodeCache(tool.cache_control)
  const rest = leftover(tool, name === undefined ? SERVER_NAMELESS : SERVER) ?? {}
  const form = { ...(name === undefined && { nameless: true }), ...cache?.form }
  return {
    type: 'server',
    kind: KINDS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'other',
    name: name ?? type,
    ...(cache && { cache: cache.mark }),
    native: { protocol: ID, rest, ...(Object.keys(form).length > 0 && { form }) },
  }
}

function encodeServerTool(tool: ServerTool): JsonObject | undefined {
  const cache_control = encodeCache(tool)
  if (tool.native.protocol === ID) {
    const name = spelling(tool.native, 'nameless') ? undefined : tool.name
    return withRest({ type: tool.native.rest.type, name, cache_control }, tool.native)
  }
  return tool.kind === 'web-search' ? { type: 'web_search_20250305', name: 'web_search', cache_control } : undefined
}

function readChoice(wire: JsonObject): ToolChoice | undefined {
  switch (stringAt(wire.type, 'tool_choice.type')) {
    case 'auto':
      return { type: 'auto' }
    case 'any':
      return { type: 'required' }
    case 'none':
      return { type: 'none' }
    case 'tool':
      return { type: 'tool', name: stringAt(wire.name, 'tool_choice.name') }
    default:
      return undefined
  }
}
