import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../../canonical/json.ts'
import { writeWhole } from '../../config/write-whole.ts'

/** Where to ask for an instance. Only a hint: whether it runs, and what it is, the port itself must prove. */
export interface RunFile {
  readonly instance: string
  readonly kind: Kind
  readonly url: string
  readonly pid: number
  /** It listens no more and lets its calls end. */
  readonly ending?: Ending
}

export interface Ending {
  /** When its process was born, which tells it from a later one of the same number. */
  readonly birth: string
  /** When the calls are cut that still run. */
  readonly until: number
}

/** A router that serves whoever asks, or one that lives as long as its `ccr code`. */
export type Kind = 'service' | 'code'

/** Notes an instance, readable for the user alone. Throws the system's error. */
export function writeRunFile(configHome: string, file: RunFile): void {
  const directory = directoryOf(configHome)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeWhole(join(directory, `${file.instance}.json`), JSON.stringify(file))
}

/** All instances that were noted, in the order in which they started. What cannot be read is left out. */
export function readRunFiles(configHome: string): RunFile[] {
  const directory = directoryOf(configHome)
  return namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => parse(join(directory, name)))
    .filter((file) => file !== undefined)
}

/** Forgets an instance; that it is forgotten already, or cannot be, is no matter. */
export function removeRunFile(configHome: string, instance: string): void {
  try {
    rmSync(join(directoryOf(configHome), `${instance}.json`), { force: true })
  } catch {
    // On a read-only disk it stays, and the port goes on to tell the truth.
  }
}

function parse(path: string): RunFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRunFile(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRunFile(value: unknown): value is RunFile {
  if (!isObject(value)) return false
  const { instance, kind, url, pid, ending } = value
  return (
    typeof instance === 'string' &&
    /^[\w-]+$/.test(instance) &&
    (kind === 'service' || kind === 'code') &&
    typeof url === 'string' &&
    /^http:\/\/[^/]+:\d+$/.test(url) &&
    Number.isSafeInteger(pid) &&
    (ending === undefined || isEnding(ending))
  )
}

function isEnding(value: unknown): value is Ending {
  return isObject(value) && typeof value['birth'] === 'string' && Number.isFinite(value['until'])
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted()
  } catch {
    return []
  }
}

function directoryOf(configHome: string): string {
  return join(configHome, 'run')
}
