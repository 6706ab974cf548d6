import type { ModelEvent } from '../../canonical/event.ts'
import { isObject, type Json } from '../../canonical/json.ts'
import type { DecodeContext } from '../protocol.ts'
import {
  createCall,
  feed,
  flush,
  isAnother,
  isFiller,
  isRepeat,
  isWhole,
  readPiece,
  settle,
  signatureOf,
  type Call,
  type Piece,
} from './tool-call.ts'

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
    const labelled = piece.index === undefined ? undefined : byIndex.get(piece.index)
    // An index may be wrong where the id is right.
    const strays = labelled?.wireId && piece.id && !piece.name && piece.id !== labelled.wireId
    const found =
      piece.index === undefined
        ? piece.id
          ? byId()
          : last
        : ((strays ? byId() : undefined) ?? labelled ?? (piece.name ? undefined : byId()))
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
    // Text that is no JSON value waits: its end tells what it is.
    if (call.part && call.scan.filled && (call.custom || !call.scan.plain)) flush(call, out)
  }

  const finishCall = (call: Call, out: ModelEvent[]): void => {
    if (!call.ended) {
      settle(call)
      if (isFiller(call)) return
      call.name ||= 'unknown'
      close(call, out)
    }
    if (isRepeat(call.extra, call.input)) return
    // The part is closed: what came afterwards can only be a call of its own.
    const further = createCall(call.custom)
    further.name = call.name
    feed(further, call.extra)
    finishCall(further, out)
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
