import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { type Access, detours, extendNoProxy, includesLoopback } from './environment.ts'
import { type Conflict, conflictIn, parseSettings, type Places, readSettings, settingsFiles } from './settings.ts'

/** Arguments with which Claude Code uses the router whatever its settings say. */
export interface Override {
  readonly args: readonly string[]
  /** What had to be overridden; empty: nothing, and `args` are the user's own. */
  readonly conflicts: readonly Conflict[]
  /** Removes the file that `args` name. */
  remove(): void
}

/**
 * Settings beat the environment, and `--settings` beats those of the user, the project and the local file (measured
 * with 2.1.330). Only the last `--settings` counts, so one that the user gave is merged into ours. The key goes through
 * a private file: everybody can read the arguments of a process.
 */
export function overrideSettings(args: readonly string[], access: Access, places: Places): Override {
  const given = givenSettings(args, places.directory)
  const sources = settingsFiles(places).map((file): Source => ({ name: file, settings: readSettings(file) }))
  if (given) sources.push({ name: '--settings', settings: given.settings })
  const conflicts = sources.flatMap(({ name, settings }) => [
    ...conflictIn(name, settings),
    ...proxyConflict(name, settings),
  ])
  // What cannot be read is for Claude Code to refuse.
  if (conflicts.length === 0 || (given && !given.settings)) return { args, conflicts: [], remove: () => {} }

  const noProxy = extendNoProxy([places.env, ...sources.map(({ settings }) => envOf(settings))].flatMap(noProxyIn))
  const directory = mkdtempSync(join(tmpdir(), 'ccr-'))
  const file = join(directory, 'settings.json')
  writeFileSync(file, JSON.stringify(routed(given?.settings ?? {}, access, noProxy)), { mode: 0o600 })
  return {
    args: given ? args.with(given.index, given.prefix + file) : ['--settings', file, ...args],
    conflicts,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** `settings` as they must be for Claude Code to talk to the router. An empty value switches off what a weaker file sets. */
function routed(settings: JsonObject, access: Access, noProxy: string): JsonObject {
  return {
    ...settings,
    env: {
      ...envOf(settings),
      ...Object.fromEntries([...detours, 'ANTHROPIC_API_KEY'].map((name) => [name, ''])),
      ANTHROPIC_BASE_URL: access.url,
      ANTHROPIC_AUTH_TOKEN: access.key,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    },
    apiKeyHelper: '',
  }
}

interface Source {
  readonly name: string
  readonly settings: JsonObject | undefined
}

interface Given {
  /** Which argument names the settings, and what stands before them in it. */
  readonly index: number
  readonly prefix: string
  /** Absent: they cannot be read. */
  readonly settings: JsonObject | undefined
}

function givenSettings(args: readonly string[], directory: string): Given | undefined {
  const end = args.indexOf('--')
  const options = end < 0 ? args : args.slice(0, end)
  const last = options.findLastIndex((arg) => arg === '--settings' || arg.startsWith('--settings='))
  if (last < 0) return undefined
  const prefix = options[last] === '--settings' ? '' : '--settings='
  const index = prefix === '' ? last + 1 : last
  const value = options[index]?.slice(prefix.length) ?? ''
  const settings = value.trimStart().startsWith('{') ? parseSettings(value) : readSettings(resolve(directory, value))
  return { index, prefix, settings }
}

/** A list of hosts without this machine, where a proxy may be set: it replaces ours. */
function proxyConflict(source: string, settings: JsonObject | undefined): Conflict[] {
  const env = envOf(settings)
  const keys = ['NO_PROXY', 'no_proxy'].filter((name) => typeof env[name] === 'string' && !includesLoopback(env[name]))
  return keys.length === 0 ? [] : [{ source, keys }]
}

function envOf(settings: JsonObject | undefined): JsonObject {
  return isObject(settings?.['env']) ? settings['env'] : {}
}

function noProxyIn(env: Readonly<Record<string, unknown>>): (string | undefined)[] {
  return [env['NO_PROXY'], env['no_proxy']].map((value) => (typeof value === 'string' ? value : undefined))
}
