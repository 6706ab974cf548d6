import { describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { executable } from '../client/agent.ts'
import { CONFIG, configOf, createDesk, type Desk } from './program.ts'
import { startService } from './service.ts'

/** The two ways to start; each must tell the same. */
const ways = [
  ['in the foreground', []],
  ['in the background', ['--detach']],
] as const

/** Runs a start that must fail: within 2 s, with a code, without a word of success, and nothing left behind. */
async function failing(
  desk: Desk,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const first = await fail(desk, args, env)
  // A machine that was busy for a moment gets a second chance, the executable none.
  const { said, ms } = first.ms < LONGEST_MS ? first : await fail(desk, args, env)
  expect(ms).toBeLessThan(LONGEST_MS)
  return said
}

const LONGEST_MS = 2000

async function fail(desk: Desk, args: readonly string[], env: Readonly<Record<string, string>>) {
  const began = performance.now()
  const ended = await desk.ccr(['start', ...args], { env })
  const ms = performance.now() - began
  expect(ended).toMatchObject({ code: 1, stdout: '' })
  expect(processesOf(desk)).toEqual([])
  return { said: ended.stderr, ms }
}

function processesOf(desk: Desk): string[] {
  const { stdout } = Bun.spawnSync(['sh', '-c', `grep -lsz '^HOME=${desk.home}$' /proc/[0-9]*/environ || :`])
  return stdout.toString().split('\n').filter(Boolean)
}

describe.each(ways)('ccr start fails %s', (_name, way) => {
  test('a port that another program has, which is named', async () => {
    await using desk = await createDesk()
    using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('hello') })
    const said = await failing(desk, ['--port', String(other.port), ...way])
    expect(said).toContain(`port ${other.port} of 127.0.0.1 is taken: another program listens there`)
    expect(said).toContain(`pid ${process.pid}`)
    expect(said).toContain(`ccr start --port ${(other.port ?? 0) + 1}`)
  })

  test.each([
    ['that never answers', () => {}, 'a program that does not answer has it'],
    ['that speaks no HTTP', (socket: { end(text: string): void }) => socket.end('220 mail\r\n'), 'another program'],
  ])('a port of a program %s', async (_program, talk, message) => {
    await using desk = await createDesk()
    const server = createServer(talk)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await failing(desk, ['--port', String(port), ...way])).toContain(message)
    server.close()
  })

  test('a port of the older program', async () => {
    await using desk = await createDesk()
    const answers: Readonly<Record<string, object>> = {
      '/': { message: 'LLMs API', version: '1.0.51' },
      '/health': { status: 'ok', timestamp: '2025-01-01T00:00:00.000Z' },
    }
    using old = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => Response.json(answers[new URL(request.url).pathname] ?? {}),
    })
    const said = await failing(desk, ['--port', String(old.port), ...way])
    expect(said).toContain('Claude Code Router, the older program, runs there')
    expect(said).toContain(`kill ${process.pid}`)
  })

  test('the own service, which runs already', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    const ended = await desk.ccr(['start', '--port', String(service.port), ...way])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(`of yours runs there already (pid ${service.pid})`)
    expect(ended.stderr).toContain('ccr restart')
  })

  test.each([
    ['a broken config', '{ "Providers": [} }', /config\.json:1:17: /],
    ['a config that is no config', '[]', /config\.json:1:1: /],
    ['an empty config', '', /config\.json:1:1: /],
  ])('%s', async (_config, text, message) => {
    await using desk = await createDesk()
    await desk.write(CONFIG, text)
    expect(await failing(desk, ['--port', '0', ...way])).toMatch(message)
  })

  test('a config that is a folder', async () => {
    await using desk = await createDesk()
    await mkdir(join(desk.root, CONFIG), { recursive: true })
    expect(await failing(desk, ['--port', '0', ...way])).toContain('this is a directory, expected a file')
  })

  test.each([
    ['is not there', 'nowhere.pem', 'there is no such file'],
    ['holds no certificate', 'empty.pem', 'it holds no certificate'],
    ['holds half a certificate', 'half.pem', 'it holds no certificate'],
  ])('a file of certificates that %s', async (_file, name, message) => {
    await using desk = await createDesk()
    await desk.write('empty.pem', 'hello')
    await desk.write('half.pem', '-----BEGIN CERTIFICATE-----\nMIIB')
    const said = await failing(desk, ['--port', '0', ...way], { NODE_EXTRA_CA_CERTS: join(desk.root, name) })
    expect(said).toContain('NODE_EXTRA_CA_CERTS names ')
    expect(said).toContain(message)
  })

  test('an address that this machine has not', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf(undefined, { APIKEY: 'the-key-of-clients' }))
    expect(await failing(desk, ['--port', '0', '--host', '192.0.2.1', ...way])).toContain('has no address 192.0.2.1')
  })

  test.each([
    ['that nobody knows', 'no-such-host.invalid'],
    ['that is none', '::g'],
    ['with blanks', 'a b'],
  ])('a host name %s', async (_kind, host) => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf(undefined, { APIKEY: 'the-key-of-clients' }))
    const said = await failing(desk, ['--port', '0', '--host', host, ...way])
    expect(said).toStartWith('ccr: ')
    expect(said).toContain(host)
    expect(said).toContain('Use 127.0.0.1')
    expect(said).not.toContain('unexpected error')
  })
})

const isRoot = process.getuid?.() === 0 && Bun.which('setpriv') !== null

describe('as a user without rights', () => {
  /** Runs `ccr start` as nobody in particular. */
  async function asNobody(desk: Desk, args: readonly string[], env: Readonly<Record<string, string>>) {
    await chmod(desk.root, 0o755)
    const setpriv = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']
    const child = Bun.spawn([...setpriv, await executable(), 'start', ...args], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: '/tmp', ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: 10_000,
    })
    const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
    return { stderr, code }
  }

  test.skipIf(!isRoot)('no home directory at all', async () => {
    await using desk = await createDesk()
    const { code, stderr } = await asNobody(desk, ['--port', '0'], {})
    expect(code).toBe(1)
    expect(stderr).toContain('HOME is not set')
    expect(stderr).toContain('CCR_HOME')
  })

  test.skipIf(!isRoot)('a config that may not be read', async () => {
    await using desk = await createDesk()
    const file = await desk.write('secret.json', configOf(), 0o600)
    const { code, stderr } = await asNobody(desk, ['--port', '0', '--config', file], { HOME: '/nonexistent' })
    expect(code).toBe(1)
    expect(stderr).toContain('permission denied')
  })

  test.skipIf(!isRoot)('a port that needs rights', async () => {
    await using desk = await createDesk()
    const { code, stderr } = await asNobody(desk, ['--port', '81'], { HOME: '/nonexistent' })
    expect(code).toBe(1)
    expect(stderr).toContain('port 81 may not be used without special rights')
  })

  test.skipIf(!isRoot)('where nothing can be written it serves, and says that it cannot be found', async () => {
    await using desk = await createDesk()
    const env = { HOME: '/nonexistent' }
    await chmod(desk.root, 0o755)
    const setpriv = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']
    const child = Bun.spawn([...setpriv, await executable(), 'start', '--port', '0'], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const { value } = await child.stdout.getReader().read()
    const url = /http:\/\/[\d.:]+/.exec(new TextDecoder().decode(value))?.[0]
    expect((await fetch(`${url}/health`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    const said = await new Response(child.stderr).text()
    expect(said).toContain('`ccr status` and `ccr stop` may not find this service')
    expect(said).toContain('no log is written')
  })
})

test('a log folder that cannot be written is a warning', async () => {
  await using desk = await createDesk()
  await desk.write(CONFIG, configOf(undefined, { LOG: true }))
  await desk.write('home/.claude-code-router/logs', 'a file')
  await using service = await startService(desk)
  expect(service.said).toContain('warning: no log is written')
  expect(await readdir(desk.env['TMPDIR'] ?? '')).toEqual([])
})
