import type { DatabaseSync } from 'node:sqlite'
import type { Log } from '../platform/ports.ts'
import { inOne, isFull, openDatabase } from './database.ts'
import type { KeptReply, ReplyStore } from './reply-store.ts'
import type { SpendJournal, Spent } from './spend-journal.ts'
import { createSpendTables, type Settled } from './spend-tables.ts'
import type { CallRecord, UsageStore } from './usage-store.ts'

/** What is kept in the state's database. */
export interface StateStore {
  readonly journal: SpendJournal
  readonly usage: UsageStore
  readonly replies: ReplyStore
  /** Writes what is not yet written. */
  close(): void
}

export interface StateStoreOptions {
  readonly file: string
  readonly log: Log
  readonly now: () => number
  /** How much is kept. Default `DEFAULT_BOUNDS`. */
  readonly bounds?: Partial<Bounds>
  /** After how long a full disk is tried again, in milliseconds. Default 5000. */
  readonly retryMs?: number
}

/** What the database does not grow beyond, but for what comes until the next look. */
export interface Bounds {
  /** Records of calls; the oldest go first, and all go after `callsKeptMs`. */
  readonly calls: number
  readonly replies: number
  /** Of the whole file: then the older half of records and answers goes. */
  readonly bytes: number
  /** After so many records and answers it is looked whether they are too many; after an hour, too. */
  readonly lookAfter: number
}

export const DEFAULT_BOUNDS: Bounds = { calls: 100_000, replies: 10_000, bytes: 512_000_000, lookAfter: 1000 }

/**
 * Opens the state's database. A file that cannot be used is told, and everything goes on without it: then what is counted
 * is known to this process alone, until it ends.
 */
export function openStateStore(options: StateStoreOptions): StateStore | undefined {
  const { file, log, now, bounds = {}, retryMs = 5000 } = options
  const tell = (what: string, error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error)
    log('error', `${what} (${file}: ${why}): what is counted for limits is forgotten when ccr ends`, { file })
  }
  try {
    const hears: Hears = {
      broken: (error) => tell('the state can no longer be written', error),
      full: () =>
        log('error', `the disk of ${file} is full: what is counted for limits is kept in memory until there is room`),
      written: () => log('warn', `there is room for ${file} again: what was counted meanwhile is written`),
      forgotten: () => log('error', `the disk of ${file} is full: what was counted meanwhile is forgotten`),
    }
    return createStateStore(openDatabase(file), now, hears, { ...DEFAULT_BOUNDS, ...bounds, retryMs })
  } catch (error) {
    const remedy = isFull(error) ? 'make room' : 'repair the file or move it away'
    tell(`the state cannot be kept: ${remedy}, then restart ccr`, error)
    return undefined
  }
}

/** What has ended is written after so many milliseconds: within a tenth of a second, also where the process has much to do. */
const FLUSH_MS = 50
/** A database that others are writing to is tried again. */
const BUSY = 5
const MOST_WAITING = 10_000
const CALLS_KEPT_MS = 90 * 86_400_000
const HOUR_MS = 3_600_000

/** What is told of the database, once each time. */
interface Hears {
  /** It is not used any more. */
  broken(error: unknown): void
  full(): void
  /** After it was full. */
  written(): void
  /** It is closed while it is full. */
  forgotten(): void
}

function createStateStore(
  database: DatabaseSync,
  now: () => number,
  hears: Hears,
  bounds: Bounds & Required<Pick<StateStoreOptions, 'retryMs'>>,
): StateStore {
  const tables = createSpendTables(database, now)
  const insertCall = database.prepare('INSERT OR REPLACE INTO call VALUES (?, ?, ?, ?, ?, ?, ?)')
  const insertReply = database.prepare('INSERT OR REPLACE INTO reply VALUES (?, ?, ?)')
  const selectReply = database.prepare('SELECT body, expires FROM reply WHERE key = ?')
  let settled: Settled[] = []
  let calls: CallRecord[] = []
  let replies: [string, KeptReply][] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let isBroken = false
  let lacksRoom = false
  let tidyAt = now() + HOUR_MS
  let sinceTrim = 0

  const noRoom = (): void => {
    if (!lacksRoom) hears.full()
    lacksRoom = true
    replies = []
  }
  const guarded = <Result>(work: () => Result, otherwise: Result): Result => {
    if (isBroken) return otherwise
    try {
      return work()
    } catch (error) {
      if ((error as { errcode?: number }).errcode === BUSY) return otherwise
      if (isFull(error)) noRoom()
      else {
        isBroken = true
        hears.broken(error)
      }
      return otherwise
    }
  }
  const trim = (): void => {
    database.prepare('DELETE FROM call WHERE at < ?').run(now() - CALLS_KEPT_MS)
    database.prepare('DELETE FROM reply WHERE expires < ?').run(now())
    keepNewest(database, 'reply', bounds.replies)
    keepNewest(database, 'call', bounds.calls)
    if (bytesOf(database) <= bounds.bytes) return
    keepNewest(database, 'reply', countOf(database, 'reply') / 2)
    keepNewest(database, 'call', countOf(database, 'call') / 2)
  }
  const tidy = (): void => {
    tables.tidy()
    trim()
  }
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (settled.length + calls.length + replies.length === 0) return
    sinceTrim += calls.length + replies.length
    const areMany = sinceTrim >= bounds.lookAfter
    const isWritten = guarded(() => {
      inOne(database, () => {
        tables.settle(settled)
        for (const record of calls) insertCall.run(...rowOf(record))
        for (const [key, { text, expiresAt }] of replies) insertReply.run(key, expiresAt, text)
        if (now() >= tidyAt) tidy()
        else if (areMany) trim()
      })
      return true
    }, false)
    if (now() >= tidyAt) tidyAt = now() + HOUR_MS
    if (areMany) sinceTrim = 0
    if (isWritten && lacksRoom) {
      lacksRoom = false
      hears.written()
    }
    const isOver = isWritten || isBroken
    if (isOver || replies.length > MOST_WAITING) replies = []
    if (isOver || calls.length > MOST_WAITING) calls = []
    if (isOver || settled.length > MOST_WAITING) settled = []
    if (!isOver) flushSoon()
  }
  const flushSoon = (): void => {
    timer ??= setTimeout(flush, lacksRoom ? bounds.retryMs : FLUSH_MS).unref()
  }
  inOne(database, tidy)

  return {
    journal: {
      hasNews: () => guarded(tables.hasNews, false),
      read(isWhole) {
        flush()
        return guarded(() => tables.read(isWhole), { spent: [], held: [] })
      },
      hold: (call) => guarded(() => tables.hold(call), undefined),
      settle(id: string, spent: readonly Spent[]) {
        settled.push({ id, spent })
        flushSoon()
      },
    },
    usage: {
      record(call) {
        if (isBroken) return
        calls.push(call)
        flushSoon()
      },
    },
    replies: {
      get: (key) =>
        guarded(() => {
          const row = selectReply.get(key)
          return row && { text: String(row['body']), expiresAt: Number(row['expires']) }
        }, undefined),
      set(key, kept) {
        if (isBroken || lacksRoom) return
        replies.push([key, kept])
        flushSoon()
      },
    },
    close() {
      flush()
      if (lacksRoom) hears.forgotten()
      isBroken = true
      if (database.isOpen) database.close()
    },
  }
}

/** By the order in which they came, which costs no look at those that stay. */
function keepNewest(database: DatabaseSync, table: 'call' | 'reply', most: number): void {
  database.exec(`DELETE FROM ${table} WHERE rowid <= (SELECT max(rowid) FROM ${table}) - ${Math.floor(most)}`)
}

function countOf(database: DatabaseSync, table: 'call' | 'reply'): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
}

/** What is used of the file: what was deleted is written over. */
function bytesOf(database: DatabaseSync): number {
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
}

function rowOf(record: CallRecord): (string | number | null)[] {
  const { id, startedAt, key = null, provider = null, model = null, status } = record
  return [id, startedAt, key, provider, model, status, JSON.stringify(record, cut)]
}

/** Clients choose the names of models and sessions. */
const LONGEST_TEXT = 1000

function cut(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value
}
