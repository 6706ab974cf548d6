import { promptTokens, type Usage } from '../../canonical/usage.ts'
import type { Ports } from '../../platform/ports.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import { costOf, priceOf, type Prices } from '../../router/price.ts'
import { inputTokensOf } from '../input-tokens.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Call, Middleware, Trace } from '../call.ts'
import type { ClientKey } from '../client-key.ts'
import { checkLimits, heldFor, sentOf, type Wish } from '../limits/check.ts'
import type { Entry, Ledger } from '../limits/ledger.ts'
import { NOTHING, plus, type Amounts, type Limits, type Spendable } from '../limits/limits.ts'
import type { Warn } from '../warn.ts'

/** What calls are held to. */
export interface ReserveParts {
  /** Of all calls together. */
  readonly limits?: Limits | undefined
  readonly prices?: Prices | undefined
  readonly ledger: Ledger
  readonly ports: Pick<Ports, 'now' | 'journal'>
  readonly warn: Warn
}

/**
 * Holds back, before a call, what it may take of its limits, and settles when it has ended, however it ends. A call that
 * would pass a limit is refused and asks nobody.
 */
export function createReserve(parts: ReserveParts): Middleware {
  const { limits, ledger, ports } = parts
  if (ports.journal) ledger.keepIn(ports.journal, ports.now())
  return async (call, next) => {
    const bounds = boundsOf(limits, call.clientKey)
    if (bounds.length === 0) return next(call)
    const now = ports.now()
    ledger.refresh(now)
    const wish = wishOf(call, bounds, parts)
    const looked = bounds.map(({ account, of, whose }) => ({ limits: of, account: ledger.account(account), whose }))
    checkLimits(looked, wish, now)
    const entry: Entry = {
      id: call.id,
      accounts: bounds.map(({ account }) => account),
      at: now,
      amounts: heldFor(wish),
      least: sentOf(wish),
    }
    ledger.hold(entry)
    // Before what others have to note at the end, so that nothing of theirs can keep it from happening.
    call.trace.atEnd.unshift(() => ledger.settle(entry, ports.now(), taken(call, entry, parts)))
    return next(call)
  }
}

interface Bound {
  readonly account: string
  readonly of: Limits
  readonly whose: string
}

function boundsOf(all: Limits | undefined, key: ClientKey | undefined): Bound[] {
  return [
    ...(key?.limits ? [{ account: `key:${key.label}`, of: key.limits, whose: `the key "${key.label}"` }] : []),
    ...(all ? [{ account: 'all', of: all, whose: 'this router' }] : []),
  ]
}

/** What a client that sets no limit of its own is thought to want. */
const UNSAID_OUTPUT = 4096

function wishOf(call: Call, bounds: readonly Bound[], { prices = [], warn }: ReserveParts): Wish {
  const isLimited = (what: Spendable): boolean => bounds.some(({ of }) => of.quotas.some((quota) => quota.of === what))
  const [countsTokens, countsCost] = [isLimited('tokens'), isLimited('cost')]
  if (!countsTokens && !countsCost) return { ...UNMEASURED }
  const inputTokens = inputTokensOf(call, call.request)
  const outputTokens = call.request.maxOutputTokens ?? UNSAID_OUTPUT
  const price = countsCost && call.target ? priceOf(call.target, prices) : undefined
  if (countsCost && call.target && !price)
    warn(`${nameOfTarget(call.target)} has no price in \`prices\`: its calls do not count towards any budget`)
  return {
    requests: 1,
    inputTokens,
    outputTokens,
    inputCost: price ? costOf({ input: inputTokens }, price) : 0,
    outputCost: price ? costOf({ output: outputTokens }, price) : 0,
  }
}

const UNMEASURED: Wish = { requests: 1, inputTokens: 0, outputTokens: 0, inputCost: 0, outputCost: 0 }

/** What a call has really taken: nothing but itself if nobody was asked, at least its input if nobody counted. */
function taken({ trace }: Call, entry: Entry, parts: ReserveParts): Amounts {
  return trace.further.map((each) => spentOn(each, parts)).reduce(plus, takenItself(trace, entry, parts))
}

function takenItself(trace: Trace, { least }: Entry, parts: ReserveParts): Amounts {
  const own = { ...NOTHING, requests: least.requests }
  const hasAnswer = trace.firstTokenAt !== undefined || trace.usage !== undefined
  const wasSent = hasAnswer || trace.attempts.some(({ error }) => error === undefined || error === 'aborted')
  if (trace.isCached || !wasSent) return own
  const { usage, target } = trace
  if (!usage) return least
  return plus(own, spentOn({ target, usage }, parts))
}

interface Spending {
  readonly target?: RouteTarget | undefined
  readonly usage: Usage
}

function spentOn({ target, usage }: Spending, { prices = [] }: ReserveParts): Amounts {
  const price = target && priceOf(target, prices)
  return { ...NOTHING, tokens: tokensOf(usage), cost: price ? costOf(usage, price) : 0 }
}

function tokensOf(usage: Usage): number {
  return promptTokens(usage) + (usage.output ?? 0)
}
