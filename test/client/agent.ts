import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The repository's root. */
export const ROOT = join(import.meta.dir, '../..')

/** A scratch HOME and a working folder, gone when the test is over. */
export interface Scratch {
  readonly home: string
  readonly work: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Makes empty scratch folders. */
export async function createScratch(): Promise<Scratch> {
  const root = await mkdtemp(join(tmpdir(), 'ccr-client-'))
  const home = join(root, 'home')
  const work = join(root, 'work')
  await Promise.all([mkdir(home), mkdir(work)])
  return { home, work, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}

/** How a program ended. */
export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** Runs a program to its end with nothing of the caller's environment but PATH; kills it, and says so, after `timeoutMs`. */
export async function run(command: readonly string[], { cwd, env, timeoutMs }: RunOptions): Promise<Ended> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited])
  const killed = child.signalCode ? `\n(ended by ${child.signalCode}; the limit is ${timeoutMs} ms)` : ''
  return { code: child.exitCode, stdout, stderr: stderr + killed }
}

/** The compiled executable, built first if there is none; CCR_EXECUTABLE names another one. */
export async function executable(): Promise<string> {
  const named = process.env['CCR_EXECUTABLE']
  if (named) return named
  const path = join(ROOT, 'dist/ccr')
  if (existsSync(path)) return path
  const built = await run([process.execPath, 'run', 'build'], {
    cwd: ROOT,
    env: { HOME: tmpdir() },
    timeoutMs: 180_000,
  })
  if (built.code !== 0) throw new Error(`bun run build failed:\n${built.stderr || built.stdout}`)
  return path
}

function textOf(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(output).text()
}
