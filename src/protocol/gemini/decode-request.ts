import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import {
  EFFORTS,
  type Message,
  type ModelRequest,
  type OutputFormat,
  type ReasoningOption,
  type TextPart,
} from '../../canonical/request.ts'
import type { WireRequest } from '../protocol.ts'
import { toCamelCase } from './camel-case.ts'
import { createHistoryParts, type HistoryParts } from './decode-parts.ts'
import { decodeChoice, decodeTools } from './decode-tools.ts'
import { fromGeminiSchema } from './json-schema.ts'
import { decodeLogprobsOption } from './logprobs.ts'
import { joinTurns } from './model-turns.ts'
import { readPath } from './path.ts'
import { defined, flattened, ID, invalid, residueOf } from './residue.ts'

/** A client's `generateContent`, `streamGenerateContent` or `countTokens`; the model stands in the path. */
export function decodeRequest(wire: WireRequest): ModelRequest {
  const { model, action } = decodePath(wire.path)
  const asked = toCamelCase(wire.body)
  const body = action === 'countTokens' ? (objectOrNothing(asked.generateContentRequest, COUNTED) ?? asked) : asked
  const config = objectOrNothing(body.generationConfig, 'generationConfig')
  const tools = decodeTools(body.tools)
  const { toolChoice, rest: toolConfig } = decodeChoice(body.toolConfig)
  const { outputFormat, claimed } = decodeFormat(config)
  const quiet = quietIn(config ?? {})
  claimed.push(...Object.keys(quiet))
  const logprobs = decodeLogprobsOption(config ?? {})
  if (logprobs) claimed.push('responseLogprobs', 'logprobs')
  const reasoning = decodeThinking(config?.thinkingConfig)
  const system = contentOf(body.systemInstruction)
  const rest: JsonObject = {
    ...residueOf(body, CLAIMED).rest,
    ...(config && flattened('generationConfig', residueOf(config, new Set([...CLAIMED_OF_CONFIG, ...claimed])).rest)),
    ...(toolConfig && flattened('toolConfig', toolConfig)),
    // An object of which everything was claimed is no loss elsewhere; one that was empty stays for Gemini.
    ...(config && isEmpty(config) && { generationConfig: {} }),
  }
  const role = asString(system?.role)
  return {
    model,
    system: system ? textsOf(system) : [],
    messages: decodeContents(body.contents),
    tools,
    ...(toolChoice && { toolChoice }),
    ...(reasoning && { reasoning }),
    ...decodeSampling(config ?? {}),
    ...(outputFormat && { outputFormat }),
    ...(logprobs && { logprobs }),
    stream: action === 'streamGenerateContent',
    native: residueOf(rest, new Set(), {
      ...(role !== undefined && { systemRole: role }),
      ...(Object.keys(quiet).length > 0 && { quiet }),
    }),
  }
}

/** What a `thinkingConfig` asks for. */
export function decodeThinking(config: Json | undefined): ReasoningOption | undefined {
  if (!isObject(config)) return undefined
  const native = { protocol: ID, rest: {}, form: { thinkingConfig: config } } as const
  return { ...thinkingOption(config), native }
}

const CLAIMED = new Set(['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'model'])
const CLAIMED_OF_CONFIG = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'thinkingConfig',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
]

const COUNTED = 'generateContentRequest'
const ACTIONS = new Set(['generateContent', 'streamGenerateContent', 'countTokens'])

function decodePath(path: string): { model: string; action: string } {
  const read = readPath(path)
  if (read && ACTIONS.has(read.action)) return read
  throw invalid('path', `${path} is neither models/{model}:generateContent nor :streamGenerateContent nor :countTokens`)
}

function decodeContents(value: Json | undefined): Message[] {
  const parts = createHistoryParts()
  const contents = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  if (contents.length === 0) throw invalid('contents', 'contents is not specified')
  return joinTurns(contents.map((content, index) => decodeContent(content, index, parts)))
}

function decodeContent(value: Json, index: number, parts: HistoryParts): Message {
  const content = contentOf(value)
  if (!content) throw invalid(`contents[${index}]`, 'must be an object with parts')
  const role = asString(content.role)
  const form = role === 'user' || role === 'model' ? {} : { role: role ?? 'absent' }
  return {
    role: role === 'model' ? 'assistant' : role === 'system' ? 'system' : 'user',
    parts: partsOf(content, `contents[${index}].parts`).map((part) => parts.read(part)),
    native: residueOf(content, new Set(['role', 'parts']), form),
  }
}

/** A content; text alone stands for one, as the SDKs allow. */
function contentOf(value: Json | undefined): JsonObject | undefined {
  if (typeof value === 'string') return { parts: [{ text: value }] }
  return isObject(value) ? value : undefined
}

function partsOf(content: JsonObject, path: string): JsonObject[] {
  const { parts } = content
  if (parts === undefined || parts === null) return []
  return [parts].flat().map((part, index) => {
    if (typeof part === 'string') return { text: part }
    if (isObject(part)) return part
    throw invalid(`${path}[${index}]`, 'must be an object')
  })
}

function textsOf(content: JsonObject): TextPart[] {
  return partsOf(content, 'systemInstruction.parts').flatMap((part): TextPart[] => {
    if (typeof part.text !== 'string') return []
    const native = residueOf(part, new Set(['text']))
    return [{ type: 'text', text: part.text, ...(Object.keys(native.rest).length > 0 && { native }) }]
  })
}

function decodeSampling(config: JsonObject): Partial<ModelRequest> {
  const number = (name: string): number | undefined => {
    const value = config[name]
    if (value === undefined || value === null) return undefined
    const read = asNumber(value)
    if (read === undefined) throw invalid(`generationConfig.${name}`, 'must be a number')
    return read
  }
  const stops = config.stopSequences
  const stopSequences = Array.isArray(stops) ? stops.filter((stop) => typeof stop === 'string') : undefined
  return defined({
    maxOutputTokens: number('maxOutputTokens'),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    seed: number('seed'),
    stopSequences: stopSequences && stopSequences.length > 0 ? stopSequences : undefined,
  })
}

/** What says nothing that would not be so anyway. */
function quietIn(config: JsonObject): JsonObject {
  const quiet: JsonObject = {}
  if (config.candidateCount === 1) quiet.candidateCount = 1
  if (config.responseLogprobs === false) quiet.responseLogprobs = false
  return quiet
}

function decodeFormat(config: JsonObject | undefined): { outputFormat?: OutputFormat; claimed: string[] } {
  if (config?.responseMimeType !== 'application/json') return { claimed: [] }
  const { responseSchema, responseJsonSchema } = config
  if (isObject(responseJsonSchema)) {
    const native = { protocol: ID, rest: {}, form: { json: true } } as const
    return {
      outputFormat: { type: 'json-schema', schema: responseJsonSchema, native },
      claimed: ['responseMimeType', 'responseJsonSchema'],
    }
  }
  if (isObject(responseSchema)) {
    const native = { protocol: ID, rest: {}, form: { responseSchema } } as const
    return {
      outputFormat: { type: 'json-schema', schema: fromGeminiSchema(responseSchema), native },
      claimed: ['responseMimeType', 'responseSchema'],
    }
  }
  return { outputFormat: { type: 'json' }, claimed: ['responseMimeType'] }
}

function thinkingOption(config: JsonObject): ReasoningOption {
  const level = asString(config.thinkingLevel)?.toLowerCase()
  const effort = EFFORTS.find((known) => known === level)
  const budget = asNumber(config.thinkingBudget)
  const shown = config.includeThoughts === true
  if (budget === 0) return { mode: 'off' }
  if (budget !== undefined && budget > 0) return { mode: 'on', budget }
  return { ...((shown || budget !== undefined) && { mode: 'adaptive' as const }), ...(effort && { effort }) }
}

function isEmpty(object: JsonObject): boolean {
  return Object.keys(object).length === 0
}

function objectOrNothing(value: Json | undefined, path: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  throw invalid(path, 'must be an object')
}
