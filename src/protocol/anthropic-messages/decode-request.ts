import { isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Message, ModelRequest, OutputFormat, Part, ReasoningPart, TextPart } from '../../canonical/request.ts'
import type { WireRequest } from '../protocol.ts'
import { decodePart, decodeText } from './parts.ts'
import {
  arrayAt,
  booleanOrNothing,
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
import { fromToolId } from './tool-id.ts'
import { decodeToolChoice, decodeTools } from './tools.ts'

/** A client's `POST /messages`. Throws `bad-request` with the path of the field that cannot be read. */
export function decodeRequest(wire: WireRequest): ModelRequest {
  const { body } = wire
  const system = decodeSystem(body.system)
  const choice = decodeToolChoice(body.tool_choice)
  const outputFormat = decodeFormat(body)
  const reasoning = decodeReasoning(body)
  return {
    model: stringAt(body.model, 'model'),
    system,
    messages: decodeMessages(body.messages),
    tools: decodeTools(body.tools),
    ...(choice.toolChoice && { toolChoice: choice.toolChoice }),
    ...(choice.parallelToolCalls !== undefined && { parallelToolCalls: choice.parallelToolCalls }),
    ...(reasoning && { reasoning }),
    ...decodeSampling(body),
    ...(outputFormat && { outputFormat }),
    stream: booleanOrNothing(body.stream, 'stream') ?? false,
    ...decodeUser(body.metadata),
    native: { protocol: ID, rest: restOf(body, choice.known), form: formOf(wire, choice.rest) },
  }
}

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
  if (typeof system === 'string') return [{ type: 'text', text: system }]
  return arrayAt(system, 'system').map((value, index) => {
    const path = `system[${index}]`
    const block = objectAt(value, path)
    if (stringAt(block.type, path, 'type') !== 'text') throw invalid(`${path}.type`, "Input should be 'text'")
    return decodeText(block, path)
  })
}

function decodeMessages(value: Json | undefined): Message[] {
  const messages = arrayAt(value, 'messages')
  if (messages.length === 0) throw invalid('messages', 'at least one message is required')
  return messages.map((item, index) => decodeMessage(objectAt(item, `messages[${index}]`), `messages[${index}]`))
}

function decodeMessage(message: JsonObject, path: string): Message {
  const role = stringAt(message.role, path, 'role')
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalid(`${path}.role`, "Input should be 'user', 'assistant' or 'system'")
  }
  const rest = leftover(message, MESSAGE)
  if (typeof message.content === 'string') {
    const native: Native = { protocol: ID, rest: rest ?? {}, form: 'string' }
    return { role, parts: [{ type: 'text', text: message.content }], native }
  }
  const blocks = arrayAt(message.content, path, 'content')
  const parts = unsealAll(blocks.map((block, index) => decodePart(block, `${path}.content[${index}]`)))
  return rest ? { role, parts, native: { protocol: ID, rest } } : { role, parts }
}

/** Takes out of the parts what another protocol's answer had put into them on its way to the client. */
function unsealAll(parts: Part[]): Part[] {
  if (!parts.some((part) => part.type === 'reasoning')) return parts.map((part) => withOwnId(part))
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

function decodeSampling(body: JsonObject) {
  const maxOutputTokens = numberOrNothing(body.max_tokens, 'max_tokens')
  const temperature = numberOrNothing(body.temperature, 'temperature')
  const topP = numberOrNothing(body.top_p, 'top_p')
  const topK = numberOrNothing(body.top_k, 'top_k')
  const stop = body.stop_sequences
  const stopSequences =
    stop === undefined || stop === null
      ? undefined
      : arrayAt(stop, 'stop_sequences').map((value, index) => stringAt(value, `stop_sequences[${index}]`))
  return {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stopSequences && { stopSequences }),
  }
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

function decodeUser(metadata: Json | undefined): { userId?: string } {
  if (metadata === undefined || metadata === null) return {}
  const userId = stringOrNothing(objectAt(metadata, 'metadata').user_id, 'metadata.user_id')
  return userId === undefined ? {} : { userId }
}

/** Top-level keys that were not claimed, and of the claimed objects what was not. */
function restOf(body: JsonObject, choiceKnown: boolean): JsonObject {
  const rest = omit(body, CLAIMED)
  for (const key of CLAIMED) if (body[key] === null) rest[key] = null
  if (!choiceKnown) rest.tool_choice = body.tool_choice
  // The default: it says nothing that others would have to be told.
  if (rest.service_tier === 'auto') delete rest.service_tier
  if (isObject(body.thinking) && !isKnownThinking(body.thinking)) rest.thinking = body.thinking
  keepLeftover(rest, 'metadata', body.metadata, (user) => (typeof user.user_id === 'string' ? ['user_id'] : []))
  const inConfig = isObject(body.output_config) && isSchemaFormat(body.output_config.format)
  keepLeftover(rest, 'output_config', body.output_config, (config) => [
    ...(effortOf(config) === undefined ? [] : ['effort']),
    ...(inConfig ? ['format'] : []),
  ])
  if (body.output_format && (inConfig || !isSchemaFormat(body.output_format))) rest.output_format = body.output_format
  return rest
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

function formOf(wire: WireRequest, toolChoice: JsonObject | undefined): JsonObject {
  const { body } = wire
  const headers: JsonObject = {}
  for (const name of CARRIED_HEADERS) if (wire.headers[name] !== undefined) headers[name] = wire.headers[name]
  return {
    ...(typeof body.system === 'string' && { system: 'string' }),
    ...(Array.isArray(body.system) && body.system.length === 0 && { system: 'empty' }),
    ...(Array.isArray(body.tools) && body.tools.length === 0 && { tools: 'empty' }),
    ...(typeof body.stream !== 'boolean' && { stream: 'absent' }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(wire.query !== '' && { query: wire.query }),
    ...(toolChoice && { toolChoice }),
    ...(body.service_tier === 'auto' && { serviceTier: 'auto' }),
  }
}
