import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../platform/ports.ts'

/** What is remembered by key, the newest of it, also after a restart. */
export interface KeptMap<Value> {
  get(key: string): Promise<Value | undefined>
  /** Known at once; resolves when it is in the file, too. Never rejects. */
  set(key: string, value: Value): Promise<void>
  delete(key: string): Promise<void>
  /** Resolves when all that is known is in the file. Never rejects. */
  settled(): Promise<void>
}

export interface KeptMapOptions<Value> {
  /** Absent: forgotten when the process ends. */
  readonly file?: string | undefined
  readonly log?: Log | undefined
  /** What is not kept if the file cannot be used, for the log. */
  readonly what: string
  /** Whether an entry that is missing may have been written by another process since. Default false. */
  readonly isShared?: boolean
  /** The most entries. */
  readonly most: number
  /** The most characters of all `lengthOf` together. */
  readonly mostCharacters?: number
  lengthOf?(value: Value): number
  /** A value as the rest of a line of JSON: strings alone. */
  encode(value: Value): readonly string[]
  decode(fields: readonly string[]): Value | undefined
}

/**
 * Keeps the newest entries in memory and, if there is a `file`, appends each to it (mode 0600), one line of JSON each, so
 * that a process that is killed loses nothing it has told anybody. The file is read when first asked, and rewritten when it
 * holds twice too many.
 */
export function createKeptMap<Value>(options: KeptMapOptions<Value>): KeptMap<Value> {
  const { file, log, what, most, mostCharacters = Number.POSITIVE_INFINITY, lengthOf = () => 0 } = options
  const entries = new Map<string, Value>()
  let characters = 0
  let written = 0
  let readBytes = -1
  let isLoaded = false
  let loading = Promise.resolve()
  let writing = Promise.resolve()
  let lines: string[] = []

  const forget = (key: string): void => {
    const value = entries.get(key)
    if (value !== undefined) characters -= lengthOf(value)
    entries.delete(key)
  }
  const keep = (key: string, value: Value): void => {
    forget(key)
    entries.set(key, value)
    characters += lengthOf(value)
    for (const oldest of entries.keys()) {
      if (entries.size <= most && characters <= mostCharacters) return
      forget(oldest)
    }
  }
  const readLine = (line: string): void => {
    const [key, ...fields] = fieldsOf(line)
    if (key === undefined) return
    const value = fields.length === 0 ? undefined : options.decode(fields)
    if (value === undefined) forget(key)
    else keep(key, value)
  }
  const rewrite = async (path: string): Promise<void> => {
    const text = [...entries].map(([key, value]) => lineOf(key, options.encode(value))).join('')
    await writeFile(`${path}.new`, text, { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  const load = async (path: string): Promise<void> => {
    const size = await sizeOf(path)
    if (size === readBytes) return
    readBytes = size
    const text = await readFile(path, 'utf8').catch(emptyIfAbsent)
    const known = text.split('\n')
    // What was learnt meanwhile is newer than what the file says.
    const newer = [...entries]
    for (const line of known) readLine(line)
    for (const [key, value] of newer) keep(key, value)
    if (known.length > 2 * most || text.length > 2 * mostCharacters) await rewrite(path)
  }
  const flush = async (path: string): Promise<void> => {
    const text = lines.join('')
    lines = []
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await appendFile(path, text, { mode: 0o600 })
    written += text.length
    if (written <= 2 * Math.min(mostCharacters, most * LONGEST_LINE)) return
    written = 0
    if (options.isShared) await load(path)
    await rewrite(path)
  }
  const tell = (cause: unknown): void => {
    log?.('warn', `${what} is not kept: ${String(cause)}`, { file })
  }
  const append = (line: string): Promise<void> => {
    if (file === undefined) return Promise.resolve()
    lines.push(line)
    // One write takes all the lines that have gathered until it begins.
    if (lines.length === 1) writing = writing.then(() => flush(file)).catch(tell)
    return writing
  }

  return {
    async get(key) {
      const known = entries.get(key)
      if (known !== undefined || file === undefined || (isLoaded && !options.isShared)) return known
      await (loading = loading.then(() => load(file)).catch(tell))
      isLoaded = true
      return entries.get(key)
    },
    async set(key, value) {
      const line = lineOf(key, options.encode(value))
      const known = entries.get(key)
      if (known !== undefined && lineOf(key, options.encode(known)) === line) return
      keep(key, value)
      await append(line)
    },
    async delete(key) {
      forget(key)
      await append(lineOf(key, []))
    },
    settled: () => writing,
  }
}

/** What a file of short entries may grow by for each, in characters. */
const LONGEST_LINE = 200

function lineOf(key: string, fields: readonly string[]): string {
  return `${JSON.stringify([key, ...fields])}\n`
}

function fieldsOf(line: string): string[] {
  if (!line.startsWith('["') || !line.endsWith('"]')) return []
  try {
    const fields = JSON.parse(line) as unknown[]
    return fields.every((field) => typeof field === 'string') ? fields : []
  } catch {
    // The last line of a process that was killed may be half; it is one entry.
    return []
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function emptyIfAbsent(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return ''
  throw cause
}
