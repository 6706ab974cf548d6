import { type Group, turningGroups } from '../router/group.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { RouteTarget } from '../router/route.ts'
import { createMemory } from './memory.ts'

/** Whom groups have sent calls to, as far as that decides about the next ones. */
export interface Balance {
  /** How many calls a group has had. */
  turnsOf(group: string): number
  /** Whom a group sends a session to. */
  heldBy(group: string, session: string | undefined): RouteTarget | undefined
  /** `target` of `group` is asked. */
  took(group: Group, session: string | undefined, target: RouteTarget): void
  /** Instead of `from`, `to` has answered: the session goes there from now on, unless it has moved already. */
  moved(group: Group, session: string | undefined, from: RouteTarget, to: RouteTarget): void
}

/** Nobody has been asked yet. */
export function createBalance(): Balance {
  const turns = createMemory<number>(MOST_GROUPS)
  const held = createMemory<RouteTarget>(MOST_SESSIONS)
  return {
    turnsOf: (group) => turns.get(group) ?? 0,
    heldBy: (group, session) => (session === undefined ? undefined : held.get(keyOf(group, session))),
    took(group, session, target) {
      if (group.isSticky && session !== undefined) {
        const key = keyOf(group.id, session)
        // A session that stays takes nobody's turn.
        if (isSame(held.get(key), target)) return
        held.set(key, target)
      }
      for (const id of turningGroups(group)) turns.set(id, (turns.get(id) ?? 0) + 1)
    },
    moved(group, session, from, to) {
      if (!group.isSticky || session === undefined) return
      const key = keyOf(group.id, session)
      // Calls of one session that fail at the same time move it once.
      if (isSame(held.get(key), from)) held.set(key, to)
    },
  }
}

const MOST_GROUPS = 1000
const MOST_SESSIONS = 10_000

function keyOf(group: string, session: string): string {
  return `${group}\n${session.slice(0, 200)}`
}

function isSame(one: RouteTarget | undefined, other: RouteTarget): boolean {
  return one !== undefined && nameOfTarget(one) === nameOfTarget(other)
}
