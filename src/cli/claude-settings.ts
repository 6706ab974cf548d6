import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isObject, type JsonObject } from '../canonical/json.ts'
import { type Access, detours, extendNoProxy } from './claude-environment.ts'

/** Where Claude Code reads its settings from. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly directory: string
}

/** Arguments that make Claude Code use the router whatever its settings files say. */
export interface Override {
  readonly args: readonly string[]
  /** Removes the file that the arguments name. */
  remove(): void
}

/**
 * Settings beat the environment, and `--settings` beats those of the user, the project and the local file: measured.
 * Only the last `--settings` counts, so one that the user gave is merged into ours. The key goes through a private
 * file, since everybody can read the arguments of a process.
 */
export function overrideSettings(args: readonly string[], access: Access, places: Places): Override {
  const given = givenSettings(args, places.directory)
  // Claude Code says itself what is wrong with it, and does not start.
  if (given?.settings === undefined && given) return { args, remove: () => {} }
  const directory = mkdtempSync(join(tmpdir(), 'ccr-'))
  const file = join(directory, 'settings.json')
  writeFileSync(file, JSON.stringify(merge(given?.settings ?? {}, access, noProxyOf(places))), { mode: 0o600 })
  return {
    args: given ? args.with(given.index, given.prefix + file) : ['--settings', file, ...args],
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** A file of the machine's administrator that sends Claude Code elsewhere, and what in it does so. */
export interface Conflict {
  readonly file: string
  readonly keys: readonly string[]
}

/** Managed settings that nothing overrides and that would keep Claude Code away from the router. */
export function managedConflicts(directory = managedDirectory()): Conflict[] {
  const files = [join(directory, 'managed-settings.json'), ...jsonFiles(join(directory, 'managed-settings.d'))]
  return files.map((file) => ({ file, keys: detoursOf(readSettings(file)) })).filter(({ keys }) => keys.length > 0)
}

function merge(settings: JsonObject, access: Access, noProxy: string): JsonObject {
  const env = isObject(settings['env']) ? settings['env'] : {}
  const given = extendNoProxy([noProxy, textOf(env['NO_PROXY']), textOf(env['no_proxy'])])
  return {
    ...settings,
    env: {
      ...env,
      ...Object.fromEntries(detours.map((name) => [name, ''])),
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_BASE_URL: access.url,
      ANTHROPIC_AUTH_TOKEN: access.key,
      NO_PROXY: given,
      no_proxy: given,
    },
    apiKeyHelper: '',
  }
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
  const index = options.findLastIndex((arg) => arg === '--settings' || arg.startsWith('--settings='))
  const option = options[index]
  if (option === undefined) return undefined
  const prefix = option === '--settings' ? '' : '--settings='
  const place = prefix === '' ? index + 1 : index
  const value = args[place]?.slice(prefix.length)
  if (value === undefined) return { index: place, prefix, settings: undefined }
  const settings = value.trimStart().startsWith('{') ? parse(value) : readSettings(resolve(directory, value))
  return { index: place, prefix, settings }
}

function noProxyOf({ env, home, directory }: Places): string {
  const files = [join(env['CLAUDE_CONFIG_DIR'] || join(home, '.claude'), 'settings.json')]
  for (const parent of parents(directory)) {
    files.push(join(parent, '.claude', 'settings.json'), join(parent, '.claude', 'settings.local.json'))
  }
  const variables = files.map((file) => readSettings(file)?.['env']).filter(isObject)
  return extendNoProxy([env, ...variables].flatMap((from) => [textOf(from['NO_PROXY']), textOf(from['no_proxy'])]))
}

function parents(directory: string): string[] {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...parents(parent)]
}

function managedDirectory(): string {
  if (process.platform === 'darwin') return '/Library/Application Support/ClaudeCode'
  return process.platform === 'win32' ? 'C:\\Program Files\\ClaudeCode' : '/etc/claude-code'
}

function jsonFiles(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'))
    return names.toSorted().map((name) => join(directory, name))
  } catch {
    return []
  }
}

function detoursOf(settings: JsonObject | undefined): string[] {
  const env = settings?.['env']
  if (!isObject(env)) return []
  return [
    ...['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN'].filter((name) => env[name] !== undefined),
    ...detours.filter((name) => isOn(env[name])),
  ].map((name) => `env.${name}`)
}

function isOn(value: unknown): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(String(value).toLowerCase())
}

/** The settings in `file`; `undefined` if there is none, or none that can be read: that is for Claude Code to say. */
function readSettings(file: string): JsonObject | undefined {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = Bun.JSONC.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
