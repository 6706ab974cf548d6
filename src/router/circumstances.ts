import { type Health, unknownHealth } from './health.ts'
import type { Prices } from './price.ts'
import type { RouteTarget } from './route.ts'

/** What a choice depends on besides the request and the rules. Only read: a choice that is not made leaves no trace. */
export interface Circumstances {
  readonly health: Health
  /** A number from 0 up to, but not, 1. */
  random(): number
  /** How many calls a group has had. */
  turnsOf(group: string): number
  /** Whom a group sends a session to. */
  heldBy(group: string, session: string): RouteTarget | undefined
  readonly prices: Prices
}

/** Nothing has happened yet, and nothing is known. */
export const fresh: Circumstances = {
  health: unknownHealth,
  random: () => 0,
  turnsOf: () => 0,
  heldBy: () => undefined,
  prices: [],
}
