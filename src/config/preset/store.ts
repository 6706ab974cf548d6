import { copyFileSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { JsonObject } from '../../canonical/json.ts'
import { manifestFile } from './folder.ts'

/** What a folder of presets is to hold. */
export interface NewPreset {
  /** Where it shall stand. */
  readonly directory: string
  readonly manifest: JsonObject
  /** The folder whose other files belong to it. */
  readonly files?: string
}

/**
 * Writes a preset, whole or not at all, for the user alone; what stood there gives way. Gives the files that were not taken
 * along: those that lead elsewhere.
 */
export function storePreset({ directory, manifest, files }: NewPreset): string[] {
  const folder = dirname(directory)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Beside the folder of presets: what a crash leaves there is none of them.
  const [fresh, old] = [`${folder}.${process.pid}.new`, `${folder}.${process.pid}.old`]
  try {
    mkdirSync(fresh, { mode: 0o700 })
    const left = files === undefined ? [] : copyFiles(files, fresh)
    writeFileSync(manifestFile(fresh), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
    const isThere = lstatSync(directory, { throwIfNoEntry: false }) !== undefined
    if (isThere) renameSync(directory, old)
    renameSync(fresh, directory)
    return left
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    if (lstatSync(directory, { throwIfNoEntry: false })) rmSync(old, { recursive: true, force: true })
    else if (lstatSync(old, { throwIfNoEntry: false })) renameSync(old, directory)
  }
}

/** Takes a preset away; of one that is linked here, the link alone. */
export function removePreset(directory: string): void {
  rmSync(directory, { recursive: true })
}

const MOST_FILES = 500
const MOST_BYTES = 20_000_000
const NOT_TAKEN: ReadonlySet<string> = new Set(['manifest.json', '.git', 'node_modules'])

function copyFiles(from: string, to: string): string[] {
  const left: string[] = []
  const sum = { files: 0, bytes: 0 }
  const copy = (path: string): void => {
    for (const entry of readdirSync(join(from, path), { withFileTypes: true })) {
      const name = join(path, entry.name)
      if (path === '' && NOT_TAKEN.has(entry.name)) continue
      if (entry.isDirectory()) {
        mkdirSync(join(to, name), { mode: 0o700 })
        copy(name)
      } else if (entry.isFile()) {
        sum.files += 1
        sum.bytes += statSync(join(from, name)).size
        if (sum.files > MOST_FILES || sum.bytes > MOST_BYTES) throw new RangeError(`${from} is too large for a preset`)
        copyFileSync(join(from, name), join(to, name))
      } else left.push(name)
    }
  }
  copy('')
  return left
}
