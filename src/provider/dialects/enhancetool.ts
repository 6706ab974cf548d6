import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Frame, Step } from '../../protocol/protocol.ts'
import type { DialectMaker } from '../dialect.ts'
import { choiceOf, chunkOf, deltaFrame, editMessages, frameWith, isDone } from './chunk.ts'
import { repairJson } from './repair-json.ts'

/**
 * `enhancetool`: arguments of tool calls that are nearly JSON become JSON (OpenAI Chat). Calls are told when they are
 * complete; what cannot be repaired, or was cut off by the output limit, stays as the model wrote it.
 */
export const enhancetool: DialectMaker = () => ({
  frames: repairFrames,
  reply: (body) => (isCut(body) ? body : editMessages(body, repairedMessage)),
})

function repairFrames(): Step<Frame, Frame> {
  let held: Json[][] = []
  let last: JsonObject | undefined

  const release = (chunk: JsonObject | undefined, isComplete: boolean): Frame[] => {
    const pieces = held
    held = []
    if (!chunk || pieces.length === 0) return []
    const repaired = isComplete ? repairedCalls(pieces.flat()) : undefined
    return (repaired ? [repaired] : pieces).map((calls) => deltaFrame(chunk, { tool_calls: calls }))
  }

  return {
    push(frame) {
      const chunk = chunkOf(frame)
      const choice = chunk && choiceOf(chunk)
      if (!chunk || !choice) return isDone(frame) ? [...release(last, true), frame] : [frame]
      last = chunk
      const { tool_calls: calls, ...delta } = isObject(choice.delta) ? choice.delta : {}
      if (Array.isArray(calls)) held.push(calls)
      const word = choice.finish_reason
      const told = word ? release(chunk, word !== 'length') : []
      return [...told, Array.isArray(calls) ? frameWith(frame, chunk, { ...choice, delta }) : frame]
    },
    end: () => release(last, false),
  }
}

interface HeldCall {
  readonly call: JsonObject
  readonly fn: JsonObject
  readonly input: string
}

/** Whole calls, if that is what the pieces make and one of them needed repair. */
function repairedCalls(pieces: readonly Json[]): Json[] | undefined {
  const calls = joined(pieces)
  const inputs = calls?.map(({ input }) => repairJson(input) ?? input)
  if (!calls || !inputs || calls.every(({ input }, index) => input === inputs[index])) return undefined
  return calls.map(({ call, fn }, index) => ({ ...call, index, function: { ...fn, arguments: inputs[index] } }))
}

/** The calls of a stream; nothing if one has no arguments as text. */
function joined(pieces: readonly Json[]): HeldCall[] | undefined {
  const calls: HeldCall[] = []
  const open = new Map<Json, number>()
  for (const piece of pieces) {
    if (!isObject(piece) || !isObject(piece.function)) return undefined
    const { arguments: text = '' } = piece.function
    if (typeof text !== 'string') return undefined
    const index = piece.index ?? 0
    const place = open.get(index)
    const before = place === undefined ? undefined : calls[place]
    // Some hosts number every call 0: another id is another call.
    const isSame = before && (!piece.id || !before.call.id || piece.id === before.call.id)
    if (before && place !== undefined && isSame) calls[place] = grown(before, piece, piece.function, text)
    else open.set(index, calls.push({ call: withValues(piece), fn: withValues(piece.function), input: text }) - 1)
  }
  return calls
}

function grown({ call, fn, input }: HeldCall, piece: JsonObject, more: JsonObject, text: string): HeldCall {
  return { call: { ...call, ...withValues(piece) }, fn: { ...fn, ...withValues(more) }, input: input + text }
}

/** Later pieces repeat keys without a value. */
function withValues(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== ''))
}

function repairedMessage(message: JsonObject): JsonObject | undefined {
  if (!Array.isArray(message.tool_calls)) return undefined
  const calls = message.tool_calls.map((call) => {
    const fn = isObject(call) && isObject(call.function) ? call.function : undefined
    const input = asString(fn?.arguments)
    return isObject(call) && fn && input !== undefined
      ? { ...call, function: { ...fn, arguments: repairJson(input) ?? input } }
      : call
  })
  return { ...message, tool_calls: calls }
}

function isCut(body: Json): boolean {
  return isObject(body) && choiceOf(body)?.finish_reason === 'length'
}
