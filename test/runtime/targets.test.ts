import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { signatureProblems } from '../../.ci/macho-signature.ts'
import { version } from '../../package.json'
import { ROOT, createScratch, run } from '../client/agent.ts'

// An emulator on a busy machine takes seconds for what takes none elsewhere.
setDefaultTimeout(120_000)

// `.ci/targets` makes what runs the other targets here, and names the folder.
const folder = process.env['CCR_TARGETS']
const timeoutMs = 100_000

describe.each([
  ['linux-x64-musl', (path: string) => path],
  ['linux-arm64', (path: string) => path],
  ['windows-x64', (path: string) => `Z:${path.replaceAll('/', '\\')}`],
])('the executable of %s', (target, pathOf) => {
  const runner = join(folder ?? '', target, 'run')
  const isThere = folder !== undefined && existsSync(runner)

  test.skipIf(!isThere)('tells its version', async () => {
    await using scratch = await createScratch()
    const { code, stdout } = await run([runner, '--version'], {
      cwd: scratch.work,
      env: { HOME: scratch.home },
      timeoutMs,
    })
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: `ccr ${version}` })
  })

  test.skipIf(!isThere)('shows a whole conversation in `demo`', async () => {
    await using scratch = await createScratch()
    const { code, stdout } = await run([runner, 'demo'], { cwd: scratch.work, env: { HOME: scratch.home }, timeoutMs })
    expect(stdout).toContain('All of it was right: text, tool arguments, stop reasons, tokens.')
    expect(code).toBe(0)
  })

  test.skipIf(!isThere)('writes a starter config, once', async () => {
    await using scratch = await createScratch()
    const env = { HOME: scratch.home, CCR_HOME: pathOf(scratch.home) }
    const init = (): Promise<{ code: number | null }> =>
      run([runner, 'config', 'init'], { cwd: scratch.work, env, timeoutMs })
    expect((await init()).code).toBe(0)
    const written = readFileSync(join(scratch.home, 'config.json'), 'utf8')
    expect(written).toContain('Providers')
    expect((await init()).code).not.toBe(0)
    expect(readFileSync(join(scratch.home, 'config.json'), 'utf8')).toBe(written)
  })
})

describe.skipIf(folder === undefined)('the executables for macOS', () => {
  test.each(['darwin-x64', 'darwin-arm64'])('%s has an ad-hoc signature that covers all of it', (target) => {
    expect(signatureProblems(readFileSync(join(ROOT, 'dist', target, 'ccr')))).toEqual([])
  })
})

/** Where a format names the processor, and how: ELF, thin Mach-O, and PE by way of its header's place. */
const MACHINES: Readonly<Record<string, readonly [file: string, machine: (head: Buffer) => string]>> = {
  'linux-x64': ['ccr', elf],
  'linux-x64-musl': ['ccr', elf],
  'linux-arm64': ['ccr', elf],
  'linux-arm64-musl': ['ccr', elf],
  'darwin-x64': ['ccr', (head) => `${head.readUInt32LE(0).toString(16)} ${head.readUInt32LE(4).toString(16)}`],
  'darwin-arm64': ['ccr', (head) => `${head.readUInt32LE(0).toString(16)} ${head.readUInt32LE(4).toString(16)}`],
  'windows-x64': ['ccr.exe', pe],
  'windows-arm64': ['ccr.exe', pe],
}

test.skipIf(folder === undefined)('every file is for the system and the processor of its name', () => {
  const found = Object.entries(MACHINES).map(([target, [file, machine]]) => [
    target,
    machine(headOf(join(ROOT, 'dist', target, file))),
  ])
  expect(Object.fromEntries(found)).toEqual({
    'linux-x64': 'ELF 3e /lib64/ld-linux-x86-64.so.2',
    'linux-x64-musl': 'ELF 3e /lib/ld-musl-x86_64.so.1',
    'linux-arm64': 'ELF b7 /lib/ld-linux-aarch64.so.1',
    'linux-arm64-musl': 'ELF b7 /lib/ld-musl-aarch64.so.1',
    'darwin-x64': 'feedfacf 1000007',
    'darwin-arm64': 'feedfacf 100000c',
    'windows-x64': 'MZ PE 8664',
    'windows-arm64': 'MZ PE aa64',
  })
})

// Wine keeps a server, which would outlive the tests.
afterAll(() => {
  const windows = join(folder ?? '', 'windows-x64/run')
  if (folder !== undefined && existsSync(windows)) Bun.spawnSync([windows, '--stop'], { stderr: 'ignore' })
})

function elf(head: Buffer): string {
  const loader = /\/lib(?:64)?\/ld-[\w.-]+/.exec(head.toString('latin1'))?.[0]
  return `${head.toString('latin1', 1, 4)} ${head.readUInt16LE(18).toString(16)} ${loader}`
}

function pe(head: Buffer): string {
  const at = head.readUInt32LE(60)
  return `${head.toString('latin1', 0, 2)} ${head.toString('latin1', at, at + 2)} ${head.readUInt16LE(at + 4).toString(16)}`
}

function headOf(path: string): Buffer {
  const head = Buffer.alloc(8192)
  const file = openSync(path, 'r')
  readSync(file, head)
  closeSync(file)
  return head
}
