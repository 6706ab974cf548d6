import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { run, type Ended, type Scratch } from './agent.ts'

/** The native program itself; undefined where `test/client` is not installed. */
export const OPENCODE = [
  `opencode-${process.platform}-${process.arch}`,
  `opencode-${process.platform}-${process.arch}-baseline`,
]
  .map((name) => join(import.meta.dir, `node_modules/${name}/bin/opencode`))
  .find((path) => existsSync(path))

export interface OpencodeRun extends Ended {
  readonly events: readonly OpencodeEvent[]
  /** What it said last. */
  readonly text: string
}

export interface OpencodeEvent {
  readonly type: string
  readonly part?: { readonly type: string; readonly text?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

/** How opencode speaks to its provider: one of the packages that it brings. */
export type OpencodePackage = '@ai-sdk/openai-compatible' | '@ai-sdk/anthropic' | '@ai-sdk/openai'

/** Runs opencode without a terminal and reads its events. `url`: the base of its only provider, `/v1` and all. */
export async function runOpencode(
  opencode: string,
  prompt: string,
  { home, work }: Scratch,
  { url, npm }: { url: string; npm: OpencodePackage },
  timeoutMs = 60_000,
): Promise<OpencodeRun> {
  await writeFile(join(work, 'opencode.json'), JSON.stringify(configOf(url, npm)))
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_STATE_HOME: join(home, '.local/state'),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    // Nothing is looked up: nobody listens there.
    npm_config_registry: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1,localhost',
  }
  const command = [opencode, 'run', '--format', 'json', '-m', 'scripted/scripted-model', prompt]
  const ended = await run(command, { cwd: work, env, timeoutMs })
  const events = ended.stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as OpencodeEvent] : []))
  return { ...ended, events, text: events.findLast(({ part }) => part?.type === 'text')?.part?.text ?? '' }
}

function configOf(url: string, npm: OpencodePackage) {
  const model = {
    name: 'scripted-model',
    tool_call: true,
    attachment: true,
    reasoning: true,
    modalities: { input: ['text', 'image'], output: ['text'] },
    limit: { context: 200_000, output: 8_000 },
  }
  return {
    share: 'disabled',
    autoupdate: false,
    permission: { '*': 'allow' },
    provider: {
      scripted: {
        npm,
        name: 'scripted',
        options: { baseURL: url, apiKey: 'scripted-key' },
        models: { 'scripted-model': model },
      },
    },
  }
}
