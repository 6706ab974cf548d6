import type { RouteTarget } from './route.ts'

/** How a target fares, as far as calls have shown. */
export interface Health {
  /** `open`: it failed and is left alone for a while. `half-open`: it is to be tried again, carefully. */
  state(target: RouteTarget): 'closed' | 'open' | 'half-open'
  /** How long its answers take to begin, recent ones counting more; `undefined`: nobody knows yet. */
  latencyMs(target: RouteTarget): number | undefined
  /** How many calls it is answering now. */
  running(target: RouteTarget): number
}

/** Nothing is known of anybody. */
export const unknownHealth: Health = {
  state: () => 'closed',
  latencyMs: () => undefined,
  running: () => 0,
}
