import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { run, type Ended, type Scratch } from './agent.ts'

/** The native program itself, which needs no post-install script; undefined where `test/client` is not installed. */
export const CLAUDE = [`${process.platform}-${process.arch}`]
  .map((platform) => join(import.meta.dir, `node_modules/@anthropic-ai/claude-code-${platform}/claude`))
  .find((path) => existsSync(path))

/** What Claude Code says of a run in its last JSON line. */
export interface ClaudeResult {
  readonly subtype: string
  readonly is_error: boolean
  readonly result: string
  readonly num_turns: number
  readonly usage: ClaudeUsage
  readonly modelUsage: Readonly<Record<string, unknown>>
}

export interface ClaudeUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation_input_tokens: number
}

export interface ClaudeRun extends Ended {
  readonly events: readonly ClaudeEvent[]
  readonly result: ClaudeResult | undefined
}

export interface ClaudeEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** Arguments for a headless run whose every event is a JSON line. */
export function claudeArguments(prompt: string): string[] {
  return [
    '-p',
    prompt,
    '--output-format',
    'stream-json',
    '--verbose',
    '--allowedTools',
    'Bash Read Write Edit Agent Task',
  ]
}

/** Keeps Claude Code from every look-up that is not a call to its model. */
export function quietClaude({ home }: Scratch): Record<string, string> {
  return {
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    NO_PROXY: '127.0.0.1,localhost',
  }
}

/** Runs Claude Code, or a launcher of it, and reads its events. */
export async function runClaude(
  command: readonly string[],
  { work }: Scratch,
  env: Readonly<Record<string, string>>,
  timeoutMs = 60_000,
): Promise<ClaudeRun> {
  const ended = await run(command, { cwd: work, env, timeoutMs })
  const events = ended.stdout.split('\n').flatMap(eventOf)
  const result = events.findLast((event) => event.type === 'result')
  return { ...ended, events, result: result as unknown as ClaudeResult | undefined }
}

/** Lines that are no event (a launcher's own words) are left to `stdout`. */
function eventOf(line: string): ClaudeEvent[] {
  if (!line.startsWith('{')) return []
  return [JSON.parse(line) as ClaudeEvent]
}
