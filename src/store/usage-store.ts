import type { ErrorKind } from '../canonical/error.ts'
import type { Usage } from '../canonical/usage.ts'

/** One finished call: what was asked, who answered, what it took. Never holds a text of the conversation. */
export interface CallRecord {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
  /** Until the first word of the answer; absent if none came. */
  readonly firstTokenMs?: number | undefined
  /** The client's user agent. */
  readonly client?: string | undefined
  readonly session?: string | undefined
  /** The `ccr code` that it was made for, where that runs on a service. */
  readonly run?: string | undefined
  /** The name of the client key that was shown. */
  readonly key?: string | undefined
  /** The model that the client named. */
  readonly requested: string
  /** Who was asked. Absent: nobody, the call failed before. */
  readonly provider?: string | undefined
  readonly model?: string | undefined
  /** The model that the provider says has answered. */
  readonly answered?: string | undefined
  /** The rule that chose the target, and why. */
  readonly route?: string | undefined
  readonly reason?: string | undefined
  readonly usage?: Usage | undefined
  readonly finish?: string | undefined
  /** HTTP status that the client saw. */
  readonly status: number
  /** Failed, also after a good status. */
  readonly error?: string | undefined
  /** Whether another than the first target answered. */
  readonly fallback: boolean
  /** Every time that a provider was asked, in order; absent: it was once, as the record says. */
  readonly attempts?: readonly AttemptRecord[] | undefined
  readonly stream: boolean
  /** Whether the provider's own bytes went to the client. */
  readonly relayed: boolean
  /** Whether it was an answer that was given before. */
  readonly cached?: boolean | undefined
}

/** One time that a provider was asked for the answer of a call. */
export interface AttemptRecord {
  readonly provider: string
  readonly model: string
  /** The key's last characters, where the provider has several. */
  readonly key?: string
  /** Milliseconds until the answer began, or the attempt failed. */
  readonly durationMs: number
  /** Why it failed; absent: its answer began. */
  readonly error?: ErrorKind
  readonly status?: number
  /** What it took all the same, as far as the provider had said it. */
  readonly usage?: Usage
}

/** Where finished calls are kept. */
export interface UsageStore {
  record(call: CallRecord): void
}
