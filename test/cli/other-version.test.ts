import { expect, test } from 'bun:test'
import { join } from 'node:path'
import manifest from '../../package.json'
import { CONFIG, configOf, createDesk, type Desk, installClaude, readUntil, startedWith } from './program.ts'
import { isAlive, kill, running } from './service.ts'

/** A service that runs from its sources, and so has another version than the executable. */
async function startOther(desk: Desk) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../src/main.ts'), 'start', '--port', '0'], {
    cwd: desk.work,
    env: desk.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const url = /http:\/\/\S+:\d+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
  return { url, pid: child.pid, exited: child.exited, [Symbol.asyncDispose]: () => kill(child.pid) }
}

test('ccr code does not join a service of another version, says why if asked to, and serves itself', async () => {
  await using desk = await createDesk()
  await desk.write(CONFIG, configOf())
  await using service = await startOther(desk)
  await installClaude(desk)
  const ended = await desk.ccr(['code'], { env: { CCR_DEBUG: '1' } })
  expect(ended).toMatchObject({
    code: 0,
    stderr: `ccr: ${service.url} is not used: it is version dev, this is ${manifest.version}\n`,
  })
  expect((await startedWith(desk)).env['ANTHROPIC_BASE_URL']).not.toBe(service.url)
})

test('a service of another version is seen with its version, ended by stop, and replaced by restart', async () => {
  await using desk = await createDesk()
  await desk.write(CONFIG, configOf())
  await using first = await startOther(desk)
  expect(await running(desk)).toMatchObject([{ url: first.url, version: 'dev' }])
  expect((await desk.ccr(['restart'])).code).toBe(0)
  expect(await first.exited).toBe(0)
  const [replaced] = await running(desk)
  expect(replaced).toMatchObject({ kind: 'service', version: manifest.version })
  expect((await desk.ccr(['stop'])).code).toBe(0)
  expect(isAlive(replaced?.pid ?? 0)).toBe(false)
  await using second = await startOther(desk)
  const stopped = await desk.ccr(['stop'])
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining(`(pid ${second.pid}) has ended\n`) })
  expect(await second.exited).toBe(0)
})
