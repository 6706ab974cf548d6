import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Frame, Step } from '../../protocol/protocol.ts'
import { choiceOf, chunkOf, deltaFrame, editMessages, frameWith, isDone } from './chunk.ts'
import { createThinkTagSplitter, type Piece } from './think-tags.ts'

/** A Chat stream in which what stands between `<tag>` and `</tag>` of the text is told as reasoning. */
export function splitFrames(tag: string): Step<Frame, Frame> {
  const splitter = createThinkTagSplitter(tag)
  let last: JsonObject | undefined

  const rest = (): Frame[] => (last ? framesOf(last, splitter.end()) : [])
  return {
    push(frame) {
      const chunk = chunkOf(frame)
      const choice = chunk && choiceOf(chunk)
      if (!chunk || !choice) return isDone(frame) ? [...rest(), frame] : [frame]
      const { content, ...delta } = isObject(choice.delta) ? choice.delta : {}
      const isText = typeof content === 'string'
      last = chunk
      const pieces = isText ? splitter.push(content) : []
      // What comes now stands behind the text.
      if (delta.tool_calls || choice.finish_reason) pieces.push(...splitter.end())
      if (!isText && pieces.length === 0) return [frame]
      return [...framesOf(chunk, pieces), frameWith(frame, chunk, { ...choice, delta })]
    },
    end: rest,
  }
}

/** The same for a whole reply. */
export function splitReply(body: Json, tag: string): Json {
  return editMessages(body, (message) => splitMessage(message, tag))
}

const FIELDS = { text: 'content', reasoning: 'reasoning_content' } as const

function framesOf(chunk: JsonObject, pieces: readonly Piece[]): Frame[] {
  return pieces.map((piece) => deltaFrame(chunk, { [FIELDS[piece.type]]: piece.text }))
}

function splitMessage(message: JsonObject, tag: string): JsonObject | undefined {
  if (typeof message.content !== 'string') return undefined
  const splitter = createThinkTagSplitter(tag)
  const pieces = [...splitter.push(message.content), ...splitter.end()]
  const said = (type: Piece['type']): string => pieces.map((piece) => (piece.type === type ? piece.text : '')).join('')
  const reasoning = said('reasoning')
  return reasoning === '' ? undefined : { ...message, content: said('text'), reasoning_content: reasoning }
}
