import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Log, LogLevel } from '../platform/ports.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly LogLevel[]

/** Lines of at least `level`, as `write` puts them somewhere. */
function atLeast(level: LogLevel, log: Log): Log {
  const least = levels.indexOf(level)
  return (given, message, fields) => {
    if (levels.indexOf(given) >= least) log(given, message, fields)
  }
}

/** Readable lines on the terminal, on stderr. */
export function terminalLog(level: LogLevel): Log {
  return atLeast(level, (given, message, fields = {}) => {
    const details = Object.entries(fields).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    console.error([`${given}:`, message, ...details].join(' '))
  })
}

/**
 * JSON lines in `<directory>/ccr-<time>.log`. The file is made with the first line; another follows when it holds
 * `limit` bytes; the nine newest are kept. A log that cannot be written says so once and stays silent.
 */
export function fileLog(directory: string, level: LogLevel, limit = 20_000_000): Log {
  let file: string | undefined
  let size = 0
  let broken = false
  return atLeast(level, (given, message, fields) => {
    if (broken) return
    const line = `${JSON.stringify({ time: new Date().toISOString(), level: given, message, ...fields })}\n`
    try {
      if (file === undefined || size > limit) {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
        prune(directory, 8)
        file = join(directory, nameOf(new Date()))
        size = 0
      }
      appendFileSync(file, line, { mode: 0o600 })
      size += line.length
    } catch (error) {
      broken = true
      console.error(`ccr: the log cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
}

/** Both. */
export function bothLogs(first: Log, second: Log): Log {
  return (level, message, fields) => {
    first(level, message, fields)
    second(level, message, fields)
  }
}

function nameOf(time: Date): string {
  return `ccr-${time.toISOString().replace(/\D/g, '')}-${process.pid}.log`
}

function prune(directory: string, keep: number): void {
  const files = readdirSync(directory).filter((name) => /^ccr-\d+.*\.log$/.test(name))
  for (const name of files.toSorted().slice(0, -keep)) rmSync(join(directory, name), { force: true })
}
