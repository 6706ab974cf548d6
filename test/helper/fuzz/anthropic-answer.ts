import type { Frame } from '../../../src/protocol/protocol.ts'
import { decodeSse } from '../../../src/protocol/framing/sse.ts'

type Fields = Readonly<Record<string, unknown>>

/** What of an answer, whole or streamed, an Anthropic client could not take; empty: it is well-formed to its end. */
export function answerFaults(response: Response, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  if (response.headers.get('content-type')?.includes('event-stream')) return streamFaults(framesOf(bytes))
  const body = fieldsOf(text)
  if (!body) return [`no JSON object: ${text.slice(0, 200)}`]
  return response.ok ? messageFaults(body) : errorFaults(body, response.status)
}

/** The same for the answer to `count_tokens`. */
export function countFaults(response: Response, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  const body = fieldsOf(text)
  if (!body) return [`no JSON object: ${text.slice(0, 200)}`]
  if (!response.ok) return errorFaults(body, response.status)
  return Number.isInteger(body.input_tokens) && Number(body.input_tokens) >= 0
    ? []
    : [`input_tokens: ${text.slice(0, 200)}`]
}

/** The end alone, of a stream that was relayed: what comes before it is the provider's own. */
export function endFaults(bytes: Uint8Array): string[] {
  const frames = framesOf(bytes)
  const types = frames.map((frame) => frame.event ?? fieldsOf(frame.data)?.type)
  const failed = frames.some((frame) => frame.event === 'error' || fieldsOf(frame.data)?.error)
  return types.includes('message_stop') || failed ? [] : [`ends without an end: ${types.slice(-3).join(' ')}`]
}

function messageFaults(body: Fields): string[] {
  const faults: string[] = []
  if (body.type !== 'message' || body.role !== 'assistant')
    faults.push(`type ${String(body.type)}, role ${String(body.role)}`)
  if (typeof body.id !== 'string' || body.id === '') faults.push('no id')
  if (!Array.isArray(body.content)) faults.push('content is no list')
  else faults.push(...body.content.flatMap((block: unknown, index) => blockFaults(block, index)))
  if (typeof body.stop_reason !== 'string') faults.push(`stop_reason ${String(body.stop_reason)}`)
  return [...faults, ...usageFaults(body.usage)]
}

function errorFaults(body: Fields, status: number): string[] {
  const error = body.error as Fields | undefined
  const faults = body.type === 'error' ? [] : [`an error of type ${String(body.type)}`]
  if (typeof error?.type !== 'string') faults.push('the error has no type')
  if (typeof error?.message !== 'string' || error.message === '') faults.push('the error has no message')
  if (status < 400 || status > 599) faults.push(`an error with status ${status}`)
  return faults
}

function blockFaults(block: unknown, index: number): string[] {
  const fields = block as Fields | null
  if (typeof fields !== 'object' || fields === null) return [`block ${index} is no object`]
  const wanted = TEXTS_OF_BLOCK[String(fields.type)] ?? []
  const faults = wanted.filter((key) => typeof fields[key] !== 'string').map((key) => `block ${index}: ${key}`)
  const { input } = fields
  const isCall = fields.type === 'tool_use'
  if (isCall && (typeof input !== 'object' || input === null || Array.isArray(input)))
    faults.push(`block ${index}: input`)
  return faults
}

const TEXTS_OF_BLOCK: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name'],
}

function usageFaults(usage: unknown): string[] {
  const counts = usage as Fields | null | undefined
  if (typeof counts !== 'object' || counts === null) return ['no usage']
  return ['input_tokens', 'output_tokens']
    .filter((key) => !Number.isInteger(counts[key]) || Number(counts[key]) < 0)
    .map((key) => `usage.${key}: ${String(counts[key])}`)
}

/** What an open stream has said so far. */
interface Heard {
  started: boolean
  ended: boolean
  stopReason: unknown
  next: number
  open: { readonly index: number; readonly type: unknown; json: string } | undefined
}

function streamFaults(frames: readonly Frame[]): string[] {
  const heard: Heard = { started: false, ended: false, stopReason: undefined, next: 0, open: undefined }
  const faults = frames.flatMap((frame, place) =>
    frameFaults(frame, heard).map((fault) => `event ${place} (${frame.event}): ${fault}`),
  )
  return heard.ended ? faults : [...faults, 'ends without message_stop or error']
}

function frameFaults(frame: Frame, heard: Heard): string[] {
  const data = fieldsOf(frame.data)
  if (!data) return ['data is no JSON object']
  if (data.type !== frame.event) return [`type ${String(data.type)}`]
  if (heard.ended) return ['after the end']
  const check = CHECKS[String(data.type)]
  if (!check) return ['no event of the protocol']
  return heard.started || data.type === 'message_start' || data.type === 'error' || data.type === 'ping'
    ? check(data, heard)
    : ['before message_start']
}

const CHECKS: Readonly<Record<string, (data: Fields, heard: Heard) => string[]>> = {
  ping: () => [],
  error(data, heard) {
    heard.ended = true
    return errorFaults(data, 500)
  },
  message_start({ message }, heard) {
    const again = heard.started ? ['a second one'] : []
    heard.started = true
    const fields = message as Fields | undefined
    return [...again, ...(typeof fields?.id === 'string' ? [] : ['no id']), ...usageFaults(fields?.usage)]
  },
  content_block_start({ index, content_block: block }, heard) {
    const faults = heard.open ? ['another block is open'] : []
    if (index !== heard.next) faults.push(`index ${String(index)}, expected ${heard.next}`)
    heard.next++
    heard.open = { index: Number(index), type: (block as Fields | undefined)?.type, json: '' }
    return [...faults, ...blockFaults(block, Number(index))]
  },
  content_block_delta({ index, delta }, heard) {
    if (!heard.open || heard.open.index !== index) return ['the block is not open']
    const { type, partial_json: json } = delta as Fields
    if (type === 'input_json_delta') heard.open.json += String(json)
    return DELTAS[String(type)]?.(delta as Fields) ?? []
  },
  content_block_stop({ index }, heard) {
    const { open } = heard
    heard.open = undefined
    return open?.index === index ? [] : ['the block is not open']
  },
  message_delta({ delta, usage }, heard) {
    heard.stopReason = (delta as Fields | undefined)?.stop_reason
    const faults = heard.open ? ['a block is open'] : []
    if (typeof heard.stopReason !== 'string') faults.push('no stop_reason')
    const output = (usage as Fields | undefined)?.output_tokens
    return Number.isInteger(output) ? faults : [...faults, `usage.output_tokens: ${String(output)}`]
  },
  message_stop(_, heard) {
    heard.ended = true
    return heard.stopReason === undefined ? ['before message_delta'] : []
  },
}

const DELTAS: Readonly<Record<string, (delta: Fields) => string[]>> = {
  text_delta: ({ text }) => (typeof text === 'string' ? [] : ['text']),
  thinking_delta: ({ thinking }) => (typeof thinking === 'string' ? [] : ['thinking']),
  signature_delta: ({ signature }) => (typeof signature === 'string' ? [] : ['signature']),
  input_json_delta: ({ partial_json: json }) => (typeof json === 'string' ? [] : ['partial_json']),
}

function framesOf(bytes: Uint8Array): Frame[] {
  const framing = decodeSse()
  return [...framing.push(bytes), ...framing.end()]
}

function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}
