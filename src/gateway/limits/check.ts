import { ModelError } from '../../canonical/error.ts'
import type { Account } from './ledger.ts'
import { SPANS, type Amounts, type Limits, type Quota } from './limits.ts'

/** What a call asks for. */
export interface Wish {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly inputCost: number
  readonly outputCost: number
}

/** Limits, what counts towards them, and whose they are, in words. */
export interface Bound {
  readonly limits: Limits
  readonly account: Account
  readonly whose: string
}

/** Throws the `ModelError` of a limit that the call would pass: of several, that which is in its way for longest. */
export function checkLimits(bounds: readonly Bound[], wish: Wish, now: number): void {
  let worst: ModelError | undefined
  for (const { limits, account, whose } of bounds) {
    worst = worse(worst, checkConcurrent(limits, account, whose))
    for (const quota of limits.quotas) worst = worse(worst, checkQuota(quota, account, wish, whose, now))
  }
  if (worst) throw worst
}

function worse(one: ModelError | undefined, other: ModelError | undefined): ModelError | undefined {
  if (!one || !other) return one ?? other
  return (other.details.retryAfterMs ?? Infinity) > (one.details.retryAfterMs ?? Infinity) ? other : one
}

function checkConcurrent({ concurrent }: Limits, account: Account, whose: string): ModelError | undefined {
  if (concurrent === undefined) return undefined
  const { calls } = account.held()
  if (calls < concurrent) return undefined
  return refused(`${whose} may have ${concurrent} calls at once, and ${calls} are running`, BUSY_RETRY_MS)
}

/** What a call holds back of each quota: the most that it may take. */
export function heldFor(wish: Wish): Amounts {
  return {
    requests: wish.requests,
    tokens: wish.inputTokens + wish.outputTokens,
    cost: wish.inputCost + wish.outputCost,
  }
}

/** What a call has surely taken once it was sent. */
export function sentOf(wish: Wish): Amounts {
  return { requests: wish.requests, tokens: wish.inputTokens, cost: wish.inputCost }
}

/** Nobody knows when a running call ends. */
const BUSY_RETRY_MS = 1000

function checkQuota(
  quota: Quota,
  { meter, held }: Account,
  wish: Wish,
  whose: string,
  now: number,
): ModelError | undefined {
  const { of, span, most } = quota
  const [least, wanted] = [sentOf(wish)[of], heldFor(wish)[of]]
  if (least > most) return refused(`${spell(quota, whose)}, and this call alone needs ${figure(least)}`, undefined)
  // A wish for output beyond the whole limit is seldom used up: else such a client would get one call in a span.
  const own = wanted > most ? Math.min(least + (wanted - least), Math.max(least, most / 4)) : wanted
  const spent = meter.spent(span, now)[of]
  const running = held().amounts[of]
  const excess = spent + running + own - most
  if (excess <= TOLERANCE) return undefined
  const freeAt = excess > spent ? ofRunning(quota, now) : meter.freeAt(span, of, excess, now)
  // Of tokens and money mostly less is taken in the end than is held: some may be free soon.
  const mayShrink = of !== 'requests' && running > 0
  const wait = mayShrink && (freeAt === undefined || excess <= running) ? BUSY_RETRY_MS : undefined
  const left = freeAt === undefined ? undefined : freeAt - now
  const soonest = wait === undefined ? left : Math.min(wait, left ?? wait)
  return refused(
    `${spell(quota, whose)}: ${figure(spent)} are spent, ${figure(running)} held for running calls`,
    soonest,
  )
}

/** When a request that runs has left the span, at the soonest: it counts until then, however it ends. */
function ofRunning({ of, span }: Quota, now: number): number | undefined {
  const { ms } = SPANS[span]
  return of === 'requests' && Number.isFinite(ms) ? now + ms : undefined
}

/** Sums of fractions are off by less. */
const TOLERANCE = 1e-9

function spell({ of, span, most }: Quota, whose: string): string {
  const time = span === 'ever' ? 'in all' : `in a ${span}`
  return of === 'cost'
    ? `the budget of ${whose} is ${figure(most)} ${time}`
    : `${whose} may have ${figure(most)} ${of} ${time}`
}

function figure(amount: number): string {
  return String(Math.round(amount * 1e6) / 1e6)
}

/** Without a time to come back the client is told not to. */
function refused(message: string, retryAfterMs: number | undefined): ModelError {
  return new ModelError(`a limit of this router is reached: ${message}`, {
    kind: 'rate-limit',
    ...(retryAfterMs === undefined ? { shouldRetry: false } : { retryAfterMs: Math.max(1, retryAfterMs) }),
  })
}
