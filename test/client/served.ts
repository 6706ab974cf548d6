import { createUpstream, type Script, type Upstream } from '../helper/upstream.ts'
import { createScratch, executable, type Scratch } from './agent.ts'
import { configFor, writeConfig, type ServedProtocol } from './config.ts'

/** `ccr start` in front of a scripted provider. */
export interface Served extends AsyncDisposable {
  /** Where `ccr` listens. */
  readonly url: string
  readonly upstream: Upstream
  /** What it has said on stderr so far. */
  readonly stderr: () => string
}

type Router = Omit<Served, 'upstream'>

/** Starts the compiled executable on a free port, with a scratch HOME, and waits until it serves. */
export async function serve(protocol: ServedProtocol, script: Script): Promise<Served> {
  const scratch = await createScratch()
  const upstream = await createUpstream(script)
  const router = await startRouter(protocol, upstream, scratch)
  return {
    ...router,
    upstream,
    [Symbol.asyncDispose]: async () => {
      await router[Symbol.asyncDispose]()
      await Promise.all([upstream.close(), scratch[Symbol.asyncDispose]()])
    },
  }
}

/** `ccr start` in front of a provider that somebody else has started. */
export function startRouter(protocol: ServedProtocol, upstream: Upstream, scratch: Scratch): Promise<Router> {
  return startConfigured(configFor(protocol, upstream), scratch)
}

/** `ccr start` with a config; `env` comes on top of PATH and HOME. */
export async function startConfigured(
  config: unknown,
  scratch: Scratch,
  env: Readonly<Record<string, string>> = {},
): Promise<Router> {
  await writeConfig(scratch, config)
  const child = Bun.spawn([await executable(), 'start', '--port', '0'], {
    cwd: scratch.work,
    env: { PATH: process.env['PATH'] ?? '', HOME: scratch.home, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let stderr = ''
  void child.stderr
    .pipeThrough(new TextDecoderStream())
    .pipeTo(new WritableStream({ write: (text) => void (stderr += text) }))
  const url = await addressIn(child.stdout)
  if (!url) throw new Error(`ccr start ended with ${await child.exited} before it served:\n${stderr}`)
  return {
    url,
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

/** The URL in the first words of the program; undefined if it ends without one. */
async function addressIn(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string | undefined> {
  let said = ''
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    said += text
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? []
    if (url) return url
  }
  return undefined
}
