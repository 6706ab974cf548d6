import { ModelError } from '../../canonical/error.ts'
import type { ErrorKind } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Answer, Call } from '../call.ts'
import { forgetSince, markTrace } from '../mark-trace.ts'
import type { PlaceLayer } from '../place.ts'

/**
 * Asks once more where the model said nothing, or wrote a tool call that nobody can read: the same question mostly
 * gets a real answer. Nothing of the first one has reached the client.
 */
export function createRetryEmpty(ports: Pick<Ports, 'log' | 'now'>): PlaceLayer {
  return (_place, next) => (call) => {
    const startedAt = ports.now()
    const mark = markTrace(call.trace)
    const askAgain = (cause: unknown): Promise<Answer> => {
      if (!(cause instanceof ModelError) || !SPOILT.has(cause.kind) || call.signal.aborted) throw cause
      ports.log('warn', `${cause.message}: asking once more`, { call: call.id })
      note(call, cause, ports.now() - startedAt)
      // What was said of the spoilt answer does not hold for the next one.
      forgetSince(mark, call.trace)
      return next({ ...call, isAskedAnew: true })
    }
    return next(call).catch(askAgain)
  }
}

const SPOILT: ReadonlySet<ErrorKind> = new Set(['empty-answer', 'malformed'])

/** It was an attempt of its own, and the provider counts it. */
function note({ trace, target }: Call, error: ModelError, durationMs: number): void {
  if (!target) return
  const usage = trace.usage && { usage: trace.usage }
  trace.attempts.push({ ...target, durationMs, error: error.kind, status: error.status, ...usage })
}
