import { isObject, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { FunctionTool, ModelRequest, Tool } from '../../canonical/request.ts'
import { allowedNames, NOT_ALLOWED } from '../allowed-tools.ts'
import { isOpenaiModel } from '../openai/model-names.ts'
import { toParameters } from '../openai/parameters.ts'
import { noServerTool, whyNoTool } from '../openai/server-tool.ts'
import { strictFor } from '../openai/strict.ts'
import { isPlaceholder } from '../placeholder-tool.ts'
import { cacheField } from './blocks.ts'
import type { Scope } from './scope.ts'

/** Adds the tools and how they may be used. Tools that the provider of the client runs have no equivalent. */
export function addTools(body: JsonObject, request: ModelRequest, scope: Scope): void {
  const { losses } = scope
  const shown = takesAllowed(scope) ? undefined : allowedNames(request)
  const tools: JsonObject[] = []
  let index = 0
  for (const tool of request.tools) {
    const told = losses.list.length
    const encoded = !shown || shown.has(tool.name) ? encodeTool(tool, request, scope) : losses.drop('', NOT_ALLOWED)
    if (encoded) tools.push(encoded)
    if (losses.list.length > told) losses.placed(told, `tools[${index}]`)
    index++
  }
  if (tools.length === 0 && request.tools.some(({ type }) => type === 'server'))
    throw noServerTool(request, scope.target)
  const choice = encodeChoice(request, scope)
  // Without tools a choice among them is refused.
  if (tools.length === 0 && !scope.own) {
    if (choice !== undefined && request.toolChoice?.type !== 'none')
      losses.drop('tool_choice', 'no tool is left to choose')
    return
  }
  const { parallelToolCalls: parallel } = request
  if (tools.length > 0 || sentEmptyTools(request)) body.tools = tools
  if (choice !== undefined) body.tool_choice = choice
  // `true` is everyone's default, and refused by some.
  if (parallel === false || (scope.own && parallel)) body.parallel_tool_calls = parallel
}

/** How a Chat client spelt a tool. */
export interface ToolForm {
  /** Keys beside `function`. */
  readonly beside?: JsonObject
  readonly parameters?: 'absent'
  /** A free-form tool, as it was declared. */
  readonly custom?: JsonObject
}

function sentEmptyTools(request: ModelRequest): boolean {
  const form = formFor(request.native, 'openai-chat')
  return isObject(form) && form.tools === 'empty'
}

function encodeTool(tool: Tool, request: ModelRequest, scope: Scope): JsonObject | void {
  const { losses } = scope
  if (tool.type === 'server') {
    if (tool.native.protocol === 'openai-chat') return tool.native.rest
    return losses.drop('', whyNoTool(tool, 'Chat Completions'))
  }
  const form = toolForm(tool)
  if (form.custom) return { type: 'custom', custom: form.custom, ...form.beside }
  losses.residue(tool.native, '')
  if (isPlaceholder(tool, request))
    return losses.drop('', 'a placeholder for tools that are loaded later; it is not to be called')
  if (tool.deferred) losses.drop('defer_loading', 'Chat Completions shows every tool from the beginning')
  const parameters = parametersOf(tool, form, scope)
  const strict = scope.own ? tool.strict : strictFor(tool.strict, parameters, losses, '')
  const own: JsonObject = { name: scope.names.of(tool.name), description: tool.description, parameters, strict }
  const rest = restFor(tool.native, 'openai-chat')
  const encoded: JsonObject = { type: 'function', function: rest ? { ...own, ...rest } : own }
  return tool.cache || form.beside ? { ...encoded, ...cacheField(tool.cache, scope), ...form.beside } : encoded
}

function toolForm(tool: FunctionTool): ToolForm {
  const form = formFor(tool.native, 'openai-chat')
  return isObject(form) ? form : {}
}

function parametersOf(tool: FunctionTool, form: ToolForm, scope: Scope): JsonObject | undefined {
  if (form.parameters === 'absent' && Object.keys(tool.schema).length === 0) return undefined
  return scope.own ? tool.schema : toParameters(tool.schema)
}

function encodeChoice({ toolChoice, tools }: ModelRequest, scope: Scope): JsonObject[string] {
  if (!toolChoice) return undefined
  const isForced = toolChoice.type === 'required' || toolChoice.type === 'tool'
  const { toolChoice: most } = scope.target.traits
  if (most === 'auto' && isForced) {
    scope.losses.drop('tool_choice', `${scope.target.provider} cannot be made to call a tool`)
    return 'auto'
  }
  if ('allowed' in toolChoice && toolChoice.allowed && takesAllowed(scope)) {
    const { type: mode, allowed } = toolChoice
    return { type: 'allowed_tools', allowed_tools: { mode, tools: allowed.map((name) => named(name, tools, scope)) } }
  }
  if (toolChoice.type !== 'tool') return toolChoice.type
  if (most === 'words') {
    scope.losses.drop('tool_choice.name', `${scope.target.provider} cannot be made to call this tool, only any`)
    return 'required'
  }
  return named(toolChoice.name, tools, scope)
}

/** Only OpenAI's own models know a choice among some of the tools. */
function takesAllowed({ own, target }: Scope): boolean {
  return own || (isOpenaiModel(target.model) && target.traits.toolChoice === undefined)
}

function named(called: string, tools: readonly Tool[], scope: Scope): JsonObject {
  const name = scope.names.of(called)
  const chosen = tools.find((tool) => tool.name === called)
  if (chosen?.type === 'function' && toolForm(chosen).custom) return { type: 'custom', custom: { name } }
  return { type: 'function', function: { name } }
}
