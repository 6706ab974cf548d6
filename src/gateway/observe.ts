import type { ModelEvent } from '../canonical/event.ts'
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
    case 'part-end': {
      const proof = event.part.type === 'reasoning' ? (event.part.signature ?? event.part.encrypted) : undefined
      if (proof) trace.signatures.push(proof)
      if (event.part.type === 'reasoning' || event.part.type === 'tool-call') trace.turn?.push(event.part)
      break
    }
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
