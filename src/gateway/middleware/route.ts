import { promptTokens } from '../../canonical/usage.ts'
import type { Ports } from '../../platform/ports.ts'
import { factsOf } from '../../router/facts.ts'
import type { Routing } from '../../router/route.ts'
import { select } from '../../router/select.ts'
import { conversationOf, learnInput, sessionIdOf, type SessionState } from '../../router/session.ts'
import type { Middleware } from '../call.ts'

/** Chooses the target of a call by the rules, and notes which one and why. */
export function createRouteMiddleware(routing: Routing, ports: Ports): Middleware {
  const conversations = createMemory<SessionState>(1000)
  return async (call, next) => {
    const { trace, wire } = call
    const sessionId = sessionIdOf(call.request, wire.headers)
    if (sessionId !== undefined) trace.session = sessionId
    const conversation = conversationOf(call.request, wire.headers)
    const session = conversation === undefined ? undefined : conversations.get(conversation)
    const facts = factsOf(call.request, { headers: wire.headers, ...(session && { session }) })
    const overrides = sessionId === undefined ? [] : ports.overridesOf(sessionId)
    const selection = select(facts, overrides.length > 0 ? { ...routing, overrides } : routing)
    if (conversation !== undefined && selection.session) {
      const chosen = selection.session
      conversations.set(conversation, chosen)
      trace.atEnd.push(() => {
        if (trace.usage) conversations.set(conversation, learnInput(chosen, promptTokens(trace.usage)))
      })
    }
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

/** The newest `limit` entries. */
function createMemory<Value>(limit: number): { get(key: string): Value | undefined; set(key: string, value: Value): void } {
  const entries = new Map<string, Value>()
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      const oldest = entries.keys().next().value
      if (entries.size > limit && oldest !== undefined) entries.delete(oldest)
    },
  }
}
