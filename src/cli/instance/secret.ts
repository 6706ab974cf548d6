import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomText } from '../../server/proof.ts'

/** The secret by which this user's instances are told from any other program, if there is one that nobody else can read. */
export function readSecret(configHome: string): string | undefined {
  try {
    const file = fileOf(configHome)
    const stats = lstatSync(file)
    if (!stats.isFile() || (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)) return undefined
    const text = readFileSync(file, 'utf8').trim()
    return /^[\w-]{32,}$/.test(text) ? text : undefined
  } catch {
    // Absent or unreadable: then nothing of this user can be recognised.
    return undefined
  }
}

/** The same, made if there is none. Throws the system's error where it cannot be written. */
export function makeSecret(configHome: string): string {
  const known = readSecret(configHome)
  if (known !== undefined) return known
  const file = fileOf(configHome)
  mkdirSync(configHome, { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.new`
  try {
    writeFileSync(temporary, `${randomText(32)}\n`, { mode: 0o600 })
    chmodSync(temporary, 0o600)
    // One that could be read by others is worth nothing any more.
    if (isThere(file)) renameSync(temporary, file)
    else place(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
  return readSecret(configHome) ?? unusable(file)
}

/** Of two processes that start at once, the first one's secret counts. */
function place(temporary: string, file: string): void {
  try {
    linkSync(temporary, file)
  } catch (error) {
    // Some file systems know no links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') renameSync(temporary, file)
  }
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

function unusable(file: string): never {
  throw new Error(`${file} stays readable for others`)
}

function fileOf(configHome: string): string {
  return join(configHome, '.instance-secret')
}
