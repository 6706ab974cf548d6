import type { ModelRequest } from '../../canonical/request.ts'
import { addUsage } from '../../canonical/usage.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { Call, Trace } from '../call.ts'
import { adoptAttempts, ownTrace } from '../own-trace.ts'

/** A further round of `call`: who has answered is asked first, and every attempt counts for the call. */
export function beginRound(call: Call, request: ModelRequest): Call & { adopt(): void } {
  const { trace, fallbacks = [] } = call
  const target = trace.target ?? call.target
  const known = trace.attempts.length
  const own = ownTrace(trace)
  const chain = [...(call.target ? [call.target] : []), ...fallbacks]
  const others = chain.filter((each) => !target || nameOfTarget(each) !== nameOfTarget(target))
  return {
    ...call,
    ...(target && { target }),
    fallbacks: others,
    request,
    edited: true,
    trace: own,
    adopt() {
      adoptAttempts(trace, own, known)
      trace.warnings = [...new Set([...trace.warnings, ...own.warnings])]
      if (own.fallback) trace.fallback = true
      if (own.target) trace.target = own.target
      trace.atEnd.push(() => own.atEnd.forEach((run) => run()))
    },
  }
}

/** What a further round has taken, and how it ended. */
export function addRound(trace: Trace, own: Trace): void {
  trace.rounds = (trace.rounds ?? 1) + 1
  if (own.usage) trace.usage = addUsage(trace.usage, own.usage)
  if (own.finish !== undefined) trace.finish = own.finish
  if (own.failure) trace.failure = own.failure
}
