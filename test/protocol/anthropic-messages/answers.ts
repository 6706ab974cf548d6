import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import type { DecodeContext, EncodeContext, Frame, Step } from '../../../src/protocol/protocol.ts'

/** A context with ids that count up. */
export function decodeContext(more: Partial<DecodeContext> = {}): DecodeContext {
  return { provider: 'lab', model: 'claude-lab', id: counter(), ...more }
}

/** A context with ids that count up. */
export function encodeContext(): EncodeContext {
  return { created: 1_700_000_000, model: 'client-model', id: counter() }
}

/** The events of `data`, each an SSE event named by its type, and of the stream's end. */
export function decode(data: readonly JsonObject[], context = decodeContext()): ModelEvent[] {
  return run(anthropicMessages.decodeStream(context), data.map(frameOf))
}

/** The data that a client hears for `events`, and for the stream's end. */
export function encode(events: readonly ModelEvent[]): JsonObject[] {
  return run(anthropicMessages.encodeStream(encodeContext()), events).map(({ event, data }) => {
    const parsed = JSON.parse(data)
    if (parsed.type !== event) throw new Error(`event ${event} holds data of type ${parsed.type}`)
    return parsed
  })
}

/** Pushes all of `inputs`, then ends. */
export function run<In, Out>(step: Step<In, Out>, inputs: readonly In[]): Out[] {
  return [...inputs.flatMap((input) => step.push(input)), ...step.end()]
}

export function frameOf(data: JsonObject): Frame {
  return { event: String(data.type), data: JSON.stringify(data) }
}

/** `message_start` of an answer. */
export function start(more: JsonObject = {}): JsonObject {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-lab', content: [], ...more }
  return { type: 'message_start', message }
}

/** A whole block with its deltas. */
export function block(index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

/** `message_delta` and `message_stop`. */
export function end(stop_reason: string, usage: JsonObject = {}): JsonObject[] {
  return [{ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage }, { type: 'message_stop' }]
}

function counter(): (prefix: string) => string {
  let count = 0
  return (prefix) => `${prefix}${++count}`
}
