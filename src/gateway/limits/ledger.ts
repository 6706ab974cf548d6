import type { SpendJournal, Spent } from '../../store/spend-journal.ts'
import { NOTHING, plus, type Amounts } from './limits.ts'
import { createMeter, type Meter } from './meter.ts'

/** What every account has spent, and what is held back for calls that run. Outlives the gateway that wrote it. */
export interface Ledger {
  /** Keeps what is spent there, too, and knows what stands there. */
  keepIn(journal: SpendJournal, now: number): void
  /** Hears what other processes have spent since it was last asked. */
  refresh(now: number): void
  account(name: string): Account
  /** Holds back what a call may take at most; the journal knows before anybody is asked. */
  hold(entry: Entry): void
  /** What it really took. Only the first time counts. */
  settle(entry: Entry, at: number, spent: Amounts): void
}

/** What belongs to one name. */
export interface Account {
  readonly meter: Meter
  /** Held back for running calls of all processes. */
  held(): Held
}

export interface Held {
  readonly calls: number
  readonly amounts: Amounts
}

/** One call that runs. */
export interface Entry {
  readonly id: string
  readonly accounts: readonly string[]
  readonly at: number
  readonly amounts: Amounts
  /** What it has taken if nobody can tell any more. */
  readonly least: Amounts
}

export function createLedger(): Ledger {
  let journal: SpendJournal | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let accounts = new Map<string, OpenAccount>()
  const open = new Map<string, Entry>()

  const accountOf = (name: string): OpenAccount => {
    const found = accounts.get(name) ?? { meter: createMeter(), own: NONE, others: NONE }
    accounts.set(name, found)
    return found
  }
  const take = (spent: readonly Spent[]): void => {
    for (const { account, at, ...amounts } of spent) accountOf(account).meter.add(at, amounts)
  }
  const read = (source: SpendJournal, now: number): void => {
    const isWhole = now - readAt > WHOLE_AGAIN_MS
    readAt = now
    if (isWhole) {
      const running = [...open.values()]
      accounts = new Map()
      for (const entry of running) for (const name of entry.accounts) grow(accountOf(name), entry.amounts, 1)
    }
    const { spent, held } = source.read(isWhole)
    take(spent)
    for (const account of accounts.values()) account.others = NONE
    for (const { account: name, ...amounts } of held) {
      const account = accountOf(name)
      account.others = { calls: account.others.calls + 1, amounts: plus(account.others.amounts, amounts) }
    }
  }
  return {
    keepIn(next, now) {
      if (journal === next) return
      journal = next
      readAt = Number.NEGATIVE_INFINITY
      read(next, now)
    },
    refresh(now) {
      if (!journal) return
      // One that is killed writes nothing any more.
      const isStale = now - readAt > LOOK_AGAIN_MS && [...accounts.values()].some(({ others }) => others.calls > 0)
      if (isStale || journal.hasNews()) read(journal, now)
    },
    account(name) {
      const account = accountOf(name)
      return {
        meter: account.meter,
        held: () => ({
          calls: account.own.calls + account.others.calls,
          amounts: plus(account.own.amounts, account.others.amounts),
        }),
      }
    },
    hold(entry) {
      open.set(entry.id, entry)
      for (const name of entry.accounts) grow(accountOf(name), entry.amounts, 1)
      journal?.hold(entry)
    },
    settle(entry, at, spent) {
      if (!open.delete(entry.id)) return
      const rows = entry.accounts.map((account) => ({ account, at, ...spent }))
      for (const name of entry.accounts) grow(accountOf(name), negative(entry.amounts), -1)
      take(rows)
      journal?.settle(entry.id, rows)
    },
  }
}

interface OpenAccount {
  readonly meter: Meter
  own: Held
  others: Held
}

const NONE: Held = { calls: 0, amounts: NOTHING }
/** Whether the others that hold something still run. */
const LOOK_AGAIN_MS = 1000
/** What others have merged meanwhile is no news to them. */
const WHOLE_AGAIN_MS = 1_800_000

function grow(account: OpenAccount, amounts: Amounts, calls: number): void {
  const own = { calls: account.own.calls + calls, amounts: plus(account.own.amounts, amounts) }
  // Sums of fractions leave dust behind.
  account.own = own.calls === 0 ? NONE : own
}

function negative({ requests, tokens, cost }: Amounts): Amounts {
  return { requests: -requests, tokens: -tokens, cost: -cost }
}
