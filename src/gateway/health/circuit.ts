import type { ErrorKind } from '../../canonical/error.ts'
import type { BreakerSettings } from '../../provider/resilience.ts'

/** `closed`: in use. `open`: left alone. `half-open`: the next call is a probe that decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** A rest that begins at once, however many failures there were before. */
export interface Rest {
  readonly ms: number
  /** The provider itself said how long: to ask earlier would be in vain. */
  readonly isTold: boolean
}

/** What stands between callers and something that may be out of order. All times are milliseconds since 1970. */
export interface Circuit {
  state(now: number): CircuitState
  /** When it is worth asking again; in the past for a circuit that is not open. */
  readyAt(now: number): number
  /** Whether the provider itself wants to be left alone now; `readyAt` is then the end that it named. */
  isTold(now: number): boolean
  /** The last failure, if there was one since the last success. */
  why(): ErrorKind | undefined
  /** A call begins. In a half-open circuit it is the probe, by the mark that is given: nobody else is let in until it ends. */
  enter(now: number): number | undefined
  succeed(now: number): void
  /** Gives whether this failure opened the circuit. */
  fail(now: number, why: ErrorKind, rest?: Rest): boolean
  /** The probe of this mark has ended without a word about health: its client went away, say. */
  leave(mark: number): void
}

/** What holds for longer may have been mended meanwhile (a bill paid, say): then a probe is worth its price. */
const LONGEST_TRUST_MS = 600_000
/** A probe that is not heard of any more does not block for ever. */
const PROBE_MS = 120_000

export function createCircuit({ failures: most, restMs, longestRestMs }: BreakerSettings): Circuit {
  let failures = 0
  /** How many rests there were since the last success that nobody told. */
  let rests = 0
  /** What is told binds, what is guessed does not: neither makes the other longer. */
  let guessedUntil = 0
  let toldUntil = 0
  /** From when on a probe is let in though the provider wants to be left alone for longer. */
  let doubtedAt = 0
  let probeUntil = 0
  let reason: ErrorKind | undefined

  const isTold = (now: number): boolean => now < Math.min(toldUntil, doubtedAt)
  const isResting = (now: number): boolean => now < guessedUntil || isTold(now)
  const state = (now: number): CircuitState => {
    if (guessedUntil === 0 && toldUntil === 0) return 'closed'
    return isResting(now) || now < probeUntil ? 'open' : 'half-open'
  }
  const open = (now: number, ms: number, byProvider: boolean): void => {
    probeUntil = 0
    if (!isTold(now)) toldUntil = 0
    if (byProvider) {
      toldUntil = Math.max(toldUntil, now + ms)
      doubtedAt = now + LONGEST_TRUST_MS
    } else {
      rests += 1
      guessedUntil = Math.max(now < guessedUntil ? guessedUntil : 0, now + ms)
    }
  }
  const doubled = (ms: number): number => Math.min(ms * 2 ** Math.min(rests, 20), Math.max(ms, longestRestMs))
  return {
    state,
    readyAt: (now) => (isTold(now) ? toldUntil : Math.max(guessedUntil, toldUntil, probeUntil)),
    isTold,
    why: () => reason,
    enter(now) {
      if (state(now) !== 'half-open') return undefined
      probeUntil = now + PROBE_MS
      return probeUntil
    },
    succeed(now) {
      failures = 0
      rests = 0
      guessedUntil = 0
      probeUntil = 0
      // An answer that was on its way when the provider asked for a pause does not take that back.
      if (isTold(now)) return
      toldUntil = 0
      reason = undefined
    },
    fail(now, why, rest) {
      const before = state(now)
      const isProbe = now < probeUntil
      failures += 1
      reason = why
      if (rest) open(now, rest.isTold ? rest.ms : doubled(rest.ms), rest.isTold)
      else if (isProbe || before === 'half-open' || (before === 'closed' && failures >= most))
        open(now, doubled(restMs), false)
      return before !== 'open' && state(now) === 'open'
    },
    leave(mark) {
      if (probeUntil === mark) probeUntil = 0
    },
  }
}
