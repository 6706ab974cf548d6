import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import { mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { EncodeContext, Frame, Step } from '../protocol.ts'
import { encodeAnswerPart } from './encode-answer.ts'
import { encodeError, exceptionOf } from './error.ts'
import { stopReasonOf } from './finish.ts'
import { fieldsOf } from './reply.ts'
import { encodeUsage } from './usage.ts'

/** Our events → Converse's. Blocks that are told side by side keep their places apart. */
export function encodeStream(_context: EncodeContext): Step<ModelEvent, Frame> {
  const places = new Map<number, number>()
  const begun = new Map<number, Part>()
  let usage: Usage | undefined
  let hasBegun = false
  let hasCalls = false
  let isOver = false

  const placeOf = (index: number): number => {
    const place = places.get(index) ?? places.size
    places.set(index, place)
    return place
  }
  const tell = (index: number, event: string, body: JsonObject, out: Frame[]): void => {
    out.push(frame(event, { contentBlockIndex: placeOf(index), ...body }))
  }
  const begin = (out: Frame[]): void => {
    if (!hasBegun) out.push(frame('messageStart', { role: 'assistant' }))
    hasBegun = true
  }
  const write = (event: ModelEvent, out: Frame[]): void => {
    switch (event.type) {
      case 'part-start':
        begun.set(event.index, event.part)
        if (event.part.type !== 'tool-call') return
        hasCalls = true
        return tell(
          event.index,
          'contentBlockStart',
          { start: { toolUse: { toolUseId: event.part.id, name: event.part.name } } },
          out,
        )
      case 'part-delta':
        return tell(event.index, 'contentBlockDelta', { delta: deltaOf(begun.get(event.index), event.text) }, out)
      case 'part-end':
        for (const piece of endOf(event.part)) tell(event.index, piece.event, piece.body, out)
        if (places.has(event.index)) tell(event.index, 'contentBlockStop', {}, out)
        return
      case 'usage':
        usage = mergeUsage(usage, event.usage)
        return
      case 'finish':
        isOver = true
        out.push(
          frame('messageStop', {
            stopReason: stopReasonOf(event.reason, hasCalls),
            ...fieldsOf({ finish: event.reason }),
          }),
        )
        return void out.push(frame('metadata', { usage: encodeUsage(usage), metrics: { latencyMs: 0 } }))
      case 'error':
        return fail(event.error, out)
      default:
    }
  }
  const fail = (error: ModelError, out: Frame[]): void => {
    isOver = true
    out.push(frame(exceptionOf(error), { message: encodeError(error).message }))
  }

  return {
    push(event) {
      const out: Frame[] = []
      if (isOver) return out
      if (event.type !== 'error') begin(out)
      write(event, out)
      return out
    },
    end() {
      const out: Frame[] = []
      if (!isOver) fail(new ModelError('the answer broke off', { kind: 'cut-stream' }), out)
      return out
    },
  }
}

function frame(event: string, body: JsonObject): Frame {
  return { event, data: JSON.stringify(body) }
}

function deltaOf(part: Part | undefined, text: string): JsonObject {
  if (part?.type === 'reasoning') return { reasoningContent: { text } }
  return part?.type === 'tool-call' ? { toolUse: { input: text } } : { text }
}

/** What of a part is told only when it is whole. */
function endOf(part: Part): { event: string; body: JsonObject }[] {
  if (part.type === 'reasoning') {
    if (part.encrypted !== undefined) return [delta({ reasoningContent: { redactedContent: part.encrypted } })]
    return part.signature === undefined ? [] : [delta({ reasoningContent: { signature: part.signature } })]
  }
  if (part.type === 'text') return citationsOf(part).map((citation) => delta({ citation }))
  if (part.type !== 'media' && part.type !== 'native') return []
  return encodeAnswerPart(part).flatMap(piecesOf)
}

function delta(body: JsonObject): { event: string; body: JsonObject } {
  return { event: 'contentBlockDelta', body: { delta: body } }
}

function citationsOf(part: Part): JsonObject[] {
  const [block] = encodeAnswerPart(part)
  const cited = block?.citationsContent
  const citations = typeof cited === 'object' && cited && 'citations' in cited ? cited.citations : undefined
  return Array.isArray(citations) ? (citations as JsonObject[]) : []
}

function piecesOf(block: JsonObject): { event: string; body: JsonObject }[] {
  const { text, image, toolUse } = block
  if (typeof text === 'string') return [delta({ text })]
  if (typeof image === 'object' && image && 'source' in image) {
    const { format, source } = image
    return [{ event: 'contentBlockStart', body: { start: { image: { format } } } }, delta({ image: { source } })]
  }
  if (typeof toolUse === 'object' && toolUse && 'input' in toolUse) {
    const { input, ...start } = toolUse
    const written = JSON.stringify(input)
    return [{ event: 'contentBlockStart', body: { start: { toolUse: start } } }, delta({ toolUse: { input: written } })]
  }
  return []
}
