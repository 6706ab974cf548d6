import { describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSecret } from '../../src/cli/instance/secret.ts'
import { createDesk, type Desk, readUntil } from './program.ts'
import { isAlive, kill } from './service.ts'

async function startStubborn(desk: Desk, kind: string) {
  const configHome = join(desk.home, '.claude-code-router')
  await mkdir(configHome)
  makeSecret(configHome)
  const program = [process.execPath, join(import.meta.dir, 'stubborn.ts'), configHome, kind]
  const child = Bun.spawn(program, { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' })
  expect(await readUntil(child.stdout, /listens/)).toBe('listens\n')
  return { pid: child.pid, [Symbol.asyncDispose]: () => kill(child.pid) }
}

describe('ccr stop --now', () => {
  test.each([
    ['a service that hears and does not obey', 'deaf'],
    ['a service that answers no more once it is found', 'mute'],
    ['a service that obeys no SIGTERM either', 'stubborn'],
  ])(
    'ends %s by a signal, and says so',
    async (_, kind) => {
      await using desk = await createDesk()
      await using service = await startStubborn(desk, kind)
      const { code, stdout, stderr } = await desk.ccr(['stop', '--now'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`^ccr: the service at \\S+ \\(pid ${service.pid}\\) has ended, by a signal\n$`))
      expect(isAlive(service.pid)).toBe(false)
    },
    20_000,
  )
})
