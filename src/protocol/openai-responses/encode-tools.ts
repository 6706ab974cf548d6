import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, ModelRequest, ServerTool, Tool } from '../../canonical/request.ts'
import { allowedNames, NOT_ALLOWED } from '../allowed-tools.ts'
import { isOpenaiModel } from '../openai/model-names.ts'
import { toParameters } from '../openai/parameters.ts'
import { noServerTool, whyNoTool } from '../openai/server-tool.ts'
import { strictFor } from '../openai/strict.ts'
import { isPlaceholder } from '../placeholder-tool.ts'
import { describeCustom, flatCustom } from '../openai/custom-tool.ts'
import { decodeChoice } from './decode-tools.ts'
import { CACHES_ITSELF } from './encode-blocks.ts'
import { chatCustomOf, isChatCustom, type Encoding } from './encoding.ts'
import { isSame } from '../json-objects.ts'
import { defined, formOf, ID, isOurs, withRest } from './residue.ts'

/** The tools and how they may be used. */
export function encodeTools(request: ModelRequest, encoding: Encoding): JsonObject {
  const { ours, losses } = encoding
  const tools = ours ? ownTools(request.tools) : foreignTools(request, encoding)
  if (tools.length === 0 && request.tools.some(({ type }) => type === 'server'))
    throw noServerTool(request, encoding.target)
  if (tools.length === 0 && !ours) {
    const { toolChoice } = request
    if (toolChoice && toolChoice.type !== 'none') losses.drop('tool_choice', 'no tool is left to choose')
    return {}
  }
  const isSaid = tools.length > 0 || formOf(request).tools === 'empty'
  const { parallelToolCalls } = request
  return defined({
    tools: isSaid ? tools : undefined,
    tool_choice: encodeChoice(request, encoding),
    parallel_tool_calls: ours || parallelToolCalls === false ? parallelToolCalls : undefined,
  })
}

function ownTools(tools: readonly Tool[]): JsonObject[] {
  const out: JsonObject[] = []
  let open: { index: Json | undefined; tools: JsonObject[] } | undefined
  for (const tool of tools) {
    const { namespace, index, found } = formOf(tool)
    if (found === true) continue
    if (!isObject(namespace)) {
      open = undefined
      out.push(encodeOwn(tool))
    } else if (open && open.index === index) open.tools.push(encodeOwn(tool))
    else {
      open = { index, tools: [encodeOwn(tool)] }
      out.push({ ...namespace, tools: open.tools })
    }
  }
  return out
}

function encodeOwn(tool: Tool): JsonObject {
  if (tool.type === 'server') return tool.native.protocol === ID ? tool.native.rest : { type: 'web_search' }
  const { custom, name, strict, parameters, search } = formOf(tool)
  if (isObject(search)) return search
  const common = { name: asString(name) ?? tool.name, defer_loading: tool.deferred }
  if (isObject(custom)) {
    const description = tool.description === describeCustom(custom) ? custom.description : tool.description
    return withRest({ type: 'custom', ...common, description, format: custom.format }, tool)
  }
  const isAbsent = parameters === 'absent' && Object.keys(tool.schema).length === 0
  return withRest(
    {
      type: 'function',
      ...common,
      description: tool.description,
      parameters: isAbsent ? undefined : tool.schema,
      strict: tool.strict ?? (isOurs(tool) && strict === 'absent' ? undefined : false),
    },
    tool,
  )
}

function foreignTools(request: ModelRequest, encoding: Encoding): JsonObject[] {
  const shown = takesAllowed(encoding) ? undefined : allowedNames(request)
  return request.tools.flatMap((tool, index) => {
    const path = `tools[${index}]`
    if (shown && !shown.has(tool.name)) {
      encoding.losses.drop(path, NOT_ALLOWED)
      return []
    }
    if (tool.cache) encoding.losses.drop(`${path}.cache_control`, CACHES_ITSELF)
    const custom = chatCustomOf(tool)
    if (custom) return [{ ...flatCustom(custom), type: 'custom', name: encoding.names.of(tool.name) }]
    return tool.type === 'server' ? encodeServer(tool, path, encoding) : encodeFunction(tool, path, request, encoding)
  })
}

function encodeFunction(tool: FunctionTool, path: string, request: ModelRequest, encoding: Encoding): JsonObject[] {
  encoding.losses.residue(tool.native, path)
  if (isPlaceholder(tool, request)) {
    encoding.losses.drop(path, 'a placeholder for tools that are loaded later; it is not to be called')
    return []
  }
  if (tool.deferred)
    encoding.losses.drop(`${path}.defer_loading`, 'the Responses API is shown every tool from the beginning')
  const parameters = toParameters(tool.schema)
  // Absent would mean strict, which most schemas are not made for.
  const strict = strictFor(tool.strict, parameters, encoding.losses, path) ?? false
  return [
    defined({
      type: 'function',
      name: encoding.names.of(tool.name),
      description: tool.description,
      parameters,
      strict,
    }),
  ]
}

function encodeServer(tool: ServerTool, path: string, { losses }: Encoding): JsonObject[] {
  if (tool.kind !== 'web-search') {
    losses.drop(path, whyNoTool(tool, 'the Responses API'))
    return []
  }
  const { allowed_domains: domains, user_location: place, ...others } = tool.native.rest
  for (const key in others)
    if (key !== 'type' && key !== 'name') losses.drop(`${path}.${key}`, 'the web search has no such option')
  return [
    defined({
      type: 'web_search',
      filters: Array.isArray(domains) && domains.length > 0 ? { allowed_domains: domains } : undefined,
      user_location: isObject(place) ? place : undefined,
    }),
  ]
}

function encodeChoice(request: ModelRequest, encoding: Encoding): Json | undefined {
  const { toolChoice } = request
  if (!toolChoice) return undefined
  const { compaction, choice } = formOf(request)
  if (compaction === true) return choice ?? undefined
  if ('allowed' in toolChoice && toolChoice.allowed && takesAllowed(encoding))
    return encodeAllowed(toolChoice.allowed, request, encoding)
  if (toolChoice.type !== 'tool') return toolChoice.type
  const tool = request.tools.find(({ name }) => name === toolChoice.name)
  if (!encoding.ours && tool?.type === 'server') return chosenServer(tool, encoding)
  const form = tool ? formOf(tool) : {}
  const told = formOf(request).toolChoice
  const name = asString(form.name) ?? toolChoice.name
  if (isObject(told) && told.name === name) return told
  const isCustom = (encoding.ours && isObject(form.custom)) || (tool && isChatCustom(tool))
  const type = isCustom ? 'custom' : 'function'
  return { type, name: encoding.ours ? name : encoding.names.of(toolChoice.name) }
}

/** Only OpenAI's own models are known to take a choice among some of the tools. */
function takesAllowed({ ours, target }: Encoding): boolean {
  return ours || isOpenaiModel(target.model)
}

function encodeAllowed(allowed: readonly string[], request: ModelRequest, encoding: Encoding): Json {
  const told = formOf(request).toolChoice
  if (told !== undefined && isSame(decodeChoice(told), request.toolChoice)) return told
  const tools = allowed.map((name) => {
    const tool = request.tools.find((each) => each.name === name)
    if (tool?.type === 'server') return { type: encodeOwn(tool).type }
    const isCustom = tool && (isChatCustom(tool) || (encoding.ours && isObject(formOf(tool).custom)))
    return { type: isCustom ? 'custom' : 'function', name: encoding.names.of(name) }
  })
  return { type: 'allowed_tools', mode: request.toolChoice?.type, tools }
}

/** The provider's own tools are chosen by their type. */
function chosenServer(tool: ServerTool, { losses }: Encoding): Json | undefined {
  if (tool.kind === 'web-search') return { type: 'web_search' }
  losses.drop('tool_choice', `${tool.name} is not there to be chosen`)
  return undefined
}
