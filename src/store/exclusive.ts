import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long another process may take for what nobody else may do meanwhile. */
const PATIENCE_MS = 5000

/**
 * Does `work` while no other process does such work by the same `file`, which holds nothing: the lock is SQLite's, and ends with
 * the process that has it. Where there can be no lock, the work is done without.
 */
export function exclusively<Result>(file: string, work: () => Result): Result {
  const lock = take(file)
  try {
    return work()
  } finally {
    lock?.close()
  }
}

function take(file: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
    database = new DatabaseSync(file)
    database.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; BEGIN EXCLUSIVE`)
    return database
  } catch {
    // Whether anything can be written there, the work itself will tell.
    database?.close()
    return undefined
  }
}
