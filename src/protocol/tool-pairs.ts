import type { Message, ToolCallPart, ToolResultPart } from '../canonical/request.ts'

/** A tool call and its result, wherever in the history that stands. */
export interface Pair {
  readonly call: ToolCallPart
  /** Unique among the calls of its message. */
  readonly id: string
  /** Absent: nobody told the result. */
  readonly result?: ToolResultPart
  /** Where the result stands in the request. */
  readonly resultPath: string
}

/** Which result answers which call. */
export interface Pairs {
  /** The calls of an assistant message, in order. */
  callsOf(message: Message): readonly Pair[]
  /** The same, in the order of their results; those without one last. */
  resultsOf(message: Message): readonly Pair[]
  /** The pair that a call begins; absent: it stands in no message of the assistant. */
  pairOfCall(call: ToolCallPart): Pair | undefined
  /** The call that a result answers; absent: it is an orphan. */
  pairOf(result: ToolResultPart): Pair | undefined
}

/**
 * Pairs calls with results by id. A result counts for the nearest call before it, so that ids which a provider uses
 * again in a later turn stay apart. `encodeId` makes the id on the wire.
 */
export function pairTools(messages: readonly Message[], encodeId: (id: string) => string): Pairs {
  for (const { role, parts } of messages)
    if (role === 'assistant') for (const { type } of parts) if (type === 'tool-call') return pairsOf(messages, encodeId)
  return NO_PAIRS
}

const NONE: readonly Pair[] = []
const NO_PAIRS: Pairs = {
  callsOf: () => NONE,
  resultsOf: () => NONE,
  pairOfCall: () => undefined,
  pairOf: () => undefined,
}

function pairsOf(messages: readonly Message[], encodeId: (id: string) => string): Pairs {
  const open = new Map<string, Waiting>()
  const byMessage = new Map<Message, readonly OpenPair[]>()
  const byCall = new Map<ToolCallPart, OpenPair>()
  const byResult = new Map<ToolResultPart, OpenPair>()
  let order = 0
  let at = -1
  for (const message of messages) {
    at++
    if (message.role === 'assistant') {
      const pairs = openPairs(message, encodeId)
      if (!pairs) continue
      byMessage.set(message, pairs)
      for (const pair of pairs) {
        byCall.set(pair.call, pair)
        awaitResult(pair, pairs, open)
      }
      continue
    }
    let index = -1
    for (const part of message.parts) {
      index++
      if (part.type !== 'tool-result') continue
      const waiting = open.get(part.id)
      const pair = waiting?.pairs[waiting.answered]
      if (!waiting || !pair) continue
      waiting.answered++
      pair.result = part
      pair.resultPath = `messages[${at}].content[${index}]`
      pair.order = order++
      byResult.set(part, pair)
    }
  }
  return {
    callsOf: (message) => byMessage.get(message) ?? NONE,
    resultsOf(message) {
      const pairs = byMessage.get(message)
      if (!pairs) return NONE
      return pairs.length > 1 ? pairs.toSorted((first, second) => first.order - second.order) : pairs
    },
    pairOfCall: (call) => byCall.get(call),
    pairOf: (result) => byResult.get(result),
  }
}

interface OpenPair {
  readonly call: ToolCallPart
  readonly id: string
  result?: ToolResultPart
  resultPath: string
  order: number
}

/** Calls of one id in one message; results answer them in order. */
interface Waiting {
  /** All calls of the message. */
  readonly of: readonly OpenPair[]
  readonly pairs: OpenPair[]
  answered: number
}

/** A call that is asked again in a later message closes the earlier ones of that id: theirs never came. */
function awaitResult(pair: OpenPair, of: readonly OpenPair[], open: Map<string, Waiting>): void {
  const waiting = open.get(pair.call.id)
  if (waiting?.of === of) waiting.pairs.push(pair)
  else open.set(pair.call.id, { of, pairs: [pair], answered: 0 })
}

function openPairs({ parts }: Message, encodeId: (id: string) => string): readonly OpenPair[] | undefined {
  let pairs: OpenPair[] | undefined
  let used: Set<string> | undefined
  let next: Map<string, number> | undefined
  for (const part of parts) {
    if (part.type !== 'tool-call') continue
    const base = encodeId(part.id)
    let id = base
    // Most messages have one call.
    if (pairs) used ??= new Set(pairs.map((pair) => pair.id))
    if (used?.has(id)) {
      const stem = base.slice(0, 36)
      // Clients may send very many with one id: what was tried for one is not tried for the next.
      next ??= new Map()
      for (let count = next.get(stem) ?? 2; used.has(id); next.set(stem, ++count)) id = `${stem}_${count}`
    }
    used?.add(id)
    ;(pairs ??= []).push({ call: part, id, resultPath: '', order: Number.POSITIVE_INFINITY })
  }
  return pairs
}
