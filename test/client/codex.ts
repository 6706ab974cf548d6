import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { run, type Ended, type Scratch } from './agent.ts'

/** Where its packages keep the program. */
const TRIPLES: Readonly<Record<string, readonly (readonly [folder: string, triple: string])[]>> = {
  'linux-x64': [['linux-x64', 'x86_64-unknown-linux-musl']],
  'linux-arm64': [['linux-arm64', 'aarch64-unknown-linux-musl']],
  'darwin-x64': [['darwin-x64', 'x86_64-apple-darwin']],
  'darwin-arm64': [['darwin-arm64', 'aarch64-apple-darwin']],
}

/** The native program itself; undefined where `test/client` is not installed. */
export const CODEX = [`${process.platform}-${process.arch}`]
  .flatMap((platform) => TRIPLES[platform] ?? [])
  .map(([folder, triple]) => join(import.meta.dir, `node_modules/@openai/codex-${folder}/vendor/${triple}/bin/codex`))
  .find((path) => existsSync(path))

export interface CodexRun extends Ended {
  readonly events: readonly CodexEvent[]
  /** What it said last. */
  readonly text: string
}

export interface CodexEvent {
  readonly type: string
  readonly item?: { readonly type: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export interface CodexOptions {
  /** Base URL of its only provider, `/v1` and all. */
  readonly url: string
  /** Lines on top of its config. */
  readonly config?: readonly string[]
  /** Lines on top of what its config says of the provider. */
  readonly provider?: readonly string[]
}

/** Runs Codex without a terminal, with the whole scratch folder to itself, and reads its events. */
export async function runCodex(
  codex: string,
  prompt: string,
  { home, work }: Scratch,
  options: CodexOptions,
  timeoutMs = 60_000,
): Promise<CodexRun> {
  const folder = join(home, '.codex')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.toml'), configOf(options))
  const flags = ['--skip-git-repo-check', '--json', '--dangerously-bypass-approvals-and-sandbox']
  const env = { HOME: home, CODEX_HOME: folder, SCRIPTED_KEY: 'scripted-key', NO_PROXY: '127.0.0.1,localhost' }
  const ended = await run([codex, 'exec', ...flags, prompt], { cwd: work, env, timeoutMs })
  const events = ended.stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as CodexEvent] : []))
  const said = events.findLast(({ item }) => item?.type === 'agent_message')
  return { ...ended, events, text: String(said?.item?.['text'] ?? '') }
}

/** A model that it knows, so that all its tools are on offer; nothing that would look anything up. */
function configOf({ url, config = [], provider = [] }: CodexOptions): string {
  return [
    'model = "gpt-5.5"',
    'model_provider = "scripted"',
    'check_for_update_on_startup = false',
    ...config,
    '[model_providers.scripted]',
    ...(provider.some((line) => line.startsWith('name =')) ? [] : ['name = "scripted"']),
    `base_url = "${url}"`,
    'env_key = "SCRIPTED_KEY"',
    'wire_api = "responses"',
    ...provider,
    '[analytics]',
    'enabled = false',
    '[feedback]',
    'enabled = false',
    '[features]',
    'plugins = false',
    'apps = false',
    '',
  ].join('\n')
}
