import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FunctionTool, ServerTool, Tool, ToolChoice } from '../../canonical/request.ts'
import { fromGeminiSchema } from './json-schema.ts'
import { ID, residueOf } from './residue.ts'

/** `tools`: functions, and Google's own tools, each knowing its group. */
export function decodeTools(value: Json | undefined): Tool[] {
  return list(value).flatMap((group, index) => {
    const functions = list(group.functionDeclarations).map((declaration) => decodeFunction(declaration, index))
    const others = Object.entries(group).filter(([key, tool]) => key !== 'functionDeclarations' && tool !== undefined)
    return [...functions, ...others.map(([key, tool]) => decodeServerTool(key, tool, index))]
  })
}

/** The choice that `toolConfig` makes, and what of it other protocols cannot say. */
export function decodeChoice(value: Json | undefined): { toolChoice?: ToolChoice; rest?: JsonObject } {
  if (!isObject(value)) return {}
  const config = isObject(value.functionCallingConfig) ? value.functionCallingConfig : {}
  const mode = asString(config.mode)?.toUpperCase() ?? ''
  const allowed = Array.isArray(config.allowedFunctionNames) ? config.allowedFunctionNames : []
  const [name] = allowed
  const rest = (claimed: string[]): JsonObject => {
    const { functionCallingConfig: _, ...others } = value
    const left = residueOf(config, new Set(claimed)).rest
    return Object.keys(left).length > 0 ? { ...others, functionCallingConfig: left } : others
  }
  if (mode === 'ANY' && allowed.length === 1 && typeof name === 'string') {
    return { toolChoice: { type: 'tool', name }, rest: rest(['mode', 'allowedFunctionNames']) }
  }
  const names = allowed.filter((each) => typeof each === 'string')
  if (names.length > 0 && names.length === allowed.length && (mode === 'ANY' || mode === VALIDATED)) {
    const claimed = mode === 'ANY' ? ['mode', 'allowedFunctionNames'] : ['allowedFunctionNames']
    return { toolChoice: { type: mode === 'ANY' ? 'required' : 'auto', allowed: names }, rest: rest(claimed) }
  }
  const type = TYPES[mode]
  return type ? { toolChoice: { type }, rest: rest(['mode']) } : { rest: value }
}

const TYPES: Readonly<Record<string, 'auto' | 'required' | 'none'>> = { AUTO: 'auto', ANY: 'required', NONE: 'none' }
/** The model chooses, and what it calls is valid: the names are said elsewhere, that wish is not. */
const VALIDATED = 'VALIDATED'
const CLAIMED = new Set(['name', 'description', 'parameters', 'parametersJsonSchema'])

function decodeFunction(declaration: JsonObject, group: number): FunctionTool {
  const { parameters, parametersJsonSchema } = declaration
  const description = asString(declaration.description)
  const form: JsonObject = { group }
  if (isObject(parametersJsonSchema)) form.json = true
  else form.parameters = isObject(parameters) ? parameters : 'absent'
  const own = isObject(parameters) ? fromGeminiSchema(parameters) : { type: 'object', properties: {} }
  if (isObject(form.parameters)) form.schema = own
  return {
    type: 'function',
    name: asString(declaration.name) ?? '',
    ...(description !== undefined && { description }),
    schema: isObject(parametersJsonSchema) ? parametersJsonSchema : own,
    native: residueOf(declaration, CLAIMED, form),
  }
}

function decodeServerTool(key: string, value: Json | undefined, group: number): ServerTool {
  return {
    type: 'server',
    kind: KINDS.get(key) ?? 'other',
    name: key,
    native: { protocol: ID, rest: { [key]: value }, form: { group } },
  }
}

const KINDS: ReadonlyMap<string, ServerTool['kind']> = new Map([
  ['googleSearch', 'web-search'],
  ['googleSearchRetrieval', 'web-search'],
  ['urlContext', 'web-fetch'],
  ['codeExecution', 'code-execution'],
])

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : []
}
