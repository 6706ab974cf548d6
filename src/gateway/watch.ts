import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import type { Deadlines } from '../provider/provider.ts'
import { cutError } from './cut.ts'
import type { Respondent } from './source.ts'

/** What a call waits for. `client`: not for the provider. */
export type Phase = 'connect' | 'firstByte' | 'idle' | 'client'

/** The deadlines of one call. */
export interface Watch {
  /** The call waits for this from now on, and the deadline of it starts anew. */
  enter(phase: Phase): void
  stop(): void
  /** The error to report if a deadline has passed. */
  expired(): ModelError | undefined
}

/** Calls `expire` when a deadline passes, or the call is cut. The call waits for `connect` first. */
export function watchDeadlines(
  ports: Ports,
  deadlines: Deadlines,
  who: Respondent,
  expire: (error: ModelError) => void,
): Watch {
  const limits = limitsOf(deadlines)
  const end = ports.now() + limits.total
  let phase: Phase = 'connect'
  let due = ports.now() + limits.connect
  let error: ModelError | undefined
  let wakesAt = 0
  let stopped = false
  let cancel = (): void => undefined

  const sleepOn = (): void => {
    const left = Math.min(due, end) - ports.now()
    if (left <= 0) {
      error = timeout(due <= end ? phase : 'total', limits, who)
      return expire(error)
    }
    const pause = Math.min(left, LONGEST_PAUSE_MS)
    wakesAt = ports.now() + pause
    cancel = ports.after(pause, sleepOn)
  }
  sleepOn()
  const { cutters } = ports
  const cut = (): void => {
    error ??= cutError()
    expire(error)
  }
  const place = cutters?.add(cut) ?? 0
  return {
    enter(next) {
      phase = next
      due = limits[next] === NEVER ? NEVER : ports.now() + limits[next]
      // A later deadline is seen when the earlier one wakes.
      if (stopped || due >= wakesAt) return
      cancel()
      sleepOn()
    },
    stop() {
      cancel()
      if (stopped) return
      stopped = true
      cutters?.remove(place)
    },
    expired: () => error,
  }
}

type Limits = Readonly<Record<Phase | 'total', number>>

const NEVER = Number.POSITIVE_INFINITY

/** Timers know no longer pause: they would end at once. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1

// Rows never change, so what follows from one is kept beside it.
const known = new WeakMap<Deadlines, Limits>()

function limitsOf(deadlines: Deadlines): Limits {
  const kept = known.get(deadlines)
  if (kept) return kept
  const { connectMs, firstByteMs, idleMs, totalMs } = deadlines
  const limits: Limits = {
    connect: connectMs ?? NEVER,
    firstByte: firstByteMs ?? NEVER,
    idle: idleMs ?? NEVER,
    total: totalMs ?? NEVER,
    client: NEVER,
  }
  known.set(deadlines, limits)
  return limits
}

function timeout(name: Phase | 'total', limits: Limits, who: Respondent): ModelError {
  const ms = limits[name]
  const words = WORDS[name](ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`)
  return new ModelError(`${who.provider} (${who.model}) ${words}: the call was given up`, { kind: 'timeout', ...who })
}

const WORDS: Readonly<Record<Phase | 'total', (limit: string) => string>> = {
  connect: (limit) => `could not be connected to within ${limit} (its timeouts.connect)`,
  firstByte: (limit) => `did not begin to answer within ${limit} (its timeouts.firstByte, or API_TIMEOUT_MS)`,
  idle: (limit) => `was silent for ${limit} (its timeouts.idle, or API_TIMEOUT_MS)`,
  client: () => 'was not waited for',
  total: (limit) => `did not finish within ${limit} (its timeouts.total)`,
}
