import type { Ports } from '../../platform/ports.ts'
import { estimateInput } from '../../router/estimate.ts'
import { sessionIdOf } from '../../router/session.ts'
import type { Call } from '../call.ts'
import type { Plugin, RouteQuestion } from './plugin.ts'

/** Code of the user that may say who answers a call. */
export interface UserRouter {
  /** As sentences name it: `the plugin x`. */
  readonly name: string
  /** What it says, and the call as it wants it. */
  route(call: Call): Promise<{ readonly answer: unknown; readonly call: Call }>
  /** Hears how the call ended. */
  ended?(call: Call, outcome: { readonly body?: unknown; readonly error?: unknown }): void
}

/** The `route` of a plugin. */
export function pluginRouter({ name, route }: Plugin): ((ports: Ports) => UserRouter) | undefined {
  if (!route) return undefined
  return () => ({
    name: `the plugin ${name}`,
    route: async (call) => ({ answer: await route(questionOf(call)), call }),
  })
}

function questionOf({ request, wire, signal }: Call): RouteQuestion {
  return {
    request,
    headers: wire.headers,
    sessionId: sessionIdOf(request, wire.headers),
    get tokens() {
      return estimateInput(request)
    },
    signal,
  }
}
