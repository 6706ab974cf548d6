import type { Ports } from '../../platform/ports.ts'
import type { Prices } from '../../router/price.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Call, Middleware, Trace } from '../call.ts'
import type { Caller, Chooser } from '../chooser.ts'
import { logShadows } from '../shadow.ts'
import type { Warn } from '../warn.ts'

/** Chooses the target of a call, and whom to ask after it, by the rules, and notes which one and why. */
export function createRouteMiddleware(
  chooser: Chooser,
  warn: Warn,
  { prices = [], log }: { readonly prices?: Prices | undefined; readonly log: Ports['log'] },
): Middleware {
  return (call, next) => {
    const { trace } = call
    const choice = chooser.choose(call.request, callerOf(call))
    const { selection, sessionId, imageTargets } = choice
    const { target, fallbacks, route, care, edited, shadows, warnings } = selection
    choice.remember()
    trace.atEnd.push(() => {
      // Of several rounds the counts are no longer those of the prompt.
      if (trace.usage && !trace.rounds) choice.learn(trace.usage, trace.target ?? target)
      if (shadows.length > 0) logShadows(shadows, call, prices, log)
    })
    if (sessionId !== undefined) trace.session = sessionId
    trace.target = target
    trace.route = route
    trace.reason = selection.reason
    trace.warnings = warnings
    for (const warning of warnings) warn(warning, { call: call.id })
    const asked = next({
      ...call,
      target,
      fallbacks,
      care,
      isConfined: route.startsWith('rule:'),
      inputTokens: choice.inputTokens,
      imageTargets: imageTargets.length > 0 ? imageTargets : undefined,
      request: edited ?? call.request,
      edited: call.edited || edited !== undefined,
    })
    if (!selection.group) return asked
    return asked.then((answer) => {
      // Who was only slower than a rival keeps the session, whose prompt it holds in its cache.
      if (trace.target && !wasSlower(target, trace)) choice.answered(trace.target)
      return answer
    })
  }
}

/** Whether `target` was still being asked when another one answered. */
function wasSlower(target: RouteTarget, { attempts }: Trace): boolean {
  const name = nameOfTarget(target)
  return attempts.some((attempt) => attempt.error === 'aborted' && nameOfTarget(attempt) === name)
}

function callerOf({ wire, keyLabel, chosenBy }: Call): Caller {
  return { headers: wire.headers, keyLabel, isDecided: chosenBy !== undefined }
}
