import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MIGRATIONS } from './migrations.ts'

/**
 * Opens, or makes, the database of this user's state, which several processes may have open, and brings it up to date. Only
 * the user can read it. Throws where it cannot be used.
 */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite gives its other files the mode of this one.
  closeSync(openSync(file, 'a', 0o600))
  const database = new DatabaseSync(file)
  try {
    // A killed process loses nothing by it; a power cut may lose the last moments, never the file.
    database.exec('PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Runs `work` as a whole or not at all. */
export function inOne(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** Whether it failed for want of room, and may be tried again when there is some. */
export function isFull(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  // What SQLite shares between processes lies in a file that it could not make longer.
  return errcode === FULL || errcode === SHARED_MEMORY_SIZE || code === 'ENOSPC'
}

const FULL = 13
const SHARED_MEMORY_SIZE = 4874

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // After some errors, a full disk's among them, SQLite has done so itself; the first error is the one to tell.
  }
}

function migrate(database: DatabaseSync): void {
  const version = (): number => Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version() === MIGRATIONS.length) return
  inOne(database, () => {
    const from = version()
    if (from > MIGRATIONS.length)
      throw new Error(`it was written by a later version of ccr (${from}; this one knows ${MIGRATIONS.length})`)
    for (const step of MIGRATIONS.slice(from)) database.exec(step)
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  })
}
