import type { Trace } from './call.ts'

/** Remembers what a call's trace holds before an attempt; what it gives forgets all that the attempt has noted since. */
export function markTrace(trace: Trace): () => void {
  const { reason, dropped } = trace
  const [endings, signatures] = [trace.atEnd.length, trace.signatures.length]
  return () => {
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
}
