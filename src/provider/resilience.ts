import type { Deadlines } from './provider.ts'

/** How often and how long a call is tried. Times are milliseconds. */
export interface RetryPolicy {
  /** Attempts at one target, the first included. */
  readonly attempts: number
  /** Attempts of one call at all targets and with all keys together. */
  readonly mostAttempts: number
  /** The pause before the second attempt; it doubles before each further one. */
  readonly pauseMs: number
  /** A pause never doubles beyond this, and who asks for a longer one is not waited for. */
  readonly longestPauseMs: number
  /** From the start of the call: no attempt begins later. */
  readonly budgetMs: number
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 3,
  mostAttempts: 8,
  pauseMs: 250,
  longestPauseMs: 10_000,
  budgetMs: 600_000,
}

/** What a rule says of the calls that it sends, over what their providers say. */
export interface Care {
  readonly retry?: Partial<RetryPolicy>
  /** 0: for ever. */
  readonly deadlines?: Deadlines
  /** After so much silence a second target is asked besides the first. */
  readonly hedgeAfterMs?: number
}

/** When something that fails is left alone, and for how long. */
export interface BreakerSettings {
  /** So many failures in a row open a circuit. */
  readonly failures: number
  /** How long it then stays open, in milliseconds; twice as long each time that the probe fails, too. */
  readonly restMs: number
  /** It never doubles beyond this. */
  readonly longestRestMs: number
}

export const DEFAULT_BREAKER: BreakerSettings = { failures: 5, restMs: 30_000, longestRestMs: 300_000 }
