import type { Log, LogLevel } from '../platform/ports.ts'
import { printable } from './printable.ts'
import { createRotatingFile, type RotatingFile, type RotationOptions } from './rotating-file.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly LogLevel[]

/** Lines of at least `level`, as `write` puts them somewhere. */
function atLeast(level: LogLevel, log: Log): Log {
  const least = levels.indexOf(level)
  const isOn = (given: LogLevel): boolean => levels.indexOf(given) >= least
  const write: Log = (given, message, fields) => {
    if (isOn(given)) log(given, message, fields)
  }
  return Object.assign(write, { isOn })
}

/** Readable lines on the terminal, on stderr. */
export function terminalLog(level: LogLevel): Log {
  return atLeast(level, (given, message, fields = {}) => {
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    // What goes on in further lines cannot be taken for another message.
    const told = message.split('\n').map(printable).join('\n  ')
    console.error([`${given}:`, told, ...details.map(printable)].join(' '))
  })
}

/**
 * JSON lines in `<directory>/ccr-<day>.log`, which all processes of the user share. A log that cannot be written is told
 * once, and breaks nothing; a minute later it is tried again.
 */
export function fileLog(directory: string, level: LogLevel, options: RotationOptions = {}): Log {
  return lineLog(createRotatingFile(directory, options), level, options.now)
}

/** The same in a file that goes on when the level changes. */
export function lineLog(file: RotatingFile, level: LogLevel, now = () => new Date()): Log {
  let told = false
  let silentUntil = 0
  return atLeast(level, (given, message, fields) => {
    if (now().getTime() < silentUntil) return
    try {
      file.append(lineOf({ time: now().toISOString(), level: given, message, ...fields }))
    } catch (error) {
      silentUntil = now().getTime() + RETRY_MS
      if (!told)
        console.error(`ccr: the log cannot be written: ${error instanceof Error ? error.message : String(error)}`)
      told = true
    }
  })
}

/** Both. */
export function bothLogs(first: Log, second: Log): Log {
  const write: Log = (level, message, fields) => {
    first(level, message, fields)
    second(level, message, fields)
  }
  return Object.assign(write, { isOn: (level: LogLevel) => isWritten(first, level) || isWritten(second, level) })
}

/** A log that nothing is written to. */
export const noLog: Log = Object.assign(() => {}, { isOn: () => false })

function isWritten(log: Log, level: LogLevel): boolean {
  return log.isOn?.(level) ?? true
}

const RETRY_MS = 60_000
/** Longer texts are no message, but something that a provider sent. */
const LONGEST_TEXT = 4000

function lineOf(fields: Readonly<Record<string, unknown>>): string {
  const line = JSON.stringify(fields)
  if (line.length <= LONGEST_TEXT) return `${line}\n`
  const cut = (_: string, value: unknown): unknown =>
    typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value
  return `${JSON.stringify(fields, cut)}\n`
}
