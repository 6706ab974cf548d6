import type { JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, ModelRequest, ServerTool } from '../../canonical/request.ts'
import { noServerTool, whyNoTool } from '../openai/server-tool.ts'
import { allowedNames, NOT_ALLOWED } from '../allowed-tools.ts'
import { toObjectRoot } from '../schema/object-root.ts'
import { isPlaceholder } from '../placeholder-tool.ts'
import { encodeCachePoint } from './encode-blocks.ts'
import type { Encoding } from './encoding.ts'
import { takesSchemas } from './model.ts'
import { toNovaSchema } from './nova-schema.ts'
import { defined, isOurs, spelling, withRest } from './residue.ts'

/** `toolConfig`; nothing where there are no tools, neither in the request nor in the conversation. */
export function encodeToolConfig(request: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const allowed = allowedNames(request)
  const tools = request.tools.flatMap((tool, index) => {
    const path = `tools[${index}]`
    if (allowed && !allowed.has(tool.name)) {
      encoding.drop(path, NOT_ALLOWED)
      return []
    }
    encoding.dropResidue(tool.type === 'server' ? undefined : tool.native, path)
    return tool.type === 'server'
      ? encodeServerTool(tool, path, encoding)
      : encodeFunction(tool, path, request, encoding)
  })
  if (encoding.ours) return encodeOwnConfig(request, tools, encoding)
  if (tools.length === 0 && request.tools.some(({ type }) => type === 'server'))
    throw noServerTool(request, encoding.target)
  const called = calledNames(request).map((name) => encoding.names.of(name))
  if (request.toolChoice?.type === 'none') {
    if (called.length === 0) {
      encoding.drop('tool_choice', 'Bedrock is told by no tools that none is to be called')
      request.tools.forEach((_, index) => encoding.drop(`tools[${index}]`, 'no tool is to be called'))
      return undefined
    }
    encoding.drop('tool_choice', 'Bedrock cannot be told to call nothing while the conversation holds calls')
  }
  // Bedrock refuses calls in a conversation without tools, and a choice among none.
  const known = new Set(tools.map(nameIn))
  const declared = called.filter((name) => tools.length === 0 || !known.has(name)).map(declare)
  const all = tools.length === 0 ? declared : tools
  if (all.length === 0) {
    if (request.toolChoice && request.toolChoice.type !== 'auto')
      encoding.drop('tool_choice', 'there is no tool to choose')
    return undefined
  }
  return defined({ tools: all, toolChoice: encodeChoice(request, encoding) })
}

function encodeFunction(tool: FunctionTool, path: string, request: ModelRequest, encoding: Encoding): JsonObject[] {
  if (!encoding.ours && isPlaceholder(tool, request)) {
    encoding.drop(path, 'a placeholder for tools that are loaded later; it is not to be called')
    return []
  }
  if (tool.deferred) encoding.drop(`${path}.defer_loading`, 'Converse shows every tool from the beginning')
  const isStrict = tool.strict !== undefined && (encoding.ours || takesSchemas(encoding.target.model))
  if (tool.strict && !isStrict) encoding.drop(`${path}.strict`, `${encoding.target.model} has no strict tools`)
  const toolSpec = defined({
    name: encoding.names.of(tool.name),
    ...described(tool, encoding),
    strict: isStrict ? tool.strict : undefined,
  })
  const block = withRest({ toolSpec }, tool.native)
  // Nova caches no tools.
  if (tool.cache && encoding.family === 'nova' && !encoding.ours) {
    encoding.drop(`${path}.cache_control`, 'Nova caches no tools')
    return [block]
  }
  const cache = encoding.cacheOf(tool, path)
  return cache ? [block, encodeCachePoint(cache, tool)] : [block]
}

/** Description and schema. Nova knows no words at the top of a schema: they go with those of the tool. */
function described({ description, schema }: FunctionTool, { ours, family }: Encoding): JsonObject {
  if (ours) return defined({ description, inputSchema: { json: schema } })
  const object = toObjectRoot(schema)
  const isNova = family === 'nova'
  const words = [description, isNova ? object.description : undefined].filter(
    (text) => typeof text === 'string' && text,
  )
  return defined({
    // Bedrock refuses an empty description.
    description: words.length > 0 ? words.join('\n') : undefined,
    inputSchema: { json: isNova ? toNovaSchema(object) : object },
  })
}

function encodeServerTool(tool: ServerTool, path: string, encoding: Encoding): JsonObject[] {
  if (isOurs(tool)) return [tool.native.rest]
  if (tool.kind === 'web-search' && /nova-(?:2|premier)/i.test(encoding.target.model)) {
    for (const key in tool.native.rest)
      if (key !== 'type' && key !== 'name') encoding.drop(`${path}.${key}`, "Nova's grounding has no such option")
    return [{ systemTool: { name: 'nova_grounding' } }]
  }
  encoding.drop(path, whyNoTool(tool, 'Bedrock'))
  return []
}

function calledNames(request: ModelRequest): string[] {
  const names = request.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool-call' ? part.name : [])),
  )
  return [...new Set(names)]
}

function nameIn(tool: JsonObject): string | undefined {
  const { toolSpec } = tool
  return typeof toolSpec === 'object' && toolSpec && 'name' in toolSpec ? String(toolSpec.name) : undefined
}

function declare(name: string): JsonObject {
  const description = 'A tool that was called earlier in this conversation and is not at hand any more.'
  return { toolSpec: { name, description, inputSchema: { json: { type: 'object', properties: {} } } } }
}

function encodeChoice(request: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const choice = request.toolChoice
  if (!choice || choice.type === 'none') return undefined
  const isForced = choice.type !== 'auto'
  if (request.parallelToolCalls === false && (isForced || encoding.family !== 'claude'))
    encoding.drop('tool_choice.disable_parallel_tool_use', 'Converse cannot be kept from calling several tools here')
  if (!isForced) return undefined
  if (encoding.family === 'llama' || encoding.family === 'cohere') {
    encoding.drop('tool_choice', `${encoding.target.model} cannot be made to call a tool`)
    return undefined
  }
  const isGone =
    choice.type === 'tool' && !request.tools.some((tool) => tool.type === 'function' && tool.name === choice.name)
  if (isGone) {
    encoding.drop('tool_choice', 'Bedrock runs no such tool')
    return undefined
  }
  return choice.type === 'tool' ? { tool: { name: encoding.names.of(choice.name) } } : { any: {} }
}

const CHOICES = { auto: 'auto', required: 'any', none: 'none' } as const

function encodeOwnConfig(
  request: ModelRequest,
  tools: readonly JsonObject[],
  encoding: Encoding,
): JsonObject | undefined {
  const choice = request.toolChoice
  const own = choice?.type === 'tool' ? { tool: { name: choice.name } } : choice && { [CHOICES[choice.type]]: {} }
  if (tools.length === 0 && spelling(request.native, 'tools') !== 'empty') {
    if (choice) encoding.drop('tool_choice', 'there is no tool to choose')
    return undefined
  }
  return defined({ tools: [...tools], toolChoice: own })
}
