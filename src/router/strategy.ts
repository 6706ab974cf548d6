import type { Circumstances } from './circumstances.ts'
import type { Facts } from './facts.ts'
import { nameOfTarget } from './model-name.ts'
import { expectedCost, priceOf } from './price.ts'
import type { RouteTarget } from './route.ts'

/** How a group finds the target for a call. */
export const STRATEGIES = ['order', 'weighted', 'round-robin', 'least-latency', 'least-cost', 'least-busy'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** A member of a group: its targets in order, of which the first stands for it. */
export interface Ranked {
  readonly target: RouteTarget
  readonly targets: readonly RouteTarget[]
  readonly weight: number
}

/** Members, best first; equal ones stay in the order of the config. */
export type Ranking = (
  members: readonly Ranked[],
  group: { readonly id: string; readonly isSticky: boolean },
  facts: Facts,
  circumstances: Circumstances,
) => readonly Ranked[]

export const RANKINGS: Readonly<Record<Strategy, Ranking>> = {
  order: (members) => members,
  weighted: (members, { id, isSticky }, facts, { random }) => {
    const chanceOf = isSticky && facts.sessionId !== undefined ? sessionChance(id, facts.sessionId) : random
    // Each waits for a time that is the shorter the larger its weight is: the first to come is drawn by weight, and so on.
    return by(members, ({ target, weight }) => (weight > 0 ? -Math.log(1 - chanceOf(target)) / weight : Infinity))
  },
  'round-robin': (members, { id }, _facts, { turnsOf }) => {
    const start = turnsOf(id) % members.length
    return [...members.slice(start), ...members.slice(0, start)]
  },
  // Who has not been asked yet is asked first: nothing can be known of it otherwise.
  'least-latency': (members, _group, _facts, { health }) =>
    by(members, ({ target }) => health.latencyMs(target) ?? -Infinity),
  'least-cost': (members, _group, facts, { prices }) =>
    by(members, ({ target }) => {
      const price = priceOf(target, prices)
      return price ? expectedCost(facts.estimated, price) : Infinity
    }),
  'least-busy': (members, _group, _facts, { health }) =>
    by(members, ({ target, weight }) => (weight > 0 ? health.running(target) / weight : Infinity)),
}

function by(members: readonly Ranked[], costOf: (member: Ranked) => number): readonly Ranked[] {
  const costs = new Map(members.map((member) => [member, costOf(member)]))
  // Infinity minus itself is no number.
  return members.toSorted((one, other) => order(costs.get(one) as number, costs.get(other) as number))
}

function order(one: number, other: number): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** The same draw for a session every time, also after a restart, so that its prompt cache is found again. */
function sessionChance(group: string, session: string): (target: RouteTarget) => number {
  return (target) => fractionOf(`${group}\n${session}\n${nameOfTarget(target)}`)
}

/** FNV-1a, well stirred, as a number from 0 up to 1. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
