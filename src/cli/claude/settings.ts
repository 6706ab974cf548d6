import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { detours } from './environment.ts'

/** Where Claude Code reads its settings from. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly directory: string
}

/** Settings that lead Claude Code past the router, and which of them do. */
export interface Conflict {
  /** A file, or `--settings`. */
  readonly source: string
  readonly keys: readonly string[]
}

/** The settings files of the user, the project and this checkout of it. Claude Code reads those of the directory and of the repository's root. */
export function settingsFiles({ env, home, directory }: Places): string[] {
  const ofUser = join(env['CLAUDE_CONFIG_DIR'] || join(home, '.claude'), 'settings.json')
  const folders = parents(directory).map((parent) => join(parent, '.claude'))
  return [
    ...new Set([
      ofUser,
      ...folders.flatMap((folder) => [join(folder, 'settings.json'), join(folder, 'settings.local.json')]),
    ]),
  ]
}

/** Managed settings, which nothing overrides, that lead Claude Code past the router. A second credential does not: ours is sent as well. */
export function managedConflicts(directory = managedDirectory()): Conflict[] {
  const files = [join(directory, 'managed-settings.json'), ...jsonFiles(join(directory, 'managed-settings.d'))]
  return files.flatMap((file) => conflictIn(file, readSettings(file), []))
}

/** What in `settings` leads past the router, or adds a second credential under a name of `credentials`. */
export function conflictIn(
  source: string,
  settings: JsonObject | undefined,
  credentials: readonly string[] = ['ANTHROPIC_API_KEY', 'apiKeyHelper'],
): Conflict[] {
  const env = isObject(settings?.['env']) ? settings['env'] : {}
  const keys = [
    // Also an empty one: then there is no address at all.
    ...['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN'].filter((name) => env[name] !== undefined),
    ...detours.filter((name) => isOn(env[name])),
    ...credentials.filter((name) => isOn(env[name]) || isOn(settings?.[name])),
  ]
  return keys.length === 0 ? [] : [{ source, keys }]
}

/** The settings in `file`; `undefined` if there is none, or none that can be read: that is for Claude Code to say. */
export function readSettings(file: string): JsonObject | undefined {
  try {
    return parseSettings(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** The settings that `text` spells, if it does. */
export function parseSettings(text: string): JsonObject | undefined {
  try {
    const value: unknown = Bun.JSONC.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
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

function parents(directory: string): string[] {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...parents(parent)]
}

function isOn(value: unknown): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(String(value).toLowerCase())
}
