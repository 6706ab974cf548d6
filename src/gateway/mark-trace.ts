import type { Trace } from './call.ts'

/** What a call's trace holds before an attempt. */
export interface Mark {
  readonly reason: string | undefined
  readonly dropped: Trace['dropped']
  readonly endings: number
  readonly signatures: number
}

/** Remembers where a trace stands. */
export function markTrace({ reason, dropped, atEnd, signatures }: Trace): Mark {
  return { reason, dropped, endings: atEnd.length, signatures: signatures.length }
}

/** Forgets all that an attempt has noted since `mark`. */
export function forgetSince({ reason, dropped, endings, signatures }: Mark, trace: Trace): void {
  if (reason !== undefined) trace.reason = reason
  trace.dropped = dropped
  trace.relayed = false
  trace.atEnd.length = endings
  trace.signatures.length = signatures
  delete trace.turn
  delete trace.answered
  delete trace.answerId
  delete trace.key
  delete trace.usage
  delete trace.finish
  delete trace.failure
}
