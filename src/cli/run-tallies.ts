import type { UsageStore } from '../store/usage-store.ts'
import { createTally, type Tally } from './summary.ts'

/** Counts the calls of a service, and adds up those of each `ccr code` that uses it. */
export interface RunTallies extends UsageStore {
  calls(): number
  /** What the calls of a run took, in one line; absent: it has made none that are remembered. */
  lineOf(run: string): string | undefined
}

/** As many runs as may go on at once, by far. */
const MOST_RUNS = 200

/** Tallies of no calls. Runs that have not called for longest are forgotten first. */
export function createRunTallies(): RunTallies {
  const tallies = new Map<string, Tally>()
  let calls = 0
  return {
    record(call) {
      calls++
      if (call.run === undefined) return
      const tally = tallies.get(call.run) ?? createTally()
      tallies.delete(call.run)
      tallies.set(call.run, tally)
      tally.record(call)
      const [oldest] = tallies.keys()
      if (tallies.size > MOST_RUNS && oldest !== undefined) tallies.delete(oldest)
    },
    calls: () => calls,
    lineOf: (run) => tallies.get(run)?.line(),
  }
}
