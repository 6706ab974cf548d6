import { closeSync, existsSync, mkdirSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Json } from '../canonical/json.ts'
import { ConfigError, isError, locateProblems } from './diagnostic.ts'
import { addClientKey, addProvider } from './edit.ts'
import type { LoadOptions } from './load.ts'
import { configFile, loadConfig } from './load.ts'
import { readText } from './read-text.ts'
import { resolveConfig } from './resolve.ts'
import type { NewProvider } from './starter.ts'
import { endpointStarter } from './endpoint-starter.ts'
import { starterConfig } from './starter.ts'
import { writeWhole } from './write-whole.ts'

/** Writes the starter config, readable for the user alone. Never overwrites: `created` is false if there was a file. */
export function initConfig(
  options: LoadOptions,
  hasEndpoints = false,
): { readonly file: string; readonly created: boolean } {
  const file = configFile(options)
  return { file, created: create(file, hasEndpoints ? endpointStarter : starterConfig()) }
}

/**
 * Adds a provider to the config file, or makes one with it; gives the file's name. What stood in the file stays as it was
 * written, comments too. Throws `ConfigError`, and writes nothing, if the result could not be used.
 */
export function writeConfig(options: LoadOptions, provider: NewProvider): string {
  return change(options, (text) => addProvider(text, provider))
}

/** The same for a client key, of which only the hash is written. */
export function writeClientKey(options: LoadOptions, label: string, hash: string): string {
  return change(options, (text) => addClientKey(text, label, hash))
}

function change(options: LoadOptions, edit: (text: string) => string): string {
  const file = configFile(options)
  const exists = existsSync(file)
  // Says where a broken file is broken.
  if (exists) loadConfig(options)
  const text = edit(exists ? readText(file) : starterConfig())
  const { problems } = resolveConfig(Bun.JSON5.parse(text) as Json, options.env)
  if (problems.some(isError)) throw new ConfigError(locateProblems(problems, text, file))
  if (exists) writeWhole(realpathSync(file), text)
  else create(file, text)
  return file
}

function create(file: string, text: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const descriptor = openNew(file)
  if (descriptor === undefined) return false
  try {
    writeFileSync(descriptor, text)
  } catch (error) {
    // Half a config, or none, would be worse than no file.
    rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
  return true
}

function openNew(file: string): number | undefined {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}
