import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part, ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import { encodeLine } from '../framing/sse.ts'
import type { EncodeContext, Frame } from '../protocol.ts'
import { mediaNotice, proofOf, type SentParts } from './answer.ts'
import { encodeText, encodeToolUse } from './parts.ts'
import { ID, withRest } from './residue.ts'
import { seal } from '../sealed.ts'
import { toToolId } from './tool-id.ts'

/** Writes one part as a block: at once while it is the open one, else when its turn comes. */
export interface BlockWriter {
  /** More text; written to `out`, or kept while there is none. */
  add(text: string, out: Frame[] | undefined): void
  /** The same while it is the open one, as the text of the event; nothing if it has not begun or there is nothing to add. */
  more(text: string, pieces?: readonly string[]): string | undefined
  /** The part is finished; `undefined` where the answer ended without saying so. */
  end(part: Part | undefined): void
  isComplete(): boolean
  /** Writes what is due: the start if it is due, kept text, and the stop once the part is finished. */
  resume(out: Frame[]): void
}

/** A writer for `part`; `nextIndex` gives each block that is really written its index. */
export function createBlockWriter(
  part: Part,
  context: EncodeContext,
  sent: SentParts,
  nextIndex: () => number,
): BlockWriter {
  if (part.type === 'native' || part.type === 'media' || part.type === 'tool-result')
    return wholeBlock(part, sent, nextIndex)
  const delta = DELTAS[part.type]
  let last: Part = part
  let kept = ''
  let length = 0
  let isFinished = false
  let index = -1
  let before = ''
  let lineBefore = ''
  let signed = false

  const open = (out: Frame[]): void => {
    if (part.type === 'tool-call') {
      sent.calls = true
      signed = writeCarrier(part, out, nextIndex)
    }
    index = nextIndex()
    before = `{"type":"content_block_delta","index":${index},"delta":{"type":"${delta.type}","${delta.field}":`
    lineBefore = encodeLine({ event: DELTA, data: before }).slice(0, -2)
    out.push(startFrame(index, startBlock(part, context)))
  }
  const writeText = (text: string, out: Frame[]): void => {
    if (index < 0) open(out)
    length += text.length
    out.push({ event: DELTA, data: `${before}${JSON.stringify(text)}}}` })
  }
  const close = (out: Frame[]): void => {
    const text = textOf(last)
    if (text.length > length) writeText(text.slice(length), out)
    if (last.type === 'reasoning') writeProof(last, out)
    if (last.type === 'text' && index >= 0)
      writeCitations(last.native?.protocol === ID ? last.native.rest : {}, index, out)
    if (index >= 0) out.push(stopFrame(index))
    if (last.type === 'tool-call' && !signed) writeCarrier(last, out, nextIndex)
  }
  const writeProof = (reasoning: ReasoningPart, out: Frame[]): void => {
    const proof = proofOf(reasoning)
    if (index < 0 && reasoning.encrypted !== undefined) {
      writeBlock(withRest({ type: 'redacted_thinking', data: proof ?? '' }, reasoning.native), out, nextIndex)
      return
    }
    if (index < 0 && !reasoning.signature) return
    if (index < 0) open(out)
    if (proof !== undefined) out.push(deltaFrame(index, { type: 'signature_delta', signature: proof }))
  }
  return {
    add(text, out) {
      if (out) writeText(text, out)
      else kept += text
    },
    more(text, pieces = [text]) {
      if (index < 0 || text === '') return undefined
      length += text.length
      if (NEEDS_ESCAPE.test(text)) return pieces.map((piece) => `${lineBefore}${JSON.stringify(piece)}}}\n\n`).join('')
      return `${lineBefore}"${pieces.join(`"}}\n\n${lineBefore}"`)}"}}\n\n`
    },
    end(finished) {
      isFinished = true
      if (finished && finished.type === part.type) last = finished
    },
    isComplete: () => isFinished,
    resume(out) {
      if (index < 0 && part.type === 'tool-call') open(out)
      if (kept !== '') writeText(kept, out)
      kept = ''
      if (isFinished) close(out)
    },
  }
}

const DELTA = 'content_block_delta'

/** What JSON spells otherwise; also half of a surrogate pair, which it does where the other half is missing. */
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

const DELTAS = {
  text: { type: 'text_delta', field: 'text' },
  reasoning: { type: 'thinking_delta', field: 'thinking' },
  'tool-call': { type: 'input_json_delta', field: 'partial_json' },
} as const

function startBlock(part: Part, context: EncodeContext): JsonObject {
  switch (part.type) {
    case 'text':
      return encodeText({ ...part, text: '' })
    case 'reasoning':
      return withRest({ type: 'thinking', thinking: '', signature: '' }, part.native)
    case 'tool-call':
      return encodeToolUse({ ...part, input: '' }, toToolId(part.id || context.id('toolu_')), part.name)
    default:
      return {}
  }
}

function textOf(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  return part.type === 'tool-call' ? part.input : ''
}

/** Another provider's signature of a tool call, in a block that the client brings back with the call. */
function writeCarrier(part: ToolCallPart, out: Frame[], nextIndex: () => number): boolean {
  if (part.signature === undefined) return false
  const data = seal({ kind: 'call', origin: part.origin, call: part.id, value: part.signature })
  writeBlock({ type: 'redacted_thinking', data }, out, nextIndex)
  return true
}

function writeCitations(rest: JsonObject, index: number, out: Frame[]): void {
  if (!Array.isArray(rest.citations)) return
  for (const citation of rest.citations) out.push(deltaFrame(index, { type: 'citations_delta', citation }))
}

/** A part that is only known when it is finished, or has no deltas. */
function wholeBlock(part: Part, sent: SentParts, nextIndex: () => number): BlockWriter {
  let last = part
  let isFinished = false
  return {
    add() {},
    more: () => undefined,
    end(finished) {
      isFinished = true
      last = finished ?? last
    },
    isComplete: () => isFinished,
    resume(out) {
      if (!isFinished) return
      if (last.type === 'media') writeNotice(mediaNotice(last), out, nextIndex)
      const block = last.type === 'native' ? restFor(last.native, ID) : undefined
      if (!block) return
      sent.natives = true
      writeBlock(block, out, nextIndex)
    },
  }
}

function writeNotice(text: string, out: Frame[], nextIndex: () => number): void {
  const index = nextIndex()
  out.push(
    startFrame(index, { type: 'text', text: '' }),
    deltaFrame(index, { type: 'text_delta', text }),
    stopFrame(index),
  )
}

/** A whole block. Clients take the arguments of a tool, also of the provider's own, from deltas. */
export function writeBlock(block: JsonObject, out: Frame[], nextIndex: () => number): void {
  const index = nextIndex()
  const { input } = block
  if (isObject(input) && typeof block.id === 'string') {
    out.push(startFrame(index, { ...block, input: {} }))
    out.push(deltaFrame(index, { type: 'input_json_delta', partial_json: JSON.stringify(input) }))
  } else out.push(startFrame(index, block))
  out.push(stopFrame(index))
}

function startFrame(index: number, content_block: JsonObject): Frame {
  return { event: 'content_block_start', data: JSON.stringify({ type: 'content_block_start', index, content_block }) }
}

function deltaFrame(index: number, delta: { [key: string]: Json }): Frame {
  return { event: DELTA, data: JSON.stringify({ type: 'content_block_delta', index, delta }) }
}

function stopFrame(index: number): Frame {
  return { event: 'content_block_stop', data: `{"type":"content_block_stop","index":${index}}` }
}
