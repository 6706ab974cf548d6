import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createLedger, type Entry, type Ledger } from '../../src/gateway/limits/ledger.ts'
import { openStateStore, type StateStore } from '../../src/store/sqlite.ts'

let folder: string
let told: string[]
const opened: StateStore[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-state-'))
  told = []
})
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  rmSync(folder, { recursive: true, force: true })
})

const file = (): string => join(folder, 'state', 'state.db')
const NOW = 1_800_000_000_000

function open(now = NOW): StateStore | undefined {
  const store = openStateStore({ file: file(), log: (_level, message) => told.push(message), now: () => now })
  if (store) opened.push(store)
  return store
}

function ledgerOn(store: StateStore | undefined, now = NOW): Ledger {
  const ledger = createLedger()
  if (store) ledger.keepIn(store.journal, now)
  return ledger
}

function entry(id: string, at = NOW): Entry {
  return {
    id,
    accounts: ['all', 'key:a'],
    at,
    amounts: { requests: 1, tokens: 500, cost: 0.5 },
    least: { requests: 1, tokens: 100, cost: 0.1 },
  }
}

const SPENT = { requests: 1, tokens: 250, cost: 0.25 }

describe('what is spent', () => {
  test('is known after a restart', () => {
    const store = open()
    const ledger = ledgerOn(store)
    ledger.hold(entry('one'))
    ledger.settle(entry('one'), NOW, SPENT)
    store?.close()
    const again = ledgerOn(open())
    expect(again.account('key:a').meter.spent('day', NOW)).toEqual(SPENT)
    expect(again.account('all').held().calls).toBe(0)
    expect(told).toEqual([])
  })

  test('is known to another process, and so is what is held', () => {
    const store = open()
    const [mine, other] = [ledgerOn(store), ledgerOn(open())]
    mine.hold(entry('one'))
    other.refresh(NOW)
    expect(other.account('all').held()).toEqual({ calls: 1, amounts: entry('one').amounts })
    mine.settle(entry('one'), NOW, SPENT)
    store?.close()
    other.refresh(NOW)
    expect(other.account('all').held().calls).toBe(0)
    expect(other.account('all').meter.spent('minute', NOW)).toEqual(SPENT)
    other.refresh(NOW)
    expect(other.account('all').meter.spent('minute', NOW)).toEqual(SPENT)
  })

  test('what a killed process had begun counts as sent, and holds nothing', () => {
    ledgerOn(open()).hold(entry('one'))
    const database = new DatabaseSync(file())
    database.exec('UPDATE hold SET pid = 2147483646')
    database.close()
    const again = ledgerOn(open())
    expect(again.account('all').held().calls).toBe(0)
    expect(again.account('all').meter.spent('day', NOW)).toEqual({ requests: 1, tokens: 100, cost: 0.1 })
  })

  test('what is old is merged, and stays as much', () => {
    const store = open()
    const ledger = ledgerOn(store)
    for (let count = 0; count < 500; count++) {
      const one = entry(`${count}`, NOW + count * 10)
      ledger.hold(one)
      ledger.settle(one, one.at, SPENT)
    }
    store?.close()
    const later = NOW + 3 * 86_400_000
    open(later)?.close()
    const again = ledgerOn(open(later), later)
    expect(again.account('all').meter.spent('month', later).requests).toBe(500)
    const database = new DatabaseSync(file())
    expect(Number(database.prepare('SELECT count(*) AS rows FROM spend').get()?.['rows'])).toBeLessThan(5)
    database.close()
  })
})

describe('the file', () => {
  test('can be read by the user alone', () => {
    ledgerOn(open()).hold(entry('one'))
    const modes = readdirSync(join(folder, 'state')).map((name) => statSync(join(folder, 'state', name)).mode & 0o777)
    expect(new Set(modes)).toEqual(new Set([0o600]))
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700)
  })

  test.each([
    [
      'no database',
      () => writeFileSync(file(), 'this is not a database at all, but a long text of somebody'.repeat(9)),
    ],
    ['a folder', () => mkdirSync(file())],
    ['of a later version', () => new DatabaseSync(file()).exec('PRAGMA user_version = 999')],
  ])('%s: that is told, and counting goes on in memory', (_name, spoil) => {
    open()?.close()
    for (const each of readdirSync(join(folder, 'state'))) rmSync(join(folder, 'state', each), { recursive: true })
    spoil()
    const store = open()
    expect(store).toBeUndefined()
    expect(told[0]).toContain('cannot be kept')
    const ledger = ledgerOn(store)
    ledger.hold(entry('one'))
    ledger.settle(entry('one'), NOW, SPENT)
    expect(ledger.account('all').meter.spent('day', NOW)).toEqual(SPENT)
  })

  test('that breaks while it is used is told once, and counting goes on', () => {
    const ledger = ledgerOn(open())
    const database = new DatabaseSync(file())
    database.exec('DROP TABLE hold')
    for (const id of ['one', 'two']) ledger.hold(entry(id))
    for (const id of ['one', 'two']) ledger.settle(entry(id), NOW, SPENT)
    expect(told.length).toBe(1)
    expect(ledger.account('all').meter.spent('day', NOW).requests).toBe(2)
    database.close()
  })

  test.skipIf(process.getuid?.() === 0)('in a folder that cannot be written to is told', () => {
    chmodSync(folder, 0o500)
    expect(open()).toBeUndefined()
    chmodSync(folder, 0o700)
    expect(told[0]).toContain('cannot be kept')
  })
})

test('finished calls are kept, without anything that was said', () => {
  const store = open()
  store?.usage.record({
    id: 'call_1',
    startedAt: NOW,
    durationMs: 5,
    requested: 'm',
    status: 200,
    fallback: false,
    stream: true,
    relayed: true,
  })
  store?.close()
  const database = new DatabaseSync(file())
  expect(
    database
      .prepare('SELECT id, at, status FROM call')
      .all()
      .map((row) => ({ ...row })),
  ).toEqual([{ id: 'call_1', at: NOW, status: 200 }])
  database.close()
})
