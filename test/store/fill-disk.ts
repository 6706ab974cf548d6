// Runs on a small disk of its own (`argv[2]`): keeps state, fills the disk, makes room again, and says what was told and is kept.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStateStore } from '../../src/store/sqlite.ts'

const disk = process.argv[2] as string
const file = join(disk, 'state.db')
const told: string[] = []
const log = (level: string, message: string): void => void told.push(`${level}: ${message.replaceAll(file, 'FILE')}`)
const store = openStateStore({ file, log, now: Date.now, retryMs: 20 })
if (!store) throw new Error(told.join('\n'))

const at = Date.now()
const amounts = { requests: 1, tokens: 9, cost: 0 }
const ask = (id: string): void => {
  store.journal.hold({ id, accounts: ['all'], at, amounts, least: amounts })
  store.journal.settle(id, [{ account: 'all', at, requests: 1, tokens: 5, cost: 0 }])
  store.usage.record({
    id,
    startedAt: at,
    durationMs: 1,
    requested: 'm'.repeat(900),
    status: 200,
    fallback: false,
    stream: false,
    relayed: false,
  })
}
const until = async (isSo: () => boolean): Promise<void> => {
  for (const end = Date.now() + 5000; !isSo() && Date.now() < end;) await Bun.sleep(5)
}

try {
  writeFileSync(join(disk, 'fill'), Buffer.alloc(4_000_000))
} catch (error) {
  told.push(String((error as NodeJS.ErrnoException).code))
}
for (let count = 0; count < 200; count++) ask(`${count}`)
await until(() => told.length > 1)
ask('still full')
rmSync(join(disk, 'fill'))
await until(() => told.length > 2)
store.close()

const database = new DatabaseSync(file)
const number = (query: string): number => Number(database.prepare(`SELECT ${query} AS number`).get()?.['number'])
const spent = number('(SELECT sum(requests) FROM spend)')
const calls = number('(SELECT count(*) FROM call)')
const held = number('(SELECT count(*) FROM hold)')
database.close()
console.log(JSON.stringify({ told, spent, calls, held }))
