import type { Circumstances } from './circumstances.ts'
import type { Facts } from './facts.ts'
import { distinct, nameOfTarget } from './model-name.ts'
import type { RouteTarget } from './route.ts'
import { type Ranked, RANKINGS, type Strategy } from './strategy.ts'

/** Targets of which one is to answer, and how it is found. */
export interface Group {
  /** Names it among all groups, those without a name of their own too. */
  readonly id: string
  readonly strategy: Strategy
  /** Whether a session stays with the target that it was first sent to, for as long as that one answers. */
  readonly isSticky: boolean
  readonly members: readonly Member[]
}

export interface Member {
  readonly of: RouteTarget | Group
  /** Its share of the calls. 0: only if nobody else can. */
  readonly weight: number
}

/** Whom a group would ask, in order, and why the first is first. */
export interface Order {
  readonly targets: readonly RouteTarget[]
  readonly why: string
}

/**
 * The targets of a group in the order in which to ask them. Those that are left alone after failures stand last, in the
 * same order: if nobody else is there, they are asked all the same. A session stays where it is; if that target fails,
 * the first of the others takes its place, for good.
 */
export function orderOf(group: Group, facts: Facts, circumstances: Circumstances): Order {
  const ranked = distinct(rank(group, facts, circumstances))
  const isOpen = (target: RouteTarget): boolean => circumstances.health.state(target) === 'open'
  const sound = ranked.filter((target) => !isOpen(target))
  const targets = sound.length === ranked.length ? ranked : [...sound, ...ranked.filter(isOpen)]
  const held = group.isSticky ? heldOf(group, targets, facts, circumstances) : undefined
  if (held && (sound.includes(held) || sound.length === 0))
    return { targets: first(held, targets), why: `the session is at ${nameOfTarget(held)}` }
  return { targets, why: whyFirst(group, ranked, sound, held) }
}

/** The groups whose turns decide the order of `group`. */
export function turningGroups(group: Group): readonly string[] {
  const inner = group.members.flatMap(({ of }) => (isGroup(of) ? turningGroups(of) : []))
  return group.strategy === 'round-robin' ? [group.id, ...inner] : inner
}

export function isGroup(of: RouteTarget | Group): of is Group {
  return 'members' in of
}

/** All targets of a group, those of its groups too. */
export function targetsOf(group: Group): readonly RouteTarget[] {
  return distinct(group.members.flatMap(({ of }) => (isGroup(of) ? targetsOf(of) : [of])))
}

function rank(group: Group, facts: Facts, circumstances: Circumstances): readonly RouteTarget[] {
  const members = group.members.flatMap(({ of, weight }): Ranked[] => {
    const targets = isGroup(of) ? orderOf({ ...of, isSticky: false }, facts, circumstances).targets : [of]
    const [target] = targets
    return target ? [{ target, targets, weight }] : []
  })
  const ranked = members.length < 2 ? members : RANKINGS[group.strategy](members, group, facts, circumstances)
  return ranked.flatMap(({ targets }) => targets)
}

function heldOf(
  group: Group,
  targets: readonly RouteTarget[],
  facts: Facts,
  circumstances: Circumstances,
): RouteTarget | undefined {
  const held = facts.sessionId === undefined ? undefined : circumstances.heldBy(group.id, facts.sessionId)
  return held && targets.find((target) => nameOfTarget(target) === nameOfTarget(held))
}

function first(target: RouteTarget, targets: readonly RouteTarget[]): readonly RouteTarget[] {
  return [target, ...targets.filter((other) => other !== target)]
}

function whyFirst(
  { strategy, members }: Group,
  ranked: readonly RouteTarget[],
  sound: readonly RouteTarget[],
  held: RouteTarget | undefined,
): string {
  if (sound.length === 0) return 'all of its targets have failed lately'
  if (held) return `the session was at ${nameOfTarget(held)}, which has failed lately`
  if (ranked[0] && ranked[0] !== sound[0]) return `${nameOfTarget(ranked[0])} has failed lately`
  return members.length === 1 ? 'it is the only one' : WORDS[strategy]
}

const WORDS: Readonly<Record<Strategy, string>> = {
  order: 'it is the first',
  weighted: 'its weight won',
  'round-robin': 'it is its turn',
  'least-latency': 'it has answered soonest',
  'least-cost': 'it costs least',
  'least-busy': 'it has the fewest calls',
}
