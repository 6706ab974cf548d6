import type { ModelEvent } from '../canonical/event.ts'
import type { ModelReply } from '../canonical/reply.ts'
import type { Part } from '../canonical/request.ts'
import { mergeUsage } from '../canonical/usage.ts'
import type { Trace } from './call.ts'

/** Whether the model has really begun to answer: from here on nobody else is asked. */
export function isReal(event: ModelEvent): boolean {
  switch (event.type) {
    case 'part-start':
      // An empty text is only announced: what breaks off here has said nothing yet.
      return (event.part.type !== 'text' && event.part.type !== 'reasoning') || event.part.text !== ''
    case 'part-delta':
      return event.text !== ''
    case 'part-end':
    case 'finish':
    case 'error':
      return true
    default:
      return false
  }
}

/** Notes in the trace what an event tells of the call. */
export function observe(event: ModelEvent, trace: Trace): void {
  switch (event.type) {
    case 'start':
      if (event.model !== undefined) trace.answered = event.model
      if (event.id !== undefined) trace.answerId = event.id
      break
    case 'usage':
      trace.usage = mergeUsage(trace.usage, event.usage)
      break
    case 'part-end':
      observePart(event.part, trace)
      break
    case 'finish':
      trace.finish = event.reason.kind
      break
    case 'error':
      trace.finish = 'error'
      trace.failure = event.error
      break
    default:
  }
}

/** Notes in the trace what a whole answer tells of the call, as its events would. */
export function observeReply({ id, model, parts, usage, finish }: ModelReply, trace: Trace): void {
  if (model !== undefined) trace.answered = model
  if (id !== undefined) trace.answerId = id
  for (const part of parts) observePart(part, trace)
  if (usage) trace.usage = mergeUsage(trace.usage, usage)
  trace.finish = finish.kind
}

function observePart(part: Part, trace: Trace): void {
  if (part.type !== 'reasoning' && part.type !== 'tool-call') return
  const proof = part.type === 'reasoning' ? (part.signature ?? part.encrypted) : undefined
  if (proof) trace.signatures.push(proof)
  trace.turn?.push(part)
}
