import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Log } from '../platform/ports.ts'
import type { Provider } from '../provider/provider.ts'
import type { Group } from '../router/group.ts'
import type { RouteOverride } from '../router/route.ts'
import { isSafeSessionId } from '../router/session.ts'
import { checkAgainst } from './check.ts'
import { formatDiagnostic, isError, locateProblems, type Problem } from './diagnostic.ts'
import { readOverride } from './profiles.ts'
import { schemaText } from './schema-text.ts' with { type: 'macro' }

export interface OverrideOptions {
  /** Where the config lies; each project's overrides are in a folder of it, named like Claude's own. */
  readonly configHome: string
  /** Claude's folder of projects, each with its sessions' transcripts. */
  readonly projectsDirectory: string
  readonly providers: readonly Provider[]
  /** The named groups of the config, for rules. */
  readonly groups?: ReadonlyMap<string, Group>
  readonly log: Log
}

/**
 * What `Router`, `fallback` and `rules` say in the files of a session's project (`<project>/config.json`) and of the session itself
 * (`<project>/<session>.json`), for sessions whose project has such a folder. Read again when a file has changed; a
 * file that cannot be used is told in the log, once, and changes nothing.
 */
export function createOverrideReader(options: OverrideOptions): (sessionId: string) => readonly RouteOverride[] {
  const read = createFileReader(options)
  const projects = new Map<string, string>()
  return (sessionId) => {
    if (!isSafeSessionId(sessionId)) return []
    const project = projects.get(sessionId) ?? projectOf(sessionId, options)
    if (project === undefined) return []
    // Only what was found is remembered: the first request of a session may come before its transcript.
    projects.set(sessionId, project)
    const folder = join(options.configHome, project)
    const found = [
      read(join(folder, 'config.json'), 'project router'),
      read(join(folder, `${sessionId}.json`), 'session router'),
    ]
    return found.filter((override) => override !== undefined)
  }
}

function projectOf(sessionId: string, { configHome, projectsDirectory }: OverrideOptions): string | undefined {
  return foldersOf(configHome).find((name) => existsSync(join(projectsDirectory, name, `${sessionId}.jsonl`)))
}

function foldersOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

interface Known {
  readonly stamp: string
  readonly override: RouteOverride | undefined
}

function createFileReader(options: OverrideOptions): (file: string, from: string) => RouteOverride | undefined {
  const known = new Map<string, Known>()
  return (file, from) => {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (!stats) return undefined
    const stamp = `${stats.mtimeMs}/${stats.size}/${stats.ino}`
    const before = known.get(file)
    if (before?.stamp === stamp) return before.override
    const override = readFile(file, from, options)
    known.set(file, { stamp, override })
    return override
  }
}

function readFile(
  file: string,
  from: string,
  { providers, groups = new Map(), log }: OverrideOptions,
): RouteOverride | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    const value = Bun.JSON5.parse(text) as Json
    if (!isObject(value)) return undefined
    // Whatever else stands in such a file is not ours.
    const { Router = null, fallback = null, rules = null } = value
    const routes = { Router, fallback, rules }
    const problems = checkAgainst(JSON.parse(schemaText('override')) as object, routes)
    const sound = isSound(problems) ? routes : { ...routes, rules: null }
    const override = readOverride(sound, [], { providers, groups, problems, from })
    for (const problem of locateProblems(problems, text, file)) log('warn', formatDiagnostic(problem))
    return override
  } catch (error) {
    log('warn', `${file} is not used: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** Whether its rules are as they should be: of rules that are not, nothing is used. */
function isSound(problems: readonly Problem[]): boolean {
  return !problems.some((problem) => isError(problem) && problem.path[0] === 'rules')
}
