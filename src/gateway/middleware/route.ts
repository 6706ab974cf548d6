import type { Ports } from '../../platform/ports.ts'
import type { Middleware } from '../call.ts'
import type { Chooser } from '../chooser.ts'

/** Chooses the target of a call by the rules, and notes which one and why. */
export function createRouteMiddleware(chooser: Chooser, ports: Ports): Middleware {
  return async (call, next) => {
    const { trace, wire } = call
    const choice = chooser.choose(call.request, wire.headers)
    const { selection, sessionId } = choice
    choice.remember()
    trace.atEnd.push(() => {
      if (trace.usage) choice.learn(trace.usage)
    })
    if (sessionId !== undefined) trace.session = sessionId
    trace.target = selection.target
    trace.route = selection.route
    trace.reason = selection.reason
    trace.warnings = selection.warnings
    for (const warning of selection.warnings) ports.log('warn', warning, { call: call.id })
    return next({
      ...call,
      target: selection.target,
      ...(selection.edited && { request: selection.edited, edited: true }),
    })
  }
}
