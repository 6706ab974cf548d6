import type { ModelEvent } from '../../canonical/event.ts'
import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Part, ToolCallPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { createAnswerParts } from './answer.ts'

/** Puts the blocks of a streamed answer together. */
export interface BlockReader {
  start(index: number, start: JsonObject, out: ModelEvent[]): void
  delta(index: number, delta: JsonObject, out: ModelEvent[]): void
  stop(index: number, out: ModelEvent[]): void
  /** Ends what is open. */
  close(out: ModelEvent[]): void
  parts(): readonly Part[]
  /** Whether any of them is a call that the client shall run. */
  hasCalls(): boolean
}

/** A block that has begun. `block` is what a whole answer would hold in its place, so far. */
interface Open {
  /** Absent: it is told when it is whole. */
  readonly index?: number
  readonly kind: Kind
  /** The call that is open, its arguments still empty. */
  readonly call?: ToolCallPart
  block: JsonObject
  /** Text, or JSON of a call's arguments. */
  text: string
}

type Kind = 'text' | 'reasoning' | 'call' | 'whole'

/** Begins an answer. */
export function createBlockReader(context: DecodeContext): BlockReader {
  const readPart = createAnswerParts(context)
  const open = new Map<number, Open>()
  const parts: Part[] = []
  let count = 0

  const end = (place: number, out: ModelEvent[]): void => {
    const opened = open.get(place)
    if (!opened) return
    open.delete(place)
    const read = opened.call ? finishedCall(opened.call, opened.text) : readPart(finished(opened))
    // What has been told to begin must end, and be it empty.
    const part = read ?? (opened.index === undefined ? undefined : ({ type: 'text', text: opened.text } as const))
    if (!part) return
    const { index = count++ } = opened
    if (opened.index === undefined) out.push({ type: 'part-start', index, part })
    // Nothing and `{}` mean the same: one spelling for both.
    if (opened.kind === 'call' && opened.text === '') out.push({ type: 'part-delta', index, text: '{}' })
    out.push({ type: 'part-end', index, part })
    parts[index] = part
  }

  /** Not every model says where its texts end: the next block does. */
  const leave = (place: number, out: ModelEvent[]): void => {
    for (const [other, { kind }] of open) if (other === place || kind !== 'call') end(other, out)
  }

  const begin = (place: number, kind: Kind, block: JsonObject, out: ModelEvent[]): Open => {
    const before = open.get(place)
    if (before?.kind === kind) return before
    leave(place, out)
    const opened: Open = kind === 'whole' ? { kind, block, text: '' } : { kind, block, text: '', index: count++ }
    open.set(place, opened)
    if (opened.index !== undefined && kind !== 'call')
      out.push({ type: 'part-start', index: opened.index, part: { type: kind as 'text' | 'reasoning', text: '' } })
    return opened
  }

  const add = (opened: Open, text: string, out: ModelEvent[]): void => {
    if (text === '') return
    opened.text += text
    if (opened.index !== undefined) out.push({ type: 'part-delta', index: opened.index, text })
  }

  const startCall = (place: number, toolUse: JsonObject, out: ModelEvent[]): void => {
    leave(place, out)
    const part = readPart({ toolUse: { ...toolUse, input: {} } })
    // Calls of the provider's own, and those without a name, are nothing that a client could run.
    if (part?.type !== 'tool-call') return void open.set(place, { kind: 'whole', block: { toolUse }, text: '' })
    const index = count++
    const call = { ...part, input: '' }
    open.set(place, { kind: 'call', call, block: {}, text: '', index })
    out.push({ type: 'part-start', index, part: call })
  }

  const think = (place: number, delta: JsonObject, out: ModelEvent[]): void => {
    const { text, signature, redactedContent } = delta
    if (typeof redactedContent === 'string') {
      const opened = begin(place, 'whole', { reasoningContent: {} }, out)
      opened.block = { reasoningContent: { redactedContent: joined(opened.block, redactedContent) } }
    } else if (typeof signature === 'string' && signature !== '') {
      const opened = begin(place, 'reasoning', {}, out)
      opened.block = { ...opened.block, signature: (asString(opened.block.signature) ?? '') + signature }
    } else if (typeof text === 'string' && text !== '') add(begin(place, 'reasoning', {}, out), text, out)
  }

  const cite = (place: number, citation: JsonObject, out: ModelEvent[]): void => {
    const opened = begin(place, 'text', {}, out)
    const { citations } = opened.block
    opened.block = { citations: [...(Array.isArray(citations) ? citations : []), citation] }
  }

  return {
    start(place, start, out) {
      if (isObject(start.toolUse)) startCall(place, start.toolUse, out)
      else if (Object.keys(start).length > 0) begin(place, 'whole', start, out)
    },
    delta(place, delta, out) {
      const { text, toolUse, reasoningContent, citation, toolResult, image } = delta
      const opened = open.get(place)
      if (typeof text === 'string' && text !== '') add(begin(place, 'text', {}, out), text, out)
      if (isObject(toolUse) && opened && typeof toolUse.input === 'string') add(opened, toolUse.input, out)
      if (isObject(reasoningContent)) think(place, reasoningContent, out)
      if (isObject(citation)) cite(place, citation, out)
      if (isObject(image)) begin(place, 'whole', { image: {} }, out).block = withImage(open.get(place), image)
      if (Array.isArray(toolResult))
        begin(place, 'whole', { toolResult: {} }, out).block = withResult(open.get(place), toolResult)
    },
    stop: end,
    close(out) {
      for (const place of open.keys()) end(place, out)
    },
    parts: () => parts,
    hasCalls: () => parts.some(({ type }) => type === 'tool-call'),
  }
}

/** The block as a whole answer would hold it. */
function finished({ kind, block, text }: Open): JsonObject {
  switch (kind) {
    case 'text':
      return block.citations === undefined
        ? { text }
        : { citationsContent: { content: [{ text }], citations: block.citations } }
    case 'reasoning':
      return { reasoningContent: { reasoningText: { text, ...block } } }
    default:
      return isObject(block.toolUse) ? { toolUse: { ...block.toolUse, input: valueOf(text) } } : block
  }
}

// Its id is given out already, and its arguments may be broken JSON, which is for the client to see.
function finishedCall(call: ToolCallPart, text: string): Part {
  return { ...call, input: text === '' ? '{}' : text }
}

function valueOf(text: string): Json {
  try {
    return text === '' ? {} : parseJson(text)
  } catch {
    // Kept as the text that it is.
    return text
  }
}

// Each piece is base64 of its own.
function joined(block: JsonObject, piece: string): string {
  const before = isObject(block.reasoningContent) ? asString(block.reasoningContent.redactedContent) : undefined
  return before === undefined ? piece : before.replace(/=+$/, '') + piece
}

function withImage(opened: Open | undefined, delta: JsonObject): JsonObject {
  const image = isObject(opened?.block.image) ? opened.block.image : {}
  return { image: { ...image, ...delta } }
}

function withResult(opened: Open | undefined, pieces: readonly Json[]): JsonObject {
  const result = isObject(opened?.block.toolResult) ? opened.block.toolResult : {}
  const content = Array.isArray(result.content) ? result.content : []
  return { toolResult: { ...result, content: [...content, ...pieces] } }
}
