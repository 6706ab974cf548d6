import type { ModelEvent } from '../../canonical/event.ts'
import type { ModelError } from '../../canonical/error.ts'
import { asNumber, asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import { UNREADABLE } from '../framing/aws-eventstream.ts'
import { CUT } from '../framing/json-array.ts'
import type { DecodeContext, Frame, Step } from '../protocol.ts'
import { envelopeOf, searchIn } from './answer.ts'
import { createBlockReader } from './block-reader.ts'
import { exceptionInside, isException } from './error.ts'
import { failure, finishOf } from './finish.ts'
import { decodeUsage } from './usage.ts'

/** Converse's events → ours. The finish waits for the counts, which follow the reason, or for the end of the input. */
export function decodeStream(context: DecodeContext): Step<Frame, ModelEvent> {
  const reader = createBlockReader(context)
  let envelope: JsonObject = {}
  let stop: string | undefined
  let isCounted = false
  let hasBegun = false
  let isOver = false

  const fail = (error: ModelError, out: ModelEvent[]): void => {
    isOver = true
    out.push({ type: 'error', error })
  }

  const finish = (raw: string, out: ModelEvent[]): void => {
    isOver = true
    reader.close(out)
    const outcome = finishOf(raw, envelope.additionalModelResponseFields, reader.hasCalls(), context)
    if (outcome instanceof Error) out.push({ type: 'error', error: outcome })
    else out.push({ type: 'finish', reason: outcome, ...searchIn(reader.parts()), native: envelopeOf(envelope) })
  }

  const handlers: Readonly<Record<string, (payload: JsonObject, out: ModelEvent[]) => void>> = {
    contentBlockStart: (payload, out) => reader.start(indexIn(payload), objectIn(payload.start), out),
    contentBlockDelta: (payload, out) => reader.delta(indexIn(payload), objectIn(payload.delta), out),
    contentBlockStop: (payload, out) => reader.stop(indexIn(payload), out),
    messageStop: ({ stopReason, ...rest }, out) => {
      reader.close(out)
      stop = asString(stopReason) ?? 'end_turn'
      envelope = { ...envelope, ...rest }
    },
    metadata: (payload, out) => {
      isCounted = true
      envelope = { ...envelope, ...payload }
      const usage = decodeUsage(payload.usage)
      if (usage) out.push({ type: 'usage', usage })
    },
  }

  const read = ({ event = '', data }: Frame, out: ModelEvent[]): void => {
    if (event === CUT)
      return fail(failure('cut-stream', 'broke off in the middle of its answer', undefined, context), out)
    if (event === UNREADABLE)
      return fail(failure('malformed', `sent a message that cannot be read: ${data}`, undefined, context), out)
    const payload = parsed(data)
    if (isException(event)) return fail(exceptionInside(event, payload ?? data, context), out)
    if (!isObject(payload))
      return fail(failure('malformed', 'sent something that is not JSON', undefined, context), out)
    if (!hasBegun) {
      hasBegun = true
      out.push({ type: 'start' })
    }
    if (Object.hasOwn(handlers, event)) handlers[event]?.(payload, out)
    if (stop !== undefined && isCounted) finish(stop, out)
  }

  return {
    push(frame) {
      const out: ModelEvent[] = []
      if (!isOver) read(frame, out)
      return out
    },
    end() {
      const out: ModelEvent[] = []
      if (isOver) return out
      if (stop !== undefined) finish(stop, out)
      else if (hasBegun)
        fail(failure('cut-stream', 'broke off before its answer was finished', undefined, context), out)
      else fail(failure('empty-answer', 'answered nothing', undefined, context), out)
      return out
    },
  }
}

function indexIn(payload: JsonObject): number {
  return asNumber(payload.contentBlockIndex) ?? 0
}

function objectIn(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    // Reported by the caller, who knows whose answer it is.
    return undefined
  }
}
