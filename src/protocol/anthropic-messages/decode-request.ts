import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Message, ModelRequest, OutputFormat, Part, ReasoningPart, TextPart } from '../../canonical/request.ts'
import type { WireRequest } from '../protocol.ts'
import { decodePart, decodeText } from './parts.ts'
import {
  booleanOrNothing,
  eachAt,
  ID,
  invalid,
  leftover,
  numberOrNothing,
  objectAt,
  stringAt,
  stringOrNothing,
} from './residue.ts'
import { unseal } from '../sealed.ts'
import { decodeReasoning, effortOf, isKnownThinking } from './thinking.ts'
import { fromToolId, isSpelt } from './tool-id.ts'
import { decodeToolChoice, decodeTools } from './tools.ts'

/** A client's `POST /messages`. Throws `bad-request` with the path of the field that cannot be read. */
export function decodeRequest(wire: WireRequest): ModelRequest {
  const { body } = wire
  const system = decodeSystem(body.system)
  const choice = decodeToolChoice(body.tool_choice)
  const outputFormat = decodeFormat(body)
  const reasoning = decodeReasoning(body)
  const request: Begun = {
    model: stringAt(body.model, 'model'),
    system,
    messages: decodeMessages(body.messages),
    tools: decodeTools(body.tools),
    stream: booleanOrNothing(body.stream, 'stream') ?? false,
    native: { protocol: ID, rest: restOf(body, choice.known), form: formOf(wire, choice.rest) },
  }
  if (choice.toolChoice) request.toolChoice = choice.toolChoice
  if (choice.parallelToolCalls !== undefined) request.parallelToolCalls = choice.parallelToolCalls
  if (reasoning) request.reasoning = reasoning
  if (outputFormat) request.outputFormat = outputFormat
  addSampling(request, body)
  const userId = userIdOf(body.metadata)
  if (userId !== undefined) request.userId = userId
  return request
}

/** A request to which what the client said is still added. */
type Begun = { -readonly [Key in keyof ModelRequest]: ModelRequest[Key] }

const CLAIMED: ReadonlySet<string> = new Set([
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'thinking',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'stream',
  'metadata',
  'output_config',
  'output_format',
])
const MESSAGE: ReadonlySet<string> = new Set(['role', 'content'])
const CARRIED_HEADERS = ['anthropic-version', 'anthropic-beta'] as const

function decodeSystem(system: Json | undefined): TextPart[] {
  if (system === undefined || system === null) return []
  return typeof system === 'string' ? [{ type: 'text', text: system }] : eachAt(system, 'system', decodeInstruction)
}

function decodeInstruction(value: Json): TextPart {
  const block = objectAt(value, '')
  if (stringAt(block.type, 'type') !== 'text') throw invalid('type', "Input should be 'text'")
  return decodeText(block)
}

function decodeMessages(value: Json | undefined): Message[] {
  const messages = eachAt(value, 'messages', decodeMessage)
  if (messages.length === 0) throw invalid('messages', 'at least one message is required')
  return messages
}

function decodeMessage(value: Json): Message {
  const message = objectAt(value, '')
  const { content } = message
  const role = stringAt(message.role, 'role')
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalid('role', "Input should be 'user', 'assistant' or 'system'")
  }
  if (typeof content === 'string') {
    const native: Native = { protocol: ID, rest: leftover(message, MESSAGE) ?? {}, form: 'string' }
    return { role, parts: [{ type: 'text', text: content }], native }
  }
  const parts = unsealAll(eachAt(content, 'content', decodePart))
  // Most have nothing but these two.
  const rest = Object.keys(message).length === 2 ? undefined : leftover(message, MESSAGE)
  return rest ? { role, parts, native: { protocol: ID, rest } } : { role, parts }
}

/** Takes out of the parts what another protocol's answer had put into them on its way to the client. */
function unsealAll(parts: Part[]): Part[] {
  if (!mayBeSealed(parts)) return parts
  const signatures = new Map<string, NonNullable<ReturnType<typeof unseal>>>()
  const kept: Part[] = []
  for (const part of parts) {
    if (part.type !== 'reasoning') {
      kept.push(part)
      continue
    }
    const sealed = unseal(part.signature ?? part.encrypted ?? '')
    if (sealed?.kind === 'call' && sealed.call !== undefined) signatures.set(sealed.call, sealed)
    else kept.push(sealed ? unsealed(part, sealed) : part)
  }
  return kept.map((part) => withOwnId(part, signatures))
}

function mayBeSealed(parts: readonly Part[]): boolean {
  for (const part of parts) {
    if (part.type === 'reasoning') return true
    if ((part.type === 'tool-call' || part.type === 'tool-result') && isSpelt(part.id)) return true
  }
  return false
}

function unsealed(part: ReasoningPart, { kind, origin, value }: NonNullable<ReturnType<typeof unseal>>): Part {
  return {
    type: 'reasoning',
    text: part.text,
    ...(value !== '' && (kind === 'encrypted' ? { encrypted: value } : { signature: value })),
    ...(origin && { origin }),
  }
}

function withOwnId(part: Part, signatures?: ReadonlyMap<string, NonNullable<ReturnType<typeof unseal>>>): Part {
  if (part.type !== 'tool-call' && part.type !== 'tool-result') return part
  const id = fromToolId(part.id)
  const sealed = part.type === 'tool-call' ? signatures?.get(id) : undefined
  if (sealed) return { ...part, id, signature: sealed.value, ...(sealed.origin && { origin: sealed.origin }) } as Part
  return id === part.id ? part : { ...part, id }
}

function addSampling(request: Begun, body: JsonObject): void {
  const maxOutputTokens = numberOrNothing(body.max_tokens, 'max_tokens')
  const temperature = numberOrNothing(body.temperature, 'temperature')
  const topP = numberOrNothing(body.top_p, 'top_p')
  const topK = numberOrNothing(body.top_k, 'top_k')
  const stop = body.stop_sequences
  if (maxOutputTokens !== undefined) request.maxOutputTokens = maxOutputTokens
  if (temperature !== undefined) request.temperature = temperature
  if (topP !== undefined) request.topP = topP
  if (topK !== undefined) request.topK = topK
  if (stop === undefined || stop === null) return
  request.stopSequences = eachAt(stop, 'stop_sequences', (value) => stringAt(value, ''))
}

function decodeFormat(body: JsonObject): OutputFormat | undefined {
  const config = body.output_config
  if (isObject(config) && isSchemaFormat(config.format)) return formatOf(config.format)
  return isSchemaFormat(body.output_format) ? formatOf(body.output_format, 'output_format') : undefined
}

function isSchemaFormat(value: Json | undefined): value is JsonObject & { schema: JsonObject } {
  return isObject(value) && value.type === 'json_schema' && isObject(value.schema)
}

function formatOf(format: JsonObject & { schema: JsonObject }, form?: string): OutputFormat {
  const rest = leftover(format, new Set(['type', 'schema']))
  const native = rest || form ? ({ protocol: ID, rest: rest ?? {}, ...(form && { form }) } as Native) : undefined
  return { type: 'json-schema', schema: format.schema, ...(native && { native }) }
}

function userIdOf(metadata: Json | undefined): string | undefined {
  if (metadata === undefined || metadata === null) return undefined
  return stringOrNothing(objectAt(metadata, 'metadata').user_id, 'metadata.user_id')
}

/** Top-level keys that were not claimed, and of the claimed objects what was not. */
function restOf(body: JsonObject, choiceKnown: boolean): JsonObject {
  const rest = leftover(body, CLAIMED) ?? {}
  if (!choiceKnown) rest.tool_choice = body.tool_choice
  // The default: it says nothing that others would have to be told.
  if (rest.service_tier === 'auto') delete rest.service_tier
  if (isObject(body.thinking) && !isKnownThinking(body.thinking)) rest.thinking = body.thinking
  keepLeftover(rest, 'metadata', body.metadata, namedUser)
  keepLeftover(rest, 'output_config', body.output_config, namedConfig)
  const inConfig = isObject(body.output_config) && isSchemaFormat(body.output_config.format)
  if (body.output_format && (inConfig || !isSchemaFormat(body.output_format))) rest.output_format = body.output_format
  return rest
}

function namedUser(user: JsonObject): string[] {
  return typeof user.user_id === 'string' ? ['user_id'] : []
}

function namedConfig(config: JsonObject): string[] {
  return [...(effortOf(config) === undefined ? [] : ['effort']), ...(isSchemaFormat(config.format) ? ['format'] : [])]
}

function keepLeftover(
  rest: JsonObject,
  key: string,
  value: Json | undefined,
  claimed: (value: JsonObject) => string[],
): void {
  if (value === undefined || value === null) return
  const object = objectAt(value, key)
  const names = claimed(object)
  const more = leftover(object, new Set(names))
  if (more || names.length === 0) rest[key] = more ?? {}
}

function formOf({ body, headers, query }: WireRequest, toolChoice: JsonObject | undefined): JsonObject {
  const form: JsonObject = {}
  if (typeof body.system === 'string') form.system = 'string'
  else if (isEmptyList(body.system)) form.system = 'empty'
  if (isEmptyList(body.tools)) form.tools = 'empty'
  if (typeof body.stream !== 'boolean') form.stream = 'absent'
  const carried: JsonObject = {}
  for (const name of CARRIED_HEADERS) if (headers[name] !== undefined) carried[name] = headers[name]
  if (Object.keys(carried).length > 0) form.headers = carried
  if (query !== '') form.query = query
  if (toolChoice) form.toolChoice = toolChoice
  if (body.service_tier === 'auto') form.serviceTier = 'auto'
  return form
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0
}
