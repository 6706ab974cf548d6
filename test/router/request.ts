import type { ModelRequest } from '../../src/canonical/request.ts'
import type { RequestInfo } from '../../src/router/facts.ts'
import { factsOf } from '../../src/router/facts.ts'
import type { RouteTarget, Routing, Selection } from '../../src/router/route.ts'
import { select } from '../../src/router/select.ts'

/** A request of one short prompt, with what differs. */
export function requestWith(change: Partial<ModelRequest>): ModelRequest {
  return {
    model: 'claude-opus-5-5',
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
    tools: [],
    stream: true,
    ...change,
  }
}

/** `provider,model` as a target. */
export function target(name: string): RouteTarget {
  const comma = name.indexOf(',')
  return { provider: name.slice(0, comma), model: name.slice(comma + 1) }
}

export function selectFor(
  change: Partial<ModelRequest>,
  routing: Routing,
  info: RequestInfo = { headers: {} },
): Selection {
  return select(factsOf(requestWith(change), info), routing)
}
