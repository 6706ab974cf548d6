import type { ModelEvent } from '../../canonical/event.ts'
import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { ToolCallPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { createJsonScan, scanJson, type JsonScan } from './json-scan.ts'

/** Puts the tool calls of one answer together, whatever way a vendor cuts and labels their pieces. */
export interface ToolCalls {
  /** Takes the `tool_calls` of one delta. */
  push(deltas: readonly Json[], out: ModelEvent[]): void
  /** Ends the calls whose arguments are whole, so that an encoder that holds one open part can go on. */
  closeWhole(out: ModelEvent[]): void
  /** Ends all calls; what came without name and arguments was filler and is forgotten. */
  finish(out: ModelEvent[]): void
  /** How many calls the client has been told of. */
  count(): number
}

/** `openPart` makes room for another part and gives its index. */
export function createToolCalls(context: DecodeContext, openPart: (out: ModelEvent[]) => number): ToolCalls {
  const calls: Call[] = []
  const byIndex = new Map<number, Call>()
  const usedIds = new Set<string>()
  let last: Call | undefined

  const find = (piece: Piece): Call | undefined => {
    const byId = () => (piece.id ? calls.find((call) => call.wireId === piece.id) : undefined)
    const found =
      piece.index === undefined
        ? piece.id
          ? byId()
          : last
        : (byIndex.get(piece.index) ?? (piece.name ? undefined : byId()))
    return found && isAnother(found, piece) ? undefined : found
  }

  const add = (piece: Piece): Call => {
    const call = createCall(piece.custom)
    calls.push(call)
    if (piece.index !== undefined) byIndex.set(piece.index, call)
    return call
  }

  const uniqueId = (wireId: string): string => {
    let id = wireId
    while (!id || usedIds.has(id)) id = context.id('call_')
    usedIds.add(id)
    return id
  }

  const start = (call: Call, out: ModelEvent[]): void => {
    // First of all: it may end other calls, and this one is none of them yet.
    call.index = openPart(out)
    call.part = {
      type: 'tool-call',
      id: uniqueId(call.wireId),
      name: context.toolNames?.get(call.name) ?? call.name,
      input: '',
      ...signatureOf(call.rest, context),
      ...((call.custom || call.rest) && {
        native: { protocol: 'openai-chat', rest: call.rest ?? {}, ...(call.custom && { form: 'custom' }) },
      }),
    }
    out.push({ type: 'part-start', index: call.index, part: call.part })
  }

  const close = (call: Call, out: ModelEvent[]): void => {
    if (!call.part) start(call, out)
    flush(call, out)
    if (call.part) out.push({ type: 'part-end', index: call.index, part: { ...call.part, input: call.input } })
    call.ended = true
  }

  const take = (piece: Piece, out: ModelEvent[]): void => {
    const call = find(piece) ?? add(piece)
    last = call
    if (!call.wireId) call.wireId = piece.id
    if (!call.name) call.name = piece.name
    call.rest ??= piece.rest
    feed(call, piece.text)
    if (!call.part && call.name && (call.wireId || call.input)) start(call, out)
    if (call.part && call.scan.filled) flush(call, out)
  }

  const finishCall = (call: Call, out: ModelEvent[]): void => {
    if (!call.ended) {
      settle(call)
      if (isFiller(call)) return
      call.name ||= 'unknown'
      close(call, out)
    } else if (!isRepeat(call.extra, call.input)) {
      // The part is closed: what came afterwards can only be a call of its own.
      const further = createCall(call.custom)
      further.name = call.name
      feed(further, call.extra)
      finishCall(further, out)
    }
  }

  return {
    push(deltas, out) {
      for (const delta of deltas) if (isObject(delta)) take(readPiece(delta), out)
    },
    closeWhole(out) {
      for (const call of calls) if (isWhole(call)) close(call, out)
    },
    finish(out) {
      for (const call of calls) finishCall(call, out)
    },
    count: () => usedIds.size,
  }
}

/** Whether one of the calls has its arguments as an object instead of a string. */
export function hasObjectArguments(deltas: readonly Json[]): boolean {
  return deltas.some((delta) => isObject(delta) && isObject(delta.function) && isObject(delta.function.arguments))
}

/** What one delta says of a call. */
interface Piece {
  readonly index?: number
  readonly id: string
  readonly name: string
  readonly text: string
  readonly custom: boolean
  /** Keys that are not known. */
  readonly rest?: JsonObject
}

interface Call {
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

function createCall(custom: boolean): Call {
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

function readPiece(delta: JsonObject): Piece {
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

const PIECE_KEYS = new Set(['index', 'id', 'type', 'function', 'custom'])

// Gemini behind a Chat endpoint signs its calls.
function signatureOf(rest: JsonObject | undefined, { provider, model }: DecodeContext) {
  const extra = rest?.extra_content
  const google = isObject(extra) ? extra.google : undefined
  const signature = isObject(google) ? asString(google.thought_signature) : undefined
  return signature === undefined ? {} : { signature, origin: { provider, model } }
}

function argumentText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

// Vendors repeat the name in each delta, give each delta a new id, or use one index for several calls.
function isAnother(call: Call, piece: Piece): boolean {
  if (!piece.name) return false
  if (piece.id && call.wireId && piece.id !== call.wireId) return true
  if (!call.name || !call.scan.complete) return false
  if (piece.name !== call.name) return true
  return piece.index === undefined && !piece.id && call.scan.filled
}

function feed(call: Call, text: string): void {
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

function flush(call: Call, out: ModelEvent[]): void {
  if (!call.unsent) return
  out.push({ type: 'part-delta', index: call.index, text: call.unsent })
  call.unsent = ''
}

/** An empty `{}` is not whole: some vendors send it first and the real arguments after it. */
function isWhole(call: Call): boolean {
  return call.part !== undefined && !call.ended && call.scan.complete && call.scan.filled && call.extra.trim() === ''
}

/** Decides about what came behind a whole value. */
function settle(call: Call): void {
  if (isRepeat(call.extra, call.input)) return
  if (call.scan.filled) {
    call.input += call.extra
    call.unsent += call.extra
    return
  }
  call.input = call.unsent = withoutRepeats(call.extra, call.input.trim())
}

function isRepeat(extra: string, input: string): boolean {
  return withoutRepeats(extra, input.trim()) === ''
}

function withoutRepeats(extra: string, value: string): string {
  let rest = extra.trim()
  while (value && rest.startsWith(value)) rest = rest.slice(value.length).trimStart()
  return rest
}

function isFiller(call: Call): boolean {
  return !call.name && (call.input.trim() === '' || call.input.trim() === '{}')
}
