import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { executable } from '../client/agent.ts'

/** A HOME of its own with a folder to work in. The environment holds nothing of the caller's but PATH. */
export interface Desk extends AsyncDisposable {
  readonly root: string
  readonly home: string
  readonly work: string
  readonly env: Record<string, string>
  /** Writes a file below `root`, with its folders. */
  write(path: string, content: string | object, mode?: number): Promise<string>
  /** Runs the executable to its end. */
  ccr(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Starts it. */
  spawn(args: readonly string[], options?: RunOptions): Promise<Bun.Subprocess<'ignore', 'pipe', 'pipe'>>
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Sets up a desk; `await using` clears it away. */
export async function createDesk(): Promise<Desk> {
  const root = await mkdtemp(join(tmpdir(), 'ccr-cli-'))
  const [home, work, temporary] = [join(root, 'home'), join(root, 'work'), join(root, 'tmp')]
  await Promise.all([home, work, temporary].map((directory) => mkdir(directory)))
  const program = await executable()
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: temporary }
  const spawn = async (args: readonly string[], options: RunOptions = {}) =>
    Bun.spawn([program, ...args], {
      cwd: options.cwd ?? work,
      env: { ...env, ...options.env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
  return {
    root,
    home,
    work,
    env,
    spawn,
    write: async (path, content, mode = 0o644) => {
      const file = join(root, path)
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
      await chmod(file, mode)
      return file
    },
    ccr: async (args, options) => {
      const child = await spawn(args, options)
      const [stdout, stderr, code] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ])
      return { code, stdout, stderr }
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

/** What a program has written to `stream` up to and with the first match; all of it if it ends before. */
export async function readUntil(stream: ReadableStream<Uint8Array<ArrayBuffer>>, pattern: RegExp): Promise<string> {
  let text = ''
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  while (!pattern.test(text)) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
  }
  return text
}

/** A config whose only provider is at `url`. */
export function configOf(url = 'http://127.0.0.1:9', more: object = {}): object {
  return {
    LOG: false,
    Providers: [
      { name: 'lab', api_base_url: `${url}/v1/chat/completions`, api_key: 'lab-key-1', models: ['lab-model'] },
    ],
    Router: { default: 'lab,lab-model' },
    ...more,
  }
}

/** Where the config stands below a desk's root. */
export const CONFIG = 'home/.claude-code-router/config.json'

/** What the fake Claude Code was started with. */
export interface Started {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The settings file that `--settings` named, as it was while it ran. */
  readonly settings?: { readonly text: string; readonly mode: string }
  readonly input: string
}

/** Puts a `claude` on the desk that notes what it was started with, then runs `action`. */
export async function installClaude(desk: Desk, action = 'exit 0', place = 'home/.local/bin/claude'): Promise<string> {
  const script = `#!/bin/sh
for arg in "$@"; do printf '%s\\0' "$arg"; done > '${desk.root}/args'
env -0 > '${desk.root}/env'
for file in "$@"; do case $file in *ccr-*/settings.json)
  file=\${file#--settings=}; cp "$file" '${desk.root}/settings'; stat -c %a "$file" "\${file%/*}" > '${desk.root}/modes';; esac; done
[ -t 0 ] || cat > '${desk.root}/input'
${action}
`
  return desk.write(place, script, 0o755)
}

/** What the fake noted. */
export async function startedWith(desk: Desk): Promise<Started> {
  const note = async (name: string): Promise<string> => readFile(join(desk.root, name), 'utf8').catch(() => '')
  const env = (await note('env')).split('\0').filter((line) => line !== '')
  const settings = await note('settings')
  return {
    args: (await note('args')).split('\0').slice(0, -1),
    env: Object.fromEntries(env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    input: await note('input'),
    ...(settings === '' ? {} : { settings: { text: settings, mode: (await note('modes')).trim() } }),
  }
}
