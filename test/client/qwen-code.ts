import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { run, type Ended, type Scratch } from './agent.ts'

const PROGRAM = join(import.meta.dir, 'node_modules/@qwen-code/qwen-code/cli.js')
const NODE = Bun.which('node')

/** The command that starts it; undefined where `test/client` is not installed, or Node.js. */
export const QWEN_CODE = NODE && existsSync(PROGRAM) ? [NODE, PROGRAM] : undefined

export interface QwenCodeRun extends Ended {
  /** What it said last. */
  readonly text: string
}

/** Runs Qwen Code without a terminal. `url`: the base of its only provider, `/v1` and all. */
export async function runQwenCode(
  command: readonly string[],
  prompt: string,
  { home, work }: Scratch,
  url: string,
  timeoutMs = 60_000,
): Promise<QwenCodeRun> {
  const env = {
    HOME: home,
    TMPDIR: home,
    OPENAI_BASE_URL: url,
    OPENAI_API_KEY: 'scripted-key',
    OPENAI_MODEL: 'scripted-model',
    NO_PROXY: '127.0.0.1,localhost',
  }
  const flags = ['--auth-type', 'openai', '--approval-mode', 'yolo', '-o', 'json', '-m', 'scripted-model', '-p', prompt]
  const ended = await run([...command, ...flags], { cwd: work, env, timeoutMs })
  return { ...ended, text: resultIn(ended.stdout) }
}

function resultIn(stdout: string): string {
  try {
    const events = JSON.parse(stdout) as readonly { type: string; result?: unknown }[]
    return String(events.findLast(({ type }) => type === 'result')?.result ?? '')
  } catch {
    // It ended before it said anything: the test shows why.
    return ''
  }
}
