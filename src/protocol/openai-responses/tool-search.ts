import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, Tool, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { flatName } from './namespace.ts'
import { formOf, ID } from './residue.ts'

/** Whether a tool is the search with which a client itself finds tools that it has kept back, as Codex does. */
export function isClientSearch({ type, execution }: JsonObject): boolean {
  return type === 'tool_search' && execution === 'client'
}

/** The search as a function like any other, for those who know no such tool. */
export function searchTool(tool: JsonObject): FunctionTool {
  const description = asString(tool.description)
  return {
    type: 'function',
    name: NAME,
    ...(description !== undefined && { description }),
    schema: isObject(tool.parameters) ? tool.parameters : { type: 'object' },
    native: { protocol: ID, rest: {}, form: { search: tool } },
  }
}

/** A search that was made, as a call of that function. */
export function searchCall(item: JsonObject): ToolCallPart | undefined {
  const id = asString(item.call_id)
  if (id === undefined || item.execution !== 'client') return undefined
  const input = JSON.stringify(isObject(item.arguments) ? item.arguments : {})
  return { type: 'tool-call', id, name: NAME, input, native: { protocol: ID, rest: {}, form: { search: item } } }
}

/** What it found, in words; the tools themselves join those of the request. */
export function searchResult(item: JsonObject): ToolResultPart | undefined {
  const id = asString(item.call_id)
  if (id === undefined || item.execution !== 'client') return undefined
  const names = toolsIn(item).flatMap(namesOf)
  const text = names.length > 0 ? `These tools can be called from now on: ${names.join(', ')}` : 'No tool was found.'
  const native = { protocol: ID, rest: {}, form: { search: item } } as const
  return { type: 'tool-result', id, content: [{ type: 'text', text }], native }
}

/** The tools that were found in the course of a conversation. */
export function foundTools(input: Json | undefined): JsonObject[] {
  if (!Array.isArray(input)) return []
  return input.flatMap((item) => (isObject(item) && item.type === 'tool_search_output' ? toolsIn(item) : []))
}

/** A found tool beside those of the request, unless it is one of them: it is no more kept back, and not sent home. */
export function addFound(tools: readonly Tool[], found: readonly Tool[]): Tool[] {
  const all = new Map(tools.map((tool) => [tool.name, tool]))
  for (const tool of found) {
    if (tool.type !== 'function' || all.has(tool.name)) continue
    const { deferred: _deferred, ...loaded } = tool
    const native = { protocol: ID, rest: tool.native?.rest ?? {}, form: { ...formOf(tool), found: true } } as const
    all.set(tool.name, { ...loaded, native })
  }
  return [...all.values()]
}

/** A call of the function as the search that the client knows. */
export function encodeSearchCall(part: ToolCallPart, id: string, callId: string): JsonObject {
  return {
    type: 'tool_search_call',
    id,
    call_id: callId,
    execution: 'client',
    status: 'completed',
    arguments: argumentsOf(part.input),
  }
}

const NAME = 'tool_search'

function toolsIn({ tools }: JsonObject): JsonObject[] {
  return Array.isArray(tools) ? tools.filter(isObject) : []
}

function namesOf(tool: JsonObject): string[] {
  const name = asString(tool.name) ?? ''
  return tool.type === 'namespace' ? toolsIn(tool).map((inner) => flatName(name, asString(inner.name) ?? '')) : [name]
}

function argumentsOf(input: string): JsonObject {
  try {
    const value = parseJson(input || '{}')
    if (isObject(value)) return value
  } catch {
    // A model that writes no JSON means its words.
  }
  return { query: input }
}
