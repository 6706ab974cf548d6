import { isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Frame, Step } from '../../protocol/protocol.ts'
import type { DialectMaker } from '../dialect.ts'
import { createThinkTagSplitter, type Piece } from './think-tags.ts'

/** `extrathinktag`: models that write what they think as `<think>…</think>` into their answer (OpenAI Chat). */
export const extrathinktag: DialectMaker = () => ({
  frames: splitFrames,
  reply: (body) => (isObject(body) ? withChoices(body, splitMessage) : body),
  // Their templates leave earlier thoughts out of the conversation themselves.
  traits: () => ({ reasoningReplay: 'none' }),
})

function splitFrames(): Step<Frame, Frame> {
  const splitter = createThinkTagSplitter()
  let last: JsonObject | undefined

  const rest = (): Frame[] => (last ? framesOf(last, splitter.end()) : [])
  return {
    push(frame) {
      const chunk = chunkOf(frame)
      const choice = chunk && choiceOf(chunk)
      if (!chunk || !choice) return frame.data.trim() === '[DONE]' ? [...rest(), frame] : [frame]
      const { content, ...delta } = isObject(choice.delta) ? choice.delta : {}
      const isText = typeof content === 'string'
      last = chunk
      const pieces = isText ? splitter.push(content) : []
      // What comes now stands behind the text.
      if (delta.tool_calls || choice.finish_reason) pieces.push(...splitter.end())
      if (!isText && pieces.length === 0) return [frame]
      const others = { ...chunk, choices: [{ ...choice, delta }] }
      return [...framesOf(chunk, pieces), { ...frame, data: JSON.stringify(others) }]
    },
    end: rest,
  }
}

function chunkOf({ data }: Frame): JsonObject | undefined {
  try {
    const chunk: Json = parseJson(data)
    return isObject(chunk) ? chunk : undefined
  } catch {
    // The codec reports what is no JSON.
    return undefined
  }
}

function choiceOf({ choices }: JsonObject): JsonObject | undefined {
  const [choice] = Array.isArray(choices) ? choices : []
  return isObject(choice) ? choice : undefined
}

function framesOf(chunk: JsonObject, pieces: readonly Piece[]): Frame[] {
  return pieces.map((piece) => ({
    data: JSON.stringify({
      ...chunk,
      usage: undefined,
      choices: [{ index: 0, delta: { [FIELDS[piece.type]]: piece.text } }],
    }),
  }))
}

const FIELDS = { text: 'content', reasoning: 'reasoning_content' } as const

function splitMessage(choice: JsonObject): JsonObject {
  const { message } = choice
  if (!isObject(message) || typeof message.content !== 'string') return choice
  const splitter = createThinkTagSplitter()
  const pieces = [...splitter.push(message.content), ...splitter.end()]
  const said = (type: Piece['type']): string => pieces.map((piece) => (piece.type === type ? piece.text : '')).join('')
  const reasoning = said('reasoning')
  if (reasoning === '') return choice
  return { ...choice, message: { ...message, content: said('text'), reasoning_content: reasoning } }
}

function withChoices(body: JsonObject, edit: (choice: JsonObject) => JsonObject): JsonObject {
  const { choices } = body
  if (!Array.isArray(choices)) return body
  return { ...body, choices: choices.map((choice) => (isObject(choice) ? edit(choice) : choice)) }
}
