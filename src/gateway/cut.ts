import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import type { Answer, Call, Handler } from './call.ts'

/** Within this time an attempt that was cut ends and is noted, in milliseconds. */
const NOTED_WITHIN_MS = 20
/** A router that is restarted listens again by then. */
const ASK_AGAIN_AFTER_MS = 1000

/** What a client is told whose answer the router could not wait for. */
export function stoppedError(): ModelError {
  return new ModelError('the router was stopped before the answer was complete: ask again', {
    kind: 'overload',
    status: 503,
    retryAfterMs: ASK_AGAIN_AFTER_MS,
  })
}

/** The end of an attempt that the router could not wait for: nobody is to blame, and nobody else is asked. */
export function cutError(): ModelError {
  const { message, status, details } = stoppedError()
  return new ModelError(message, { ...details, status, kind: 'aborted' })
}

/** What `ask` answers to `call`, or soon after a cut the error that says so, whatever the call waits for. */
export function unlessCut(call: Call, ask: Handler, ports: Pick<Ports, 'cutters' | 'after' | 'now'>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { cutters } = ports
    const pending = ask(call)
    let isCut = false
    let isTold = false
    const tell = (): void => {
      isTold = true
      reject(stoppedError())
    }
    const cut = (): void => {
      if (!isCut) ports.after(NOTED_WITHIN_MS, tell)
      isCut = true
    }
    const place = cutters?.add(cut) ?? 0
    const answered = (answer: Answer): void => {
      cutters?.remove(place)
      if (isTold && typeof answer.body !== 'string') return answer.body.cancel()
      call.trace.firstTokenAt = ports.now()
      resolve(answer)
    }
    const failed = (cause: unknown): void => {
      cutters?.remove(place)
      reject(isCut ? stoppedError() : cause)
    }
    pending.then(answered, failed)
  })
}
