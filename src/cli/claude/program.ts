import { join, resolve } from 'node:path'
import { Failure } from '../failure.ts'

/** Where to look for Claude Code: a path or a name on PATH that the user gave comes before the usual places. */
export interface ClaudePlaces {
  readonly configured: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/** The program `claude`. Throws a `Failure` with exit code 127 that says how to get it. */
export function findClaude({ configured, env, home }: ClaudePlaces): string {
  const wished = configured ?? (env['CLAUDE_PATH'] || undefined)
  const candidates = wished === undefined ? ['claude', ...usualPlaces.map((place) => join(home, place))] : [wished]
  for (const candidate of candidates) {
    const found = which(candidate, env['PATH'] ?? '', home)
    if (found !== null) return found
  }
  throw new Failure(wished === undefined ? missing : wrong(wished, configured !== undefined), 127)
}

const usualPlaces = ['.claude/local/claude', '.local/bin/claude']

const missing = `ccr: Claude Code was not found: there is no \`claude\` on PATH, in ~/.claude/local or in ~/.local/bin.
Install it with \`npm install -g @anthropic-ai/claude-code\`, or set CLAUDE_PATH to where it is.`

function wrong(path: string, inConfig: boolean): string {
  return `ccr: CLAUDE_PATH ${inConfig ? 'of the config file' : 'of the environment'} is ${path}, but there is no program of that name.
Put it right or remove it; Claude Code is installed with \`npm install -g @anthropic-ai/claude-code\`.`
}

function which(name: string, PATH: string, home: string): string | null {
  const path = name.replace(/^~(?=[/\\])/, home)
  return Bun.which(/[/\\]/.test(path) ? resolve(path) : path, { PATH })
}
