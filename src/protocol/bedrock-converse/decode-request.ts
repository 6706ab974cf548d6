import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import {
  EFFORTS,
  type Message,
  type ModelRequest,
  type OutputFormat,
  type TextPart,
  type Tool,
  type ToolChoice,
} from '../../canonical/request.ts'
import type { WireRequest } from '../protocol.ts'
import { decodeBlock, decodeBlocks, withCachePoint } from './decode-blocks.ts'
import { decodeFields, withEffort } from './fields.ts'
import { blockResidue, invalid, residueOf } from './residue.ts'

/** A client's request. The model stands in the path. */
export function decodeRequest({ path, body }: WireRequest): ModelRequest {
  const inference = objectOrNothing(body.inferenceConfig, 'inferenceConfig')
  const config = objectOrNothing(body.toolConfig, 'toolConfig')
  const output = objectOrNothing(body.outputConfig, 'outputConfig')
  const fields = objectOrNothing(body.additionalModelRequestFields, 'additionalModelRequestFields')
  const system = listOrNothing(body.system, 'system')
  const messages = listOrNothing(body.messages, 'messages')
  const { reasoning, topK, parallelToolCalls } = decodeFields(fields)
  const effort = EFFORTS.find((each) => each === output?.effort)
  const outputFormat = decodeFormat(output?.textFormat)
  const toolChoice = decodeChoice(config?.toolChoice)
  const tools = decodeTools(listOrNothing(config?.tools, 'toolConfig.tools') ?? [])
  const wish = withEffort(reasoning, effort)
  return {
    model: modelIn(path),
    system: decodeSystem(system ?? []),
    messages: (messages ?? []).map(decodeMessage),
    tools,
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(wish && { reasoning: wish }),
    ...decodeInference(inference),
    ...(topK !== undefined && { topK }),
    ...(outputFormat && { outputFormat }),
    stream: path.endsWith('/converse-stream'),
    native: residueOf(
      restOf(body, inference, config, output, {
        hasFormat: Boolean(outputFormat),
        hasEffort: effort !== undefined,
        hasChoice: Boolean(toolChoice),
      }),
      {
        ...(fields && { fields }),
        ...(effort !== undefined && { effort }),
        ...(messages === undefined && { messages: 'absent' }),
        ...(system?.length === 0 && { system: 'empty' }),
        ...(inference && Object.keys(inference).length === 0 && { inferenceConfig: 'empty' }),
        ...(config && tools.length === 0 && { tools: 'empty' }),
      },
    ),
  }
}

const CLAIMED: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
  'outputConfig',
])
const INFERENCE: ReadonlySet<string> = new Set(['maxTokens', 'temperature', 'topP', 'stopSequences'])

function restOf(
  body: JsonObject,
  inference: JsonObject | undefined,
  config: JsonObject | undefined,
  output: JsonObject | undefined,
  said: { readonly hasFormat: boolean; readonly hasEffort: boolean; readonly hasChoice: boolean },
): JsonObject {
  const parts = {
    inferenceConfig: inference && omit(inference, INFERENCE),
    toolConfig: config && omit(config, new Set(['tools', ...(said.hasChoice ? ['toolChoice'] : [])])),
    outputConfig:
      output &&
      omit(output, new Set([...(said.hasFormat ? ['textFormat'] : []), ...(said.hasEffort ? ['effort'] : [])])),
  }
  const left = Object.entries(parts).filter(([, rest]) => rest && Object.keys(rest).length > 0)
  return { ...omit(body, CLAIMED), ...Object.fromEntries(left) }
}

function modelIn(path: string): string {
  const name = /\/model\/([^/]+)\/converse(?:-stream)?$/.exec(path)?.[1]
  if (name === undefined) throw invalid('modelId', 'the path names no model: expected /model/{modelId}/converse')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function decodeInference(config: JsonObject | undefined): Partial<ModelRequest> {
  if (!config) return {}
  const number = (key: string): number | undefined => {
    const value = config[key]
    if (value !== undefined && value !== null && asNumber(value) === undefined)
      throw invalid(`inferenceConfig.${key}`, 'expected a number')
    return asNumber(value)
  }
  const [maxOutputTokens, temperature, topP] = [number('maxTokens'), number('temperature'), number('topP')]
  const stops = listOrNothing(config.stopSequences, 'inferenceConfig.stopSequences')
  return {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stops && { stopSequences: stops.map((stop) => stringAt(stop, 'inferenceConfig.stopSequences')) }),
  }
}

function decodeSystem(blocks: readonly Json[]): TextPart[] {
  const parts: TextPart[] = []
  blocks.forEach((value, index) => {
    const block = objectAt(value, `system[${index}]`)
    const last = parts.at(-1)
    const marked = last && isObject(block.cachePoint) ? withCachePoint(last, block.cachePoint, block) : undefined
    if (marked) return void (parts[parts.length - 1] = marked)
    const part = decodeBlock(block)
    // Instructions are texts: what is none is kept as an empty one.
    parts.push(part.type === 'text' ? part : { type: 'text', text: '', native: residueOf(block, { block: 'whole' }) })
  })
  return parts
}

function decodeMessage(value: Json, index: number): Message {
  const path = `messages[${index}]`
  const message = objectAt(value, path)
  const role = stringAt(message.role, `${path}.role`)
  const content = listOrNothing(message.content, `${path}.content`) ?? []
  const known = role === 'user' || role === 'assistant' || role === 'system' ? role : 'user'
  return {
    role: known,
    parts: decodeBlocks(content.map((block, at) => objectAt(block, `${path}.content[${at}]`))),
    native: residueOf(omit(message, MESSAGE), known === role ? undefined : { role }),
  }
}

const MESSAGE: ReadonlySet<string> = new Set(['role', 'content'])
const SPEC: ReadonlySet<string> = new Set(['name', 'description', 'inputSchema', 'strict'])

function decodeTools(list: readonly Json[]): Tool[] {
  const tools: Tool[] = []
  list.forEach((value, index) => {
    const block = objectAt(value, `toolConfig.tools[${index}]`)
    const last = tools.at(-1)
    const marked =
      last?.type === 'function' && isObject(block.cachePoint)
        ? withCachePoint(last, block.cachePoint, block)
        : undefined
    if (marked) tools[tools.length - 1] = marked
    else tools.push(decodeTool(block, `toolConfig.tools[${index}]`))
  })
  return tools
}

function decodeTool(block: JsonObject, path: string): Tool {
  const spec = block.toolSpec
  if (!isObject(spec)) {
    const named = isObject(block.systemTool) ? asString(block.systemTool.name) : undefined
    const kind =
      named === 'nova_grounding' ? 'web-search' : named === 'nova_code_interpreter' ? 'code-execution' : 'other'
    return { type: 'server', kind, name: named ?? Object.keys(block)[0] ?? 'tool', native: residueOf(block) }
  }
  const schema = objectAt(
    objectAt(spec.inputSchema, `${path}.toolSpec.inputSchema`).json,
    `${path}.toolSpec.inputSchema.json`,
  )
  const description = asString(spec.description)
  return {
    type: 'function',
    name: stringAt(spec.name, `${path}.toolSpec.name`),
    ...(description !== undefined && { description }),
    schema,
    ...(typeof spec.strict === 'boolean' && { strict: spec.strict }),
    ...blockResidue(block, 'toolSpec', SPEC),
  }
}

function decodeChoice(value: Json | undefined): ToolChoice | undefined {
  if (!isObject(value)) return undefined
  if (isObject(value.auto)) return { type: 'auto' }
  if (isObject(value.any)) return { type: 'required' }
  const name = isObject(value.tool) ? asString(value.tool.name) : undefined
  return name === undefined ? undefined : { type: 'tool', name }
}

function decodeFormat(value: Json | undefined): OutputFormat | undefined {
  const structure = isObject(value) && value.type === 'json_schema' ? value.structure : undefined
  const definition = isObject(structure) ? structure.jsonSchema : undefined
  if (!isObject(value) || !isObject(definition) || typeof definition.schema !== 'string') return undefined
  const schema = parsedObject(definition.schema)
  if (!schema) return undefined
  const name = asString(definition.name)
  const more = omit(definition, NAMED)
  const rest = { ...omit(value, FORMAT), ...(Object.keys(more).length > 0 && { structure: { jsonSchema: more } }) }
  return {
    type: 'json-schema',
    schema,
    ...(name !== undefined && { name }),
    native: residueOf(rest, { schema: definition.schema }),
  }
}

const FORMAT: ReadonlySet<string> = new Set(['type', 'structure'])
const NAMED: ReadonlySet<string> = new Set(['schema', 'name'])

function parsedObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    throw invalid('outputConfig.textFormat.structure.jsonSchema.schema', 'expected JSON')
  }
}

function objectOrNothing(value: Json | undefined, path: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : objectAt(value, path)
}

function objectAt(value: Json | undefined, path: string): JsonObject {
  if (!isObject(value)) throw invalid(path, 'expected an object')
  return value
}

function listOrNothing(value: Json | undefined, path: string): Json[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(path, 'expected a list')
  return value
}

function stringAt(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw invalid(path, 'expected a text')
  return value
}
