import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../platform/ports.ts'
import type { OriginStore, Remembered } from './origin-store.ts'

/** As many signatures as a hundred long sessions have. */
const MOST = 20_000
/** As many characters of thoughts as fit into the longest windows. */
const MOST_CHARACTERS = 4_000_000

/**
 * Keeps the newest entries, by hash, in memory and, if there is a `file`, appends them to it (mode 0600), so that
 * they are known after a restart. The file is read when first asked, and rewritten when it holds twice too many.
 */
export function createOriginStore(file?: string, log?: Log): OriginStore {
  const origins = new Map<string, Remembered>()
  let characters = 0
  let written = 0
  let loading: Promise<void> | undefined
  let writing = Promise.resolve()
  let lines: string[] = []

  const forget = (hash: string): void => {
    characters -= lengthOf(origins.get(hash))
    origins.delete(hash)
  }
  const keep = (hash: string, remembered: Remembered): void => {
    forget(hash)
    origins.set(hash, remembered)
    characters += lengthOf(remembered)
    for (const oldest of origins.keys()) {
      if (origins.size <= MOST && characters <= MOST_CHARACTERS) return
      forget(oldest)
    }
  }
  const load = async (path: string): Promise<void> => {
    const text = await readFile(path, 'utf8').catch(emptyIfAbsent)
    const known = text.split('\n')
    // What was learnt meanwhile is newer than what the file says.
    const newer = [...origins]
    for (const line of known) readLine(line, keep)
    for (const [hash, origin] of newer) keep(hash, origin)
    if (known.length > 2 * MOST || text.length > 2 * MOST_CHARACTERS) await rewrite(path, origins)
  }
  const flush = async (path: string): Promise<void> => {
    const text = lines.join('')
    lines = []
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await appendFile(path, text, { mode: 0o600 })
    written += text.length
    if (written <= 2 * MOST_CHARACTERS) return
    written = 0
    await rewrite(path, origins)
  }
  const tell = (cause: unknown): void => {
    log?.('warn', `what reasoning was signed by whom is not kept: ${String(cause)}`, { file })
  }

  return {
    async get(key) {
      if (file !== undefined) await (loading ??= load(file).catch(tell))
      return origins.get(hashOf(key))
    },
    set(key, remembered) {
      const hash = hashOf(key)
      const line = lineOf(hash, remembered)
      const known = origins.get(hash)
      if (known && lineOf(hash, known) === line) return
      keep(hash, remembered)
      if (file === undefined) return
      lines.push(line)
      if (lines.length === 1) writing = writing.then(() => flush(file)).catch(tell)
    },
  }
}

function lineOf(hash: string, { provider, model, thought }: Remembered): string {
  return `${JSON.stringify([hash, provider, model, ...(thought ? [thought.text, thought.signature ?? ''] : [])])}\n`
}

function lengthOf(remembered: Remembered | undefined): number {
  return remembered?.thought?.text.length ?? 0
}

function readLine(line: string, keep: (hash: string, remembered: Remembered) => void): void {
  if (!line.startsWith('["') || !line.endsWith('"]')) return
  try {
    const [hash, provider, model, text, signature] = JSON.parse(line) as [string, string, string, string?, string?]
    keep(hash, { provider, model, ...(text && { thought: { text, ...(signature && { signature }) } }) })
  } catch {
    // The last line of a process that was killed may be half; it is one signature.
  }
}

async function rewrite(path: string, origins: ReadonlyMap<string, Remembered>): Promise<void> {
  const text = [...origins].map(([hash, remembered]) => lineOf(hash, remembered)).join('')
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

function emptyIfAbsent(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return ''
  throw cause
}

/** 53 bits: signatures are long random texts, so that two of a session never meet. */
function hashOf(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36)
}
