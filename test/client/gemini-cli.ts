import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { run, type Ended, type Scratch } from './agent.ts'

const PROGRAM = join(import.meta.dir, 'node_modules/@google/gemini-cli/bundle/gemini.js')
const NODE = Bun.which('node')

/** The command that starts it; undefined where `test/client` is not installed, or Node.js. */
export const GEMINI_CLI = NODE && existsSync(PROGRAM) ? [NODE, PROGRAM] : undefined

export interface GeminiCliRun extends Ended {
  /** What it said last. */
  readonly text: string
}

/** Runs Gemini CLI without a terminal. `url`: the base of the only Gemini that it knows. */
export async function runGeminiCli(
  command: readonly string[],
  prompt: string,
  { home, work }: Scratch,
  url: string,
  timeoutMs = 60_000,
): Promise<GeminiCliRun> {
  await mkdir(join(home, '.gemini'), { recursive: true })
  await writeFile(join(home, '.gemini/settings.json'), JSON.stringify(SETTINGS))
  const env = {
    HOME: home,
    TMPDIR: home,
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: 'scripted-key',
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
    GEMINI_CLI_NO_RELAUNCH: 'true',
    NO_PROXY: '127.0.0.1,localhost',
  }
  // A model that is named is not chosen by another call.
  const flags = ['-m', 'scripted-model', '--approval-mode', 'yolo', '--skip-trust', '-o', 'json', '-p', prompt]
  const ended = await run([...command, ...flags], { cwd: work, env, timeoutMs })
  return { ...ended, text: responseIn(ended.stdout) }
}

const SETTINGS = {
  security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false },
}

function responseIn(stdout: string): string {
  try {
    return String((JSON.parse(stdout) as { response?: unknown }).response ?? '')
  } catch {
    // It ended before it said anything: the test shows why.
    return ''
  }
}
