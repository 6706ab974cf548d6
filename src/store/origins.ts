import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Origin } from '../canonical/request.ts'
import type { Log } from '../platform/ports.ts'
import type { OriginStore } from './origin-store.ts'

/** As many signatures as a hundred long sessions have. */
const MOST = 20_000

/**
 * Keeps the newest signatures' hashes in memory and, if there is a `file`, appends them to it (mode 0600), so that
 * they are known after a restart. The file is read when first asked, and rewritten when it holds twice too many.
 */
export function createOriginStore(file?: string, log?: Log): OriginStore {
  const origins = new Map<string, Origin>()
  let loading: Promise<void> | undefined
  let writing = Promise.resolve()
  let lines: string[] = []

  const keep = (hash: string, origin: Origin): void => {
    origins.delete(hash)
    origins.set(hash, origin)
    const oldest = origins.size > MOST ? origins.keys().next().value : undefined
    if (oldest !== undefined) origins.delete(oldest)
  }
  const load = async (path: string): Promise<void> => {
    const text = await readFile(path, 'utf8').catch(emptyIfAbsent)
    const known = text.split('\n')
    // What was learnt meanwhile is newer than what the file says.
    const newer = [...origins]
    for (const line of known) readLine(line, keep)
    for (const [hash, origin] of newer) keep(hash, origin)
    if (known.length > 2 * MOST) await rewrite(path, origins)
  }
  const flush = async (path: string): Promise<void> => {
    const text = lines.join('')
    lines = []
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await appendFile(path, text, { mode: 0o600 })
  }
  const tell = (cause: unknown): void => {
    log?.('warn', `what reasoning was signed by whom is not kept: ${String(cause)}`, { file })
  }

  return {
    async get(signature) {
      if (file !== undefined) await (loading ??= load(file).catch(tell))
      return origins.get(hashOf(signature))
    },
    set(signature, origin) {
      const hash = hashOf(signature)
      const known = origins.get(hash)
      if (known?.provider === origin.provider && known.model === origin.model) return
      keep(hash, origin)
      if (file === undefined) return
      lines.push(`${JSON.stringify([hash, origin.provider, origin.model])}\n`)
      if (lines.length === 1) writing = writing.then(() => flush(file)).catch(tell)
    },
  }
}

function readLine(line: string, keep: (hash: string, origin: Origin) => void): void {
  if (!line.startsWith('["') || !line.endsWith('"]')) return
  try {
    const [hash, provider, model] = JSON.parse(line) as [string, string, string]
    keep(hash, { provider, model })
  } catch {
    // The last line of a process that was killed may be half; it is one signature.
  }
}

async function rewrite(path: string, origins: ReadonlyMap<string, Origin>): Promise<void> {
  const text = [...origins]
    .map(([hash, { provider, model }]) => `${JSON.stringify([hash, provider, model])}\n`)
    .join('')
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
