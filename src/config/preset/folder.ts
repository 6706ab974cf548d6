import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import { readText } from '../read-text.ts'

/** A preset that is installed: a folder with a manifest. */
export interface Installed {
  /** What it is served as. */
  readonly name: string
  readonly directory: string
  /** What it says; a text: why it cannot be read. */
  readonly manifest: JsonObject | string
}

/** Where a preset's manifest stands. */
export function manifestFile(directory: string): string {
  return join(directory, 'manifest.json')
}

/** The presets of a folder; none if there is no such folder. */
export function installedPresets(folder: string): Installed[] {
  return foldersOf(folder).flatMap((entry) => {
    const directory = join(folder, entry)
    const manifest = readManifest(manifestFile(directory))
    if (manifest === undefined) return []
    const own = typeof manifest === 'string' ? undefined : asString(manifest['name'])?.trim()
    return { name: own || entry, directory, manifest }
  })
}

/** The manifest; why it cannot be used; nothing if there is none. */
export function readManifest(file: string): JsonObject | string | undefined {
  try {
    const value = Bun.JSON5.parse(readText(file)) as Json
    return isObject(value) ? value : 'the manifest is no object'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : message
  }
}

/** Whether a preset can be called so: its name is a part of a path, of a folder and of a URL. */
export function isPresetName(name: string): boolean {
  return name !== '' && !/[/\\?#%\p{Cc}]/u.test(name) && name !== '.' && name !== '..'
}

function foldersOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  } catch {
    // There are none, or they are not ours to read.
    return []
  }
}
