import type { ModelEvent } from '../../canonical/event.ts'
import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { ToolCallPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { createJsonScan, scanJson, type JsonScan } from './json-scan.ts'

/** What one delta says of a call. */
export interface Piece {
  readonly index?: number
  readonly id: string
  readonly name: string
  readonly text: string
  readonly custom: boolean
  /** Keys that are not known. */
  readonly rest?: JsonObject
}

/** One call while it arrives. */
export interface Call {
  rest: JsonObject | undefined
  wireId: string
  /** As the provider knows it. */
  name: string
  readonly custom: boolean
  /** Index of the part; -1 until the client was told. */
  index: number
  part: ToolCallPart | undefined
  readonly scan: JsonScan
  input: string
  /** The end of `input` that the client was not told yet. */
  unsent: string
  /** What came behind a whole value: a repetition, or the real value behind an empty one. */
  extra: string
  ended: boolean
}

/** A call of which nothing has come yet. */
export function createCall(custom: boolean): Call {
  const scan = createJsonScan()
  // The input of a custom tool is any text.
  if (custom) scan.plain = scan.filled = true
  return {
    rest: undefined,
    wireId: '',
    name: '',
    custom,
    index: -1,
    part: undefined,
    scan,
    input: '',
    unsent: '',
    extra: '',
    ended: false,
  }
}

/** Reads one entry of `tool_calls`. */
export function readPiece(delta: JsonObject): Piece {
  const custom = isObject(delta.custom) ? delta.custom : undefined
  const told = custom ?? (isObject(delta.function) ? delta.function : {})
  const index = asNumber(delta.index)
  const rest = omit(delta, PIECE_KEYS)
  return {
    ...(Object.keys(rest).length > 0 && { rest }),
    ...(index !== undefined && { index }),
    id: asString(delta.id) ?? '',
    name: asString(told.name) ?? '',
    text: argumentText(custom ? custom.input : told.arguments),
    custom: custom !== undefined,
  }
}

/** Gemini behind a Chat endpoint signs its calls. */
export function signatureOf(rest: JsonObject | undefined, { provider, model }: DecodeContext) {
  const extra = rest?.extra_content
  const google = isObject(extra) ? extra.google : undefined
  const signature = isObject(google) ? asString(google.thought_signature) : undefined
  return signature === undefined ? {} : { signature, origin: { provider, model } }
}

/**
 * Whether a piece that seems to belong to `call` begins another one: vendors repeat the name in each delta, give each
 * delta a new id, or use one index for several calls.
 */
export function isAnother(call: Call, piece: Piece): boolean {
  if (!piece.name) return false
  if (piece.id && call.wireId && piece.id !== call.wireId) return true
  if (!call.name || !call.scan.complete) return false
  if (piece.name !== call.name) return true
  return piece.index === undefined && !piece.id && call.scan.filled
}

/** Takes more of the arguments. */
export function feed(call: Call, text: string): void {
  if (!text) return
  if (call.scan.complete) {
    call.extra += text
    return
  }
  const end = scanJson(call.scan, text)
  const head = end < 0 ? text : text.slice(0, end)
  if (end >= 0) call.extra = text.slice(end)
  call.input += head
  call.unsent += head
}

/** Tells the client what it was not told yet. */
export function flush(call: Call, out: ModelEvent[]): void {
  if (!call.unsent) return
  out.push({ type: 'part-delta', index: call.index, text: call.unsent })
  call.unsent = ''
}

/** Whether the arguments are all there. An empty `{}` is not: some vendors send it first and the real ones after it. */
export function isWhole(call: Call): boolean {
  return call.part !== undefined && !call.ended && call.scan.complete && call.scan.filled && call.extra.trim() === ''
}

/** Decides about what came behind a whole value; what is a call of its own is left in `extra`. */
export function settle(call: Call): void {
  if (call.custom) return
  if (call.scan.plain) {
    call.input = call.unsent = unwrapped(call.input)
    return
  }
  const extra = withoutRepeats(call.extra, call.input.trim())
  call.extra = ''
  if (extra === '') return
  if (!call.scan.filled) {
    // The empty value stood for the real one.
    Object.assign(call.scan, createJsonScan())
    call.input = call.unsent = ''
    feed(call, extra)
    settle(call)
  } else if (extra.startsWith('{')) call.extra = extra
  else {
    call.input += extra
    call.unsent += extra
  }
}

/** Whether `extra` says nothing new behind `input`. */
export function isRepeat(extra: string, input: string): boolean {
  return withoutRepeats(extra, input.trim()) === ''
}

/** Whether it never became a call: without name and arguments. */
export function isFiller(call: Call): boolean {
  return !call.name && (call.input.trim() === '' || call.input.trim() === '{}')
}

const PIECE_KEYS = new Set(['index', 'id', 'type', 'function', 'custom'])

function argumentText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

// An empty object behind a real one says nothing either.
function withoutRepeats(extra: string, value: string): string {
  let rest = extra.trim()
  for (;;) {
    const said = [value, '{}'].find((known) => known && rest.startsWith(known))
    if (said === undefined) return rest
    rest = rest.slice(said.length).trimStart()
  }
}

// Some vendors say `null` for no arguments, others quote the object once more.
function unwrapped(input: string): string {
  if (input.trim() === 'null') return '{}'
  if (!input.trim().startsWith('"')) return input
  try {
    const text: Json = JSON.parse(input)
    return typeof text === 'string' && isObject(JSON.parse(text)) ? text : input
  } catch {
    // Broken arguments are told as they came: the client sees that they are.
    return input
  }
}
