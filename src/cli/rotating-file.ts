import {
  closeSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

export interface RotationOptions {
  /** How many bytes a file may hold before the next one is begun. Default 20 MB. */
  readonly limit?: number
  /** How many files are kept. Default 9. */
  readonly keep?: number
  readonly now?: () => Date
}

/** Lines in files by day and number: `ccr-20261122.log`, `ccr-20261122-2.log`. */
export interface RotatingFile {
  /** Throws what the system says. */
  append(line: string): void
}

/** The first line makes the directory and the file, for the user alone. Several processes may append to the same files. */
export function createRotatingFile(
  directory: string,
  { limit = 20_000_000, keep = 9, now = () => new Date() }: RotationOptions = {},
): RotatingFile {
  let open: Open | undefined
  return {
    append(line) {
      const time = now()
      const good = stillGood(open, time, limit)
      // If no other can be opened, nothing may be done with the number of the one that was closed: it is somebody else's by then.
      open = undefined
      open = good ?? openNext(directory, time, limit, keep)
      const bytes = Buffer.from(line)
      // One write for one line, so that lines of several processes do not mix.
      const written = writeSync(open.descriptor, bytes)
      open.size += written
      if (written < bytes.length) throw new Error('the disk is full')
    },
  }
}

interface Open {
  readonly descriptor: number
  readonly day: string
  size: number
  /** When the file was looked at, in milliseconds since 1970. */
  seenAt: number
}

/** Others write to the file, too, and may remove it: it is looked at again from time to time. */
const LOOK_AFTER_MS = 1000

function stillGood(open: Open | undefined, time: Date, limit: number): Open | undefined {
  if (!open) return undefined
  if (Math.abs(time.getTime() - open.seenAt) > LOOK_AFTER_MS) {
    const { nlink, size } = fstatSync(open.descriptor)
    open.seenAt = time.getTime()
    open.size = nlink === 0 ? Number.POSITIVE_INFINITY : size
  }
  if (open.day === dayOf(time) && open.size < limit) return open
  closeSync(open.descriptor)
  return undefined
}

function openNext(directory: string, time: Date, limit: number, keep: number): Open {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const day = dayOf(time)
  const number = filesOf(directory).findLast((file) => file.day === day)?.number ?? 1
  const path = join(directory, nameOf(day, number))
  const isFull = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= limit
  const descriptor = openSync(isFull ? join(directory, nameOf(day, number + 1)) : path, 'a', 0o600)
  const found = fstatSync(descriptor)
  // It may be there already, with other rights.
  if (found.isFile() && (found.mode & 0o077) !== 0 && process.platform !== 'win32') fchmodSync(descriptor, 0o600)
  for (const { name } of filesOf(directory).slice(0, -keep)) rmSync(join(directory, name), { force: true })
  return { descriptor, day, size: found.size, seenAt: time.getTime() }
}

/** The files there are, oldest first. */
function filesOf(directory: string): { readonly name: string; readonly day: string; readonly number: number }[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const [, day, number] = /^ccr-(\d{8})(?:-(\d+))?\.log$/.exec(name) ?? []
      return day === undefined ? [] : [{ name, day, number: Number(number ?? 1) }]
    })
    .toSorted((one, other) => one.day.localeCompare(other.day) || one.number - other.number)
}

function nameOf(day: string, number: number): string {
  return `ccr-${day}${number === 1 ? '' : `-${number}`}.log`
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll('-', '')
}
