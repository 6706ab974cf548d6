import { SPANS, type Limits, type Spendable, type SpanName } from '../../../../src/gateway/limits/limits.ts'

/** What a call may take at most, and what it takes if nobody can tell. */
export interface Wish {
  readonly input: number
  readonly output: number
}

export type Amounts = Readonly<Record<Spendable, number>>

export interface Bound {
  readonly account: string
  readonly limits: Limits
}

/** A million tokens of input and of output. */
export const PRICE = { input: 10, output: 20 }

/** What so many tokens are in requests, tokens and money. */
export function amountsOf({ input, output }: Wish, requests = 1): Amounts {
  return { requests, tokens: input + output, cost: (input * PRICE.input + output * PRICE.output) / 1_000_000 }
}

export const NOTHING: Amounts = { requests: 1, tokens: 0, cost: 0 }

/**
 * Limits as they are meant, and nothing of how they are kept: what ended within a span, what runs, and whether another call
 * fits beside that. A piece of time (`SPANS`) is forgotten as a whole, with the last of it.
 */
export function createReference(bounds: readonly Bound[]) {
  const spent: { readonly account: string; readonly at: number; readonly amounts: Amounts }[] = []
  const running = new Map<string, { readonly accounts: readonly string[]; readonly wish: Wish }>()

  const freeAt = (at: number, span: SpanName): number => {
    const { ms, pieceMs } = SPANS[span]
    return Math.floor(at / pieceMs) * pieceMs + pieceMs + ms
  }
  const spentOf = (account: string, span: SpanName, of: Spendable, now: number): number =>
    sum(
      spent.filter((each) => each.account === account && freeAt(each.at, span) > now).map(({ amounts }) => amounts[of]),
    )
  const runningAt = (account: string): readonly Wish[] =>
    [...running.values()].filter(({ accounts }) => accounts.includes(account)).map(({ wish }) => wish)
  const heldOf = (account: string, of: Spendable): number => sum(runningAt(account).map((wish) => amountsOf(wish)[of]))

  return {
    /** Whether a call fits at a time, if nothing else happens until then. */
    fits(accounts: readonly string[], wish: Wish, at: number): boolean {
      return bounds
        .filter(({ account }) => accounts.includes(account))
        .every(({ account, limits: { concurrent = Infinity, quotas } }) => {
          const isFree = runningAt(account).length < concurrent
          const own = amountsOf(wish)
          return (
            isFree &&
            quotas.every(
              ({ of, span, most }) => spentOf(account, span, of, at) + heldOf(account, of) + own[of] <= most + 1e-9,
            )
          )
        })
    },
    /** The first time at which it fits. */
    soonest(accounts: readonly string[], wish: Wish, now: number): number | undefined {
      const spans = bounds.flatMap(({ limits }) => limits.quotas.map(({ span }) => span))
      const times = spent.flatMap(({ at }) => spans.map((span) => freeAt(at, span))).filter((time) => time > now)
      return times.toSorted((one, other) => one - other).find((time) => this.fits(accounts, wish, time))
    },
    begin: (id: string, accounts: readonly string[], wish: Wish) => void running.set(id, { accounts, wish }),
    end(id: string, amounts: Amounts, at: number): void {
      for (const account of running.get(id)?.accounts ?? []) spent.push({ account, at, amounts })
      running.delete(id)
    },
    runs: (accounts: readonly string[]): boolean => accounts.some((account) => runningAt(account).length > 0),
    total: (account: string): Amounts => ({
      requests: spentOf(account, 'ever', 'requests', 0),
      tokens: spentOf(account, 'ever', 'tokens', 0),
      cost: spentOf(account, 'ever', 'cost', 0),
    }),
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((before, each) => before + each, 0)
}
