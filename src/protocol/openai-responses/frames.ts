import type { JsonObject } from '../../canonical/json.ts'
import type { EncodeContext, Frame } from '../protocol.ts'
import { baseResponse } from './response.ts'

/** Numbers the events of one response, and knows what it holds so far. */
export interface Frames {
  /** The first two events; nothing once they are out. */
  start(id?: string, model?: string, rest?: JsonObject): void
  event(type: string, fields: JsonObject): void
  /** More of a text: the hot path. `place` is the JSON of the fields before `delta`, `after` of those behind it. */
  delta(type: string, place: string, text: string, after?: string): void
  /** A new place in the output. */
  nextOutput(): number
  /** A finished item at its place. */
  done(index: number, item: JsonObject): void
  /** The last event, with the whole response. */
  end(type: string, fields: JsonObject): void
  /** What was written since the last call. */
  take(): Frame[]
}

/** The events of a response for the client that left `context`. */
export function createFrames(context: EncodeContext): Frames {
  let frames: Frame[] = []
  let sequence = 0
  let outputs = 0
  let head: JsonObject | undefined
  const output: JsonObject[] = []

  const event = (type: string, fields: JsonObject): void => {
    frames.push({ event: type, data: JSON.stringify({ type, sequence_number: sequence++, ...fields }) })
  }
  const start = (id?: string, model?: string, rest?: JsonObject): void => {
    if (head) return
    const names = { id: id ?? context.id('resp_'), model: model ?? context.model }
    head = { ...baseResponse(context), ...rest, ...names }
    const response = { ...head, status: 'in_progress', output: [], usage: null }
    event('response.created', { response })
    event('response.in_progress', { response })
  }
  return {
    start,
    event(type, fields) {
      start()
      event(type, fields)
    },
    delta(type, place, text, after = '') {
      const data = `{"type":"${type}","sequence_number":${sequence++},${place},"delta":${JSON.stringify(text)}${after}}`
      frames.push({ event: type, data })
    },
    nextOutput() {
      start()
      return outputs++
    },
    done(index, item) {
      output[index] = item
      event('response.output_item.done', { output_index: index, item })
    },
    end(type, fields) {
      start()
      event(type, { response: { ...head, ...fields, output: output.filter((item) => item !== undefined) } })
    },
    take() {
      const taken = frames
      frames = []
      return taken
    },
  }
}
