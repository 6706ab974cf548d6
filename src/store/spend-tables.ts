import type { DatabaseSync } from 'node:sqlite'
import { birthOf } from './process-birth.ts'
import { inOne, isFull } from './database.ts'
import type { HeldCall, HeldElsewhere, SpendJournal, Spent } from './spend-journal.ts'

/** A call that has ended, and what it took of each account. */
export interface Settled {
  readonly id: string
  readonly spent: readonly Spent[]
}

/** The tables of what is spent and of what is held, without any patience. */
export interface SpendTables {
  hasNews(): boolean
  read(isWhole: boolean): ReturnType<SpendJournal['read']>
  hold(call: HeldCall): void
  /** Inside a transaction. What was taken at the same time becomes one row: so their number does not depend on that of calls. */
  settle(settled: readonly Settled[]): void
  /** Inside a transaction: merges what is old, and forgets what no limit looks at. */
  tidy(): void
}

export function createSpendTables(database: DatabaseSync, now: () => number): SpendTables {
  const owner = `${birthOf(process.pid) ?? ''}/${crypto.randomUUID()}`
  const insertSpend = database.prepare(
    'INSERT INTO spend (account, at, requests, tokens, cost, owner) VALUES (?, ?, ?, ?, ?, ?)',
  )
  // All rows of a call in one statement: each is a transaction of its own, which costs more than the rows.
  const insertHolds = [1, 2].map((count) =>
    database.prepare(`INSERT OR REPLACE INTO hold VALUES ${Array(count).fill(HOLD_VALUES).join(', ')}`),
  )
  const deleteHold = database.prepare('DELETE FROM hold WHERE id = ?')
  const version = database.prepare('PRAGMA data_version')
  const newest = database.prepare('SELECT max(id) AS id FROM spend')
  const allSpent = database.prepare('SELECT * FROM spend ORDER BY at')
  const newSpent = database.prepare("SELECT * FROM spend WHERE id > ? AND owner <> ? AND owner <> '' ORDER BY at")
  const foreignHolds = database.prepare('SELECT * FROM hold WHERE owner <> ?')
  let seenVersion = -1
  let seenId = 0

  const versionNow = (): number => Number(version.get()?.['data_version'])
  const spend = ({ account, at, requests, tokens, cost }: Spent, by: string): void => {
    insertSpend.run(account, Math.round(at), requests, tokens, cost, by)
  }
  /** What a process that was killed had begun counts as far as it was surely sent. */
  const settleDead = (row: Row): void => {
    inOne(database, () => {
      const isGone = database
        .prepare('DELETE FROM hold WHERE id = ? AND account = ?')
        .run(row['id'] as string, row['account'] as string)
      if (Number(isGone.changes) === 0) return
      const { least_tokens: tokens, least_cost: cost } = row
      spend({ ...spentOf(row), tokens: Number(tokens), cost: Number(cost) }, String(row['owner']))
    })
  }
  /** Where there is no room for it, it counts as held until there is. */
  const isSettled = (row: Row): boolean => {
    try {
      settleDead(row)
      return true
    } catch (error) {
      if (isFull(error)) return false
      throw error
    }
  }
  return {
    hasNews: () => versionNow() !== seenVersion,
    read(isWhole) {
      const held: HeldElsewhere[] = []
      for (const row of foreignHolds.all(owner) as Row[]) {
        if (isAlive(row, now()) || !isSettled(row)) held.push(spentOf(row))
      }
      // Before the rows: what comes between the two is news the next time.
      seenVersion = versionNow()
      const rows = (isWhole ? allSpent.all() : newSpent.all(seenId, owner)) as Row[]
      seenId = Math.max(seenId, Number(newest.get()?.['id'] ?? 0))
      return { spent: rows.map(spentOf), held }
    },
    hold({ id, accounts, at, amounts, least }) {
      const { requests, tokens, cost } = amounts
      const rest = [at, owner, process.pid, requests, tokens, cost, least.tokens, least.cost]
      insertHolds[accounts.length - 1]?.run(...accounts.flatMap((account) => [id, account, ...rest]))
    },
    settle(settled) {
      for (const { id } of settled) deleteHold.run(id)
      for (const each of joined(settled.flatMap(({ spent }) => spent))) spend(each, owner)
    },
    tidy() {
      for (const [pieceMs, age] of MERGES)
        database.exec(`
          CREATE TEMP TABLE merged AS
            SELECT account, at / ${pieceMs} * ${pieceMs} AS at, sum(requests) AS requests, sum(tokens) AS tokens, sum(cost) AS cost
            FROM spend WHERE at < ${now() - age} GROUP BY 1, 2;
          DELETE FROM spend WHERE at < ${now() - age};
          INSERT INTO spend (account, at, requests, tokens, cost, owner)
            SELECT account, at, requests, tokens, cost, '' FROM merged;
          DROP TABLE merged;`)
    },
  }
}

const HOLD_VALUES = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'

/** How coarse what is older than `age` may be: as no shorter span looks at it any more. */
const MERGES = [
  [15_000, 40 * 60_000],
  [60_000, 2 * 3_600_000],
  [3_600_000, 26 * 3_600_000],
  [86_400_000, 40 * 86_400_000],
] as const

const LONGEST_CALL_MS = 86_400_000

/** What no span tells apart: one row for each account and piece of time. */
function joined(spent: readonly Spent[]): Iterable<Spent> {
  const rows = new Map<string, Spent>()
  for (const each of spent) {
    const key = `${Math.floor(each.at / SHORTEST_PIECE_MS)} ${each.account}`
    const row = rows.get(key)
    const { requests = 0, tokens = 0, cost = 0, at = each.at } = row ?? {}
    rows.set(key, {
      account: each.account,
      at,
      requests: requests + each.requests,
      tokens: tokens + each.tokens,
      cost: cost + each.cost,
    })
  }
  return rows.values()
}

/** Of `SPANS`: within a piece, time makes no difference. */
const SHORTEST_PIECE_MS = 250

type Row = Readonly<Record<string, unknown>>

function spentOf({ account, at, requests, tokens, cost }: Row): Spent {
  return {
    account: String(account),
    at: Number(at),
    requests: Number(requests),
    tokens: Number(tokens),
    cost: Number(cost),
  }
}

function isAlive({ pid, at, owner }: Row, now: number): boolean {
  if (now - Number(at) > LONGEST_CALL_MS) return false
  return birthOf(Number(pid)) === String(owner).split('/', 1)[0]
}
