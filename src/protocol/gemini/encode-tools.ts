import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'
import type { FunctionTool, ModelRequest } from '../../canonical/request.ts'
import { allowedNames, NOT_ALLOWED } from '../allowed-tools.ts'
import { isPlaceholder } from '../placeholder-tool.ts'
import { toGeminiParameters } from '../schema/gemini-schema.ts'
import type { Encoding } from './encoding.ts'
import { defined, ID, isOurs, spelling, withRest } from './residue.ts'

/** `tools` and `toolConfig`. */
export function encodeTools(request: ModelRequest, encoding: Encoding): JsonObject {
  if (encoding.ours) return encodeOwnTools(request, encoding)
  const allowed = allowedNames(request)
  // Only a call that must be made can be bound to some of the functions.
  const isSaid =
    request.toolChoice?.type === 'required' &&
    request.tools.some(({ type, name }) => type === 'function' && allowed?.has(name))
  const shown = isSaid ? undefined : allowed
  const declarations = request.tools.flatMap<JsonObject>((tool, index) => {
    if (tool.type !== 'function') return []
    if (!shown || shown.has(tool.name)) return encodeFunction(tool, `tools[${index}]`, request, encoding)
    encoding.drop(`tools[${index}]`, NOT_ALLOWED)
    return []
  })
  const search = encodeServerTools(request, declarations.length > 0, encoding)
  const tools: JsonObject[] = [...(declarations.length > 0 ? [{ functionDeclarations: declarations }] : []), ...search]
  const toolConfig = encodeChoice(request, declarations.length > 0, encoding)
  return defined({ tools: tools.length > 0 ? tools : undefined, toolConfig })
}

function encodeFunction(tool: FunctionTool, path: string, request: ModelRequest, encoding: Encoding): JsonObject[] {
  encoding.dropResidue(tool.native, path)
  if (isPlaceholder(tool, request)) {
    encoding.drop(path, 'a placeholder for tools that are loaded later; it is not to be called')
    return []
  }
  if (tool.deferred) encoding.drop(`${path}.defer_loading`, 'Gemini shows every tool from the beginning')
  if (tool.cache) encoding.drop(`${path}.cache_control`, 'Gemini caches prompts by itself')
  if (tool.strict) encoding.drop(`${path}.strict`, 'Gemini has no strict functions')
  const parameters = toGeminiParameters(tool.schema)
  const isEmpty = parameters.properties === undefined
  // A function without arguments has no parameters: some models refuse an object without properties.
  const note = isEmpty ? asString(parameters.description) : undefined
  const description = [tool.description, note].filter((text) => text !== undefined && text !== '').join('\n')
  return [
    {
      name: encoding.names.of(tool.name),
      ...(description !== '' && { description }),
      ...(!isEmpty && { parameters }),
    },
  ]
}

function encodeServerTools(request: ModelRequest, hasFunctions: boolean, encoding: Encoding): JsonObject[] {
  let search = false
  request.tools.forEach((tool, index) => {
    if (tool.type !== 'server') return
    const path = `tools[${index}]`
    if (tool.kind !== 'web-search') return encoding.drop(path, 'Gemini has no such tool')
    if (hasFunctions) return encoding.drop(path, 'Gemini refuses its web search together with functions')
    for (const key in tool.native.rest)
      if (!NAMES.has(key)) encoding.drop(`${path}.${key}`, "Gemini's web search has no such option")
    search = true
  })
  return search ? [{ googleSearch: {} }] : []
}

const NAMES = new Set(['type', 'name'])
const MODES = { auto: 'AUTO', required: 'ANY', none: 'NONE', tool: 'ANY' } as const

function encodeChoice(request: ModelRequest, hasFunctions: boolean, encoding: Encoding): JsonObject | undefined {
  if (request.parallelToolCalls === false && hasFunctions) {
    encoding.drop('tool_choice.disable_parallel_tool_use', 'Gemini cannot be kept from calling several functions')
  }
  const choice = request.toolChoice
  if (!choice) return undefined
  if (!hasFunctions) {
    if (choice.type !== 'auto' && choice.type !== 'none') encoding.drop('tool_choice', 'there is no function to choose')
    return undefined
  }
  const names = choice.type === 'tool' ? [choice.name] : choice.type === 'none' ? undefined : choice.allowed
  const functions = new Set(request.tools.flatMap((tool) => (tool.type === 'function' ? tool.name : [])))
  const known = names?.filter((name) => encoding.ours || choice.type === 'tool' || functions.has(name))
  // Beside AUTO Gemini refuses names.
  const isNamed = known !== undefined && known.length > 0 && (encoding.ours || choice.type !== 'auto')
  return {
    functionCallingConfig: defined({
      mode: choice.type === 'auto' && isValidated(request.native) ? undefined : MODES[choice.type],
      allowedFunctionNames: isNamed ? known.map((name) => encoding.names.of(name)) : undefined,
    }),
  }
}

/** Whether the client wished for valid calls where the model chooses to make some. */
function isValidated(native: Native | undefined): boolean {
  const config = restFor(native, ID)?.['toolConfig.functionCallingConfig']
  return isObject(config) && config.mode === 'VALIDATED'
}

/** A Gemini client's own tools, grouped as it had them. */
function encodeOwnTools(request: ModelRequest, encoding: Encoding): JsonObject {
  const groups = new Map<string, JsonObject>()
  request.tools.forEach((tool) => {
    // An added tool joins the functions that are there.
    const key = String(spelling(tool.native, 'group') ?? 0)
    const group = groups.get(key) ?? {}
    groups.set(key, group)
    if (tool.type === 'server') Object.assign(group, tool.native.rest)
    else group.functionDeclarations = [...((group.functionDeclarations ?? []) as JsonObject[]), encodeOwnFunction(tool)]
  })
  const toolConfig = encodeChoice(request, request.toolChoice !== undefined, encoding)
  return defined({ tools: groups.size > 0 ? [...groups.values()] : undefined, toolConfig })
}

function encodeOwnFunction(tool: FunctionTool): JsonObject {
  const own = defined({ name: tool.name, description: tool.description })
  const raw = spelling(tool.native, 'parameters')
  // The very schema that was made of it: nobody has edited it.
  if (isObject(raw) && spelling(tool.native, 'schema') === tool.schema)
    return withRest({ ...own, parameters: raw }, tool.native)
  if (spelling(tool.native, 'parameters') === 'absent') return withRest(own, tool.native)
  const key = isOurs(tool) && spelling(tool.native, 'json') === true ? 'parametersJsonSchema' : 'parameters'
  const parameters = key === 'parameters' ? toGeminiParameters(tool.schema) : tool.schema
  return withRest({ ...own, [key]: parameters }, tool.native)
}
