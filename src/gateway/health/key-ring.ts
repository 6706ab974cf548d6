import { keysOf, type Provider } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Learnt } from '../learnt.ts'
import type { CircuitBoard } from './health.ts'

/**
 * Which of a provider's keys a call uses. A session stays with its key, because what a provider has cached of its prompt
 * belongs to the key's account, until the key fails; then it moves, once. New sessions go where the fewest are, and calls
 * without a session take turns. Where all keys rest, it is the one that will be ready first.
 */
export interface KeyRing {
  /** The place of the key in the provider's list; absent: the config holds none. */
  take(target: RouteTarget, session: string | undefined): number | undefined
}

export function createKeyRing(providers: readonly Provider[], board: CircuitBoard, learnt: Learnt): KeyRing {
  const counts = new Map(providers.map((provider) => [provider.name, keysOf(provider).length]))
  const turns = new Map<string, number>()
  const first = (target: RouteTarget, keys: readonly number[]): number =>
    keys
      .map((key) => ({ key, readyAt: board.conditionOfKey(target, key).readyAt }))
      .reduce((best, each) => (each.readyAt < best.readyAt ? each : best)).key
  return {
    take(target, session) {
      const { provider } = target
      const count = counts.get(provider) ?? 0
      if (count < 2) return count === 0 ? undefined : 0
      const keys = Array.from({ length: count }, (_, key) => key)
      const usable = keys.filter((key) => board.conditionOfKey(target, key).state !== 'open')
      if (usable.length === 0) return first(target, keys)
      if (session !== undefined) return seat(learnt.of(provider).seats, session, usable)
      const turn = turns.get(provider) ?? 0
      turns.set(provider, turn + 1)
      return usable[turn % usable.length]
    },
  }
}

/** More sessions than anybody has at a time; those that were not heard of for longest give up their seat. */
const MOST_SESSIONS = 5000

function seat(seats: Map<string, number>, session: string, usable: readonly number[]): number {
  const seated = seats.get(session)
  seats.delete(session)
  const key = seated !== undefined && usable.includes(seated) ? seated : leastTaken(seats, usable)
  seats.set(session, key)
  const oldest = seats.size > MOST_SESSIONS ? seats.keys().next().value : undefined
  if (oldest !== undefined) seats.delete(oldest)
  return key
}

function leastTaken(seats: ReadonlyMap<string, number>, usable: readonly number[]): number {
  const taken = new Map<number, number>()
  for (const key of seats.values()) taken.set(key, (taken.get(key) ?? 0) + 1)
  return usable.reduce((best, key) => ((taken.get(key) ?? 0) < (taken.get(best) ?? 0) ? key : best))
}
