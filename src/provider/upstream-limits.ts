/** What a provider allows; calls beyond it wait here, instead of being refused there. */
export interface UpstreamLimits {
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly concurrent?: number
  /** How many calls may wait. */
  readonly queue: number
  /** How long a call waits, in milliseconds. */
  readonly waitMs: number
}
