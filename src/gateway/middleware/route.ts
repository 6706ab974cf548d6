import type { Middleware } from '../call.ts'
import type { Chooser } from '../chooser.ts'
import type { Warn } from '../warn.ts'

/** Chooses the target of a call by the rules, and notes which one and why. */
export function createRouteMiddleware(chooser: Chooser, warn: Warn): Middleware {
  return async (call, next) => {
    const { trace, wire } = call
    const choice = chooser.choose(call.request, wire.headers)
    const { selection, sessionId, imageTarget } = choice
    choice.remember()
    trace.atEnd.push(() => {
      if (trace.usage) choice.learn(trace.usage)
    })
    if (sessionId !== undefined) trace.session = sessionId
    trace.target = selection.target
    trace.route = selection.route
    trace.reason = selection.reason
    trace.warnings = selection.warnings
    for (const warning of selection.warnings) warn(warning, { call: call.id })
    return next({
      ...call,
      target: selection.target,
      ...(selection.fallbacks.length > 0 && { fallbacks: selection.fallbacks }),
      calibrate: choice.calibrate,
      ...(imageTarget && { imageTarget }),
      ...(selection.edited && { request: selection.edited, edited: true }),
    })
  }
}
