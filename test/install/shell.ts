import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The repository's root. */
export const ROOT = join(import.meta.dir, '../..')

/** A POSIX shell that install.sh must run in, and how to start it here; `command` is empty where there is none. */
export interface Shell {
  readonly name: string
  readonly command: readonly string[]
}

/** Shells that differ where it hurts. */
export const SHELLS: readonly Shell[] = [
  { name: 'dash', command: found('dash') },
  { name: 'bash', command: found('bash') },
  { name: 'busybox sh', command: found('busybox', 'sh') },
]

/** Any of the shells: for what does not depend on which. */
export const ANY_SHELL: Shell = SHELLS.find(({ command }) => command.length > 0) ?? { name: 'sh', command: ['sh'] }

/** What makes a command run as a user whom permissions hold back; `undefined` if we are root and cannot step down. */
export const COMMONER: readonly string[] | undefined =
  process.getuid?.() === 0 ? optional(found('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')) : []

/** How install.sh ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script in a shell with nothing of the caller's environment but a plain PATH. */
export function runScript(
  { command }: Shell,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Ended {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command, script, ...args], {
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
}

/** Runs a script that comes through a pipe, as from `curl … | sh`, while this process goes on: it may be the server. */
export async function pipeScript(
  { command }: Shell,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = Bun.spawn([...command, '-s', '--', ...args], {
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin', ...env },
    stdin: Buffer.from(script),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code, stdout, stderr }
}

/** A scratch folder whose name holds what shell scripts trip over; gone when the test is over. */
export function createScratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "ccr install 'ü' $x "))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes an executable script. */
export function writeScript(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

/** A folder with nothing on it but the named programs, for a PATH that lacks others. */
export function createToolbox(path: string, programs: readonly string[]): string {
  mkdirSync(path, { recursive: true })
  for (const program of programs) {
    const target = Bun.which(program)
    if (target) symlinkSync(target, join(path, program))
  }
  return path
}

function optional(command: readonly string[]): readonly string[] | undefined {
  return command.length > 0 ? command : undefined
}

function found(program: string, ...args: readonly string[]): readonly string[] {
  const path = Bun.which(program)
  return path ? [path, ...args] : []
}
