import { ModelError } from '../../canonical/error.ts'
import type { ErrorKind } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Middleware } from '../call.ts'

/**
 * Asks once more where the model said nothing, or wrote a tool call that nobody can read: the same question mostly
 * gets a real answer. Nothing of the first one has reached the client.
 */
export function createRetryEmpty(ports: Pick<Ports, 'log'>): Middleware {
  return async (call, next) => {
    try {
      return await next(call)
    } catch (cause) {
      if (!(cause instanceof ModelError) || !SPOILT.has(cause.kind) || call.signal.aborted) throw cause
      ports.log('warn', `${cause.message}: asking once more`, { call: call.id })
      return next(call)
    }
  }
}

const SPOILT: ReadonlySet<ErrorKind> = new Set(['empty-answer', 'malformed'])
