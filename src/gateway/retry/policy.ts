import { ERROR_POLICIES, type ModelError } from '../../canonical/error.ts'
import type { RetryPolicy } from '../../provider/resilience.ts'

/** Nobody waits longer for a target while another one could be asked. */
const PATIENCE_MS = 1000
const ATTEMPTS_BESIDE_OTHERS = 2

/** In which situation a target is asked. */
export interface Situation {
  /** Attempts at this target so far. */
  readonly attempts: number
  /** Attempts of the call so far, at all targets. */
  readonly allAttempts: number
  /** Since the start of the call. */
  readonly elapsedMs: number
  /** Whether this target is the last that can be asked. */
  readonly isAlone: boolean
  /** A client that repeats a failed request by itself sets the pace: it is not multiplied. */
  readonly isRepeated: boolean
  /** Whether the provider has another key that can be used. */
  readonly hasOtherKey: boolean
}

/** The pause before the same target is asked again, in milliseconds; absent: it is not. `random` is from 0 to 1. */
export function pauseBeforeRetry(
  error: ModelError,
  situation: Situation,
  policy: RetryPolicy,
  random: number,
): number | undefined {
  const { again, blames } = ERROR_POLICIES[error.kind]
  const isOver = situation.allAttempts >= policy.mostAttempts || situation.elapsedMs >= policy.budgetMs
  if (isOver) return undefined
  if (situation.hasOtherKey && (blames === 'key' || blames === 'key-at-model')) return 0
  const { shouldRetry, isLasting } = error.details
  if (shouldRetry === false || isLasting || !mayRepeat(situation, policy)) return undefined
  if (again !== 'later' && !(again === 'if-alone' && situation.isAlone)) return undefined
  const pause = Math.max(error.details.retryAfterMs ?? 0, backoff(situation.attempts, policy, random))
  return isWorthWaiting(pause, situation, policy) ? pause : undefined
}

/** Whether so long a pause is better than asking somebody else, or telling the client. */
export function isWorthWaiting(
  pauseMs: number,
  { isAlone, elapsedMs }: Pick<Situation, 'isAlone' | 'elapsedMs'>,
  { longestPauseMs, budgetMs }: RetryPolicy,
): boolean {
  const longest = isAlone ? longestPauseMs : Math.min(PATIENCE_MS, longestPauseMs)
  return pauseMs <= longest && elapsedMs + pauseMs < budgetMs
}

function mayRepeat({ attempts, isAlone, isRepeated }: Situation, policy: RetryPolicy): boolean {
  const most = isAlone ? policy.attempts : Math.min(policy.attempts, ATTEMPTS_BESIDE_OTHERS)
  return attempts < most && !isRepeated
}

/** Between half of the doubled pause and all of it, so that calls that failed together do not come back together. */
function backoff(attempts: number, { pauseMs, longestPauseMs }: RetryPolicy, random: number): number {
  const most = Math.min(pauseMs * 2 ** (attempts - 1), longestPauseMs)
  return Math.round(most * (0.5 + random / 2))
}
