/** What may be spent of something: of a client key, or of all calls together. */
export interface Limits {
  readonly quotas: readonly Quota[]
  /** How many calls may run at once. */
  readonly concurrent?: number
}

/** So much of something in any span of time, or ever. */
export interface Quota {
  readonly of: Spendable
  readonly span: SpanName
  readonly most: number
}

/** `cost` is in the currency of the prices. */
export type Spendable = 'requests' | 'tokens' | 'cost'

export type Amounts = Readonly<Record<Spendable, number>>

export type SpanName = 'minute' | 'hour' | 'day' | 'month' | 'ever'

/** A span slides: it ends now. It is counted in pieces of `piece`, and what is in one is forgotten with its last part. */
export interface Span {
  readonly ms: number
  readonly pieceMs: number
}

export const SPANS: Readonly<Record<SpanName, Span>> = {
  minute: { ms: 60_000, pieceMs: 250 },
  hour: { ms: 3_600_000, pieceMs: 15_000 },
  day: { ms: 86_400_000, pieceMs: 360_000 },
  month: { ms: 30 * 86_400_000, pieceMs: 3 * 3_600_000 },
  ever: { ms: Number.POSITIVE_INFINITY, pieceMs: 86_400_000 },
}

export const NOTHING: Amounts = { requests: 0, tokens: 0, cost: 0 }

export function plus(one: Amounts, other: Amounts): Amounts {
  return {
    requests: one.requests + other.requests,
    tokens: one.tokens + other.tokens,
    cost: one.cost + other.cost,
  }
}
