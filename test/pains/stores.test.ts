import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileLog } from '../../src/cli/log.ts'
import { createLedger } from '../../src/gateway/limits/ledger.ts'
import { openStateStore, type Bounds, type StateStore } from '../../src/store/sqlite.ts'
import type { CallRecord } from '../../src/store/usage-store.ts'

let folder: string
const opened: StateStore[] = []
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ccr-stores-'))))
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  rmSync(folder, { recursive: true })
})

const NOW = 1_800_000_000_000
const file = (): string => join(folder, 'state.db')

function open(bounds: Partial<Bounds> = {}, now = () => NOW): StateStore {
  const store = openStateStore({ file: file(), log: () => undefined, now, bounds })
  if (!store) throw new Error('the test needs a database')
  opened.push(store)
  return store
}

/** Has all written that is not yet written. */
const flush = (store: StateStore): unknown => store.journal.read(false)

function count(table: 'call' | 'spend' | 'hold' | 'reply'): number {
  const database = new DatabaseSync(file(), { readOnly: true })
  const found = database.prepare(`SELECT count(*) AS count FROM ${table}`).get()
  database.close()
  return Number(found?.['count'])
}

const size = (): number => statSync(file()).size + (statSync(`${file()}-wal`, { throwIfNoEntry: false })?.size ?? 0)

function callRecord(serial: number, more: Partial<CallRecord> = {}): CallRecord {
  return {
    id: `call_${serial}`,
    startedAt: NOW + serial,
    durationMs: 10,
    requested: 'claude-opus-5-5',
    provider: 'p',
    model: 'm',
    status: 200,
    fallback: false,
    stream: true,
    relayed: true,
    ...more,
  }
}

describe('pains #59: what is kept of calls', () => {
  test('pains #59: does not grow with their number, and the newest stay', () => {
    const store = open({ calls: 1000, lookAfter: 500 })
    const sizes: number[] = []
    for (let serial = 0; serial < 20_000; serial++) {
      store.usage.record(callRecord(serial))
      if (serial % 100 === 99) flush(store)
      if (serial % 5000 === 4999) sizes.push(size())
    }
    expect(count('call')).toBeLessThanOrEqual(1500)
    const database = new DatabaseSync(file(), { readOnly: true })
    expect(database.prepare('SELECT max(at) AS at, min(at) AS oldest FROM call').get()).toMatchObject({
      at: NOW + 19_999,
      oldest: expect.any(Number),
    })
    database.close()
    const [first = 0, ...others] = sizes
    for (const later of others) expect(later).toBeLessThanOrEqual(first * 1.2)
  })

  test('pains #59: goes by its age, too', () => {
    let now = NOW
    const store = open({ lookAfter: 1 }, () => now)
    store.usage.record(callRecord(1))
    flush(store)
    expect(count('call')).toBe(1)
    now += 100 * 86_400_000
    store.usage.record(callRecord(2, { startedAt: now }))
    flush(store)
    expect(count('call')).toBe(1)
  })

  test('pains #59: is not written while the call is answered, but a moment later, all of it at once', async () => {
    const store = open()
    for (let serial = 0; serial < 500; serial++) store.usage.record(callRecord(serial))
    expect(count('call')).toBe(0)
    const seen = new Set<number>()
    while (!seen.has(500)) {
      seen.add(count('call'))
      await Bun.sleep(5)
    }
    expect([...seen]).toEqual([0, 500])
  })

  test('pains #59: holds no text of any length that a client chooses', () => {
    const store = open()
    const long = 'm'.repeat(1_000_000)
    store.usage.record(callRecord(1, { requested: long, session: long, error: long }))
    flush(store)
    expect(size()).toBeLessThan(300_000)
  })
})

test('pains #59: what limits have been used up by does not grow with the number of calls, and nothing of it is lost', () => {
  let now = NOW
  const store = open({}, () => now)
  const ledger = createLedger()
  ledger.keepIn(store.journal, now)
  const amounts = { requests: 1, tokens: 10, cost: 0.5 }
  for (let serial = 0; serial < 5000; serial++) {
    now = NOW + serial
    const entry = { id: `call_${serial}`, accounts: ['key:a', 'all'], at: now, amounts, least: amounts }
    ledger.hold(entry)
    ledger.settle(entry, now, amounts)
    if (serial % 500 === 499) flush(store)
  }
  flush(store)
  // 5 s in pieces of 250 ms, of two accounts; what is written at two times may share one.
  expect(count('spend')).toBeLessThanOrEqual(2 * (20 + 10))
  expect(count('hold')).toBe(0)
  const again = createLedger()
  again.keepIn(open({}, () => now).journal, now)
  for (const account of ['key:a', 'all'])
    for (const span of ['minute', 'month'] as const)
      expect(again.account(account).meter.spent(span, now)).toEqual({ requests: 5000, tokens: 50_000, cost: 2500 })
})

test('pains #59: answers that are kept take no more room than they may', () => {
  const store = open({ bytes: 2_000_000, lookAfter: 20 })
  for (let serial = 0; serial < 1000; serial++) {
    store.replies.set(`reply ${serial}`, { text: 'x'.repeat(20_000), expiresAt: NOW + 1000 + serial })
    if (serial % 10 === 9) flush(store)
  }
  // The journal of the file holds some 4 MB at most, whatever is written.
  expect(size()).toBeLessThan(8_000_000)
  expect(store.replies.get('reply 999')).toBeDefined()
  expect(store.replies.get('reply 0')).toBeUndefined()
})

test('pains #59: the log is bounded by the size and the number of its files', () => {
  const log = fileLog(folder, 'info', { limit: 20_000, keep: 3 })
  for (let serial = 0; serial < 5000; serial++) log('info', 'call', { call: serial, why: 'x'.repeat(100) })
  const files = readdirSync(folder)
  expect(files.length).toBe(3)
  const total = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  expect(total).toBeLessThan(3 * 20_000 + 1000)
})
