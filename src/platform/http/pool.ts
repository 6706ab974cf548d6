import type { Connection } from './connection.ts'
import type { Way } from './way.ts'

/** Connections that wait for a next request, by their ways. */
export interface Pool {
  /** The one that was used last, which now is the caller's. */
  take(way: Way): Connection | undefined
  add(way: Way, connection: Connection, keptMs: number | undefined): void
  remove(way: Way, connection: Connection): void
}

/** What waits for longer than `IDLE_MS`, or than its server said, is closed. */
export function createPool(now: () => number): Pool {
  const waiting = new Map<Way, Waiting[]>()
  let sweep: ReturnType<typeof setTimeout> | undefined

  const closeOld = (): void => {
    sweep = undefined
    for (const [way, list] of waiting) {
      const fresh = list.filter(({ until }) => until > now())
      const old = list.filter((each) => !fresh.includes(each))
      if (fresh.length > 0) waiting.set(way, fresh)
      else waiting.delete(way)
      for (const { connection } of old) connection.close()
    }
    if (waiting.size > 0) sweepLater()
  }
  const sweepLater = (): void => {
    sweep = setTimeout(closeOld, IDLE_MS)
    sweep.unref()
  }
  return {
    take(way) {
      const list = waiting.get(way)
      for (let last = list?.pop(); last; last = list?.pop()) {
        if (last.until > now()) return last.connection
        last.connection.close()
      }
      return undefined
    },
    add(way, connection, keptMs = IDLE_MS) {
      const list = waiting.get(way) ?? []
      waiting.set(way, list)
      list.push({ connection, until: now() + Math.min(IDLE_MS, Math.max(0, keptMs - EARLIER_MS)) })
      if (!sweep) sweepLater()
    },
    remove(way, connection) {
      const list = waiting.get(way)
      const at = list?.findIndex((each) => each.connection === connection) ?? -1
      if (at >= 0) list?.splice(at, 1)
    },
  }
}

interface Waiting {
  readonly connection: Connection
  /** When it is too old, as `now` counts. */
  readonly until: number
}

/** Shorter than what servers and what stands before them commonly keep. */
const IDLE_MS = 50_000
/** A request must not meet the server's own closing on the way. */
const EARLIER_MS = 1000
