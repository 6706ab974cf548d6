import { describe, expect, test } from 'bun:test'
import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../../package.json'
import { prove } from '../../src/server/proof.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk, installClaude, readUntil, startedWith } from './program.ts'
import { ask, isAlive, kill, running, startService } from './service.ts'

const HOME = 'home/.claude-code-router'

describe('ccr start --detach', () => {
  test('serves in the background, tells where, and is found and stopped', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url))
    await using service = await startService(desk)
    expect(service.said).toMatch(/^ccr \S+ serves http:\/\/127\.0\.0\.1:\d+ /)
    expect(await (await ask(service.url)).json()).toMatchObject({ content: [{ type: 'text', text: 'hello' }] })
    expect(await running(desk)).toMatchObject([
      { url: service.url, kind: 'service', pid: service.pid, version: manifest.version, calls: 1, detached: true },
    ])
    const line = await desk.ccr(['status'])
    expect(line.code).toBe(0)
    for (const part of [service.url, `pid ${service.pid}`, ' 1 call ', 'providers: lab', CONFIG.slice(5)])
      expect(line.stdout).toContain(part)
    const stopped = await desk.ccr(['stop'])
    expect(stopped).toMatchObject({ code: 0, stderr: '' })
    expect(stopped.stdout).toContain(`pid ${service.pid}) has ended`)
    expect(isAlive(service.pid)).toBe(false)
    expect(await desk.ccr(['status'])).toMatchObject({ code: 3 })
    expect(await desk.ccr(['stop'])).toMatchObject({ code: 0, stdout: 'ccr: no service of yours runs\n' })
    expect(await readdir(join(desk.root, HOME, 'run'))).toEqual([])
  })

  test('secret and notes are for the user alone', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    expect(isAlive(service.pid)).toBe(true)
    const mode = async (path: string) => ((await stat(join(desk.root, HOME, path))).mode & 0o777).toString(8)
    expect(await mode('.')).toBe('700')
    expect(await mode('run')).toBe('700')
    expect(await mode('.instance-secret')).toBe('600')
    for (const name of await readdir(join(desk.root, HOME, 'run'))) expect(await mode(`run/${name}`)).toBe('600')
  })

  test('it works in another folder, with a config that was named from here', async () => {
    await using desk = await createDesk()
    await desk.write('work/my config.json', configOf())
    await using service = await startService(desk, ['--port', '0', '--config', 'my config.json'])
    expect((await running(desk))[0]?.config.file).toBe(join(desk.work, 'my config.json'))
    expect(await desk.ccr(['restart'])).toMatchObject({ code: 0 })
    const [again] = await running(desk)
    expect(again?.config.file).toBe(join(desk.work, 'my config.json'))
    expect(again?.pid).not.toBe(service.pid)
    await kill(again?.pid ?? 0)
  })

  test('a HOME that is not written in full is the same to it', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    await using service = await startService(desk, ['--port', '0'], { HOME: '../home' })
    expect(await running(desk)).toMatchObject([{ pid: service.pid, config: { file: join(desk.root, CONFIG) } }])
  })

  test.each(['localhost', '[::1]'])('on %s it is one, and is found and stopped', async (host) => {
    await using desk = await createDesk()
    using free = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('') })
    const { port } = free
    await free.stop()
    await desk.write(CONFIG, configOf(undefined, { HOST: host, PORT: port }))
    const { stdout } = await desk.ccr(['start', '--detach'])
    const pid = Number(/\npid (\d+)/.exec(stdout)?.[1])
    await using service = { pid, [Symbol.asyncDispose]: () => kill(pid) }
    expect(stdout).toContain(`serves http://${host}:${port} `)
    expect(await running(desk)).toMatchObject([{ pid: service.pid, url: `http://${host}:${port}` }])
    expect(await desk.ccr(['stop'])).toMatchObject({ code: 0, stdout: expect.stringContaining('has ended') })
  })

  test('CCR_HOME keeps instances apart', async () => {
    await using desk = await createDesk()
    const env = { CCR_HOME: 'elsewhere' }
    await using service = await startService(desk, ['--port', '0'], env)
    expect(await running(desk)).toEqual([])
    expect(JSON.parse((await desk.ccr(['status', '--json'], { env })).stdout)).toMatchObject([{ pid: service.pid }])
    const taken = await desk.ccr(['start', '--port', String(service.port)])
    expect(taken.code).toBe(1)
    expect(taken.stderr).toContain('a ccr runs there that does not prove to be yours')
    expect(taken.stderr).toContain(`pid ${service.pid}`)
    const stopped = await desk.ccr(['stop', '--port', String(service.port)])
    expect(stopped.code).toBe(1)
    expect(stopped.stdout).toContain(`a ccr answers at ${service.url} that does not prove to be yours`)
    expect(stopped.stdout).toContain(`\`kill ${service.pid}\` ends it`)
    expect(isAlive(service.pid)).toBe(true)
  })

  test('SIGHUP does not end it', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    process.kill(service.pid, 'SIGHUP')
    expect((await fetch(`${service.url}/health`)).status).toBe(200)
  })

  test('after kill -9 the next start has the port', async () => {
    await using desk = await createDesk()
    const first = await startService(desk)
    await kill(first.pid)
    expect(await desk.ccr(['status'])).toMatchObject({ code: 3 })
    await using second = await startService(desk, ['--port', String(first.port)])
    expect(second.port).toBe(first.port)
    expect(await readdir(join(desk.root, HOME, 'run'))).toHaveLength(1)
  })

  test('notes that lie are not believed', async () => {
    await using desk = await createDesk()
    await using victim = Bun.spawn(['sleep', '60'])
    using foreign = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('hello') })
    await using service = await startService(desk)
    const lie = { instance: 'lie', kind: 'service', url: `http://127.0.0.1:${foreign.port}`, pid: victim.pid }
    await desk.write(`${HOME}/run/lie.json`, lie, 0o600)
    await desk.write(`${HOME}/run/half.json`, '{"insta', 0o600)
    await desk.write(`${HOME}/.claude-code-router.pid`, String(victim.pid))
    expect(await running(desk)).toMatchObject([{ pid: service.pid }])
    expect(await desk.ccr(['stop'])).toMatchObject({ code: 0 })
    expect(isAlive(victim.pid)).toBe(true)
  })
})

describe('ccr stop', () => {
  test.each([
    ['waits for a running answer', [], /event: message_stop/],
    ['--now cuts it', ['--now'], /^(?![^]*message_stop)/],
  ])('%s', async (_name, args, expected) => {
    await using desk = await createDesk()
    const gate = Promise.withResolvers<void>()
    await using upstream = await createUpstream((request) => {
      const answer = chatAnswer(request, { text: 'before and after' })
      return { ...answer, pieces: [answer.pieces[0] as string, { until: gate.promise }, ...answer.pieces.slice(1)] }
    })
    await desk.write(CONFIG, configOf(upstream.url))
    await using service = await startService(desk)
    const answer = ask(service.url, { stream: true })
      .then((response) => response.text())
      .catch(() => 'cut')
    await upstream.request()
    const stopping = await desk.spawn(['stop', ...args])
    if (args.length === 0) {
      expect(await readUntil(stopping.stdout, /\n/)).toContain('waiting for 1 running call')
      expect(isAlive(service.pid)).toBe(true)
      gate.resolve()
    }
    expect(await answer).toMatch(expected)
    expect(await stopping.exited).toBe(0)
    expect(isAlive(service.pid)).toBe(false)
  })

  test('of several services it wants one named', async () => {
    await using desk = await createDesk()
    await using one = await startService(desk)
    await using other = await startService(desk)
    const unclear = await desk.ccr(['stop'])
    expect(unclear.code).toBe(1)
    for (const { url } of [one, other]) expect(unclear.stderr).toContain(url)
    expect(await desk.ccr(['stop', '--port', String(other.port)])).toMatchObject({ code: 0 })
    expect([isAlive(one.pid), isAlive(other.pid)]).toEqual([true, false])
  })

  test('of a service that does not answer it says so, and fails', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    process.kill(service.pid, 'SIGSTOP')
    const stopped = await desk.ccr(['stop'])
    expect(stopped.code).toBe(1)
    expect(stopped.stdout).toContain('does not answer')
    process.kill(service.pid, 'SIGCONT')
    expect(await desk.ccr(['stop'])).toMatchObject({ code: 0 })
  })
})

describe('ccr restart', () => {
  test('starts anew with the same port, and a broken config costs nothing', async () => {
    await using desk = await createDesk()
    const file = await desk.write(CONFIG, configOf())
    const first = await startService(desk)
    await writeFile(file, '{ "Providers": [} }')
    const refused = await desk.ccr(['restart', '--port', String(first.port)])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('config.json:1:17')
    expect(isAlive(first.pid)).toBe(true)
    await writeFile(file, JSON.stringify(configOf()))
    expect(await desk.ccr(['restart', '--port', String(first.port)])).toMatchObject({ code: 0 })
    const [second] = await running(desk)
    expect(second?.url).toBe(first.url)
    expect(second?.pid).not.toBe(first.pid)
    await kill(second?.pid ?? 0)
  })
})

describe('who may ask an instance', () => {
  const secretOf = async (root: string) => (await Bun.file(join(root, HOME, '.instance-secret')).text()).trim()
  const nonce = 'a-nonce-of-the-user'

  test('it proves itself to the user, by port and instance, and tells a stranger nothing', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    const plain = await (await fetch(`${service.url}/health`)).json()
    expect(plain).toEqual({
      status: 'ok',
      name: 'ccr',
      version: manifest.version,
      pid: service.pid,
      instance: expect.any(String),
    })
    const { proof, instance } = await (await fetch(`${service.url}/health?challenge=${nonce}`)).json()
    const statement = { role: 'here', nonce, port: service.port, instance } as const
    expect(proof).toBe(prove(await secretOf(desk.root), statement))
    expect(proof).not.toBe(prove(await secretOf(desk.root), { ...statement, port: 1 }))
  })

  test.each([
    ['without a proof', () => ({})],
    [
      'with a nonce of one’s own',
      (secret: string, instance: string, port: number) => ({
        'x-ccr-nonce': nonce,
        'x-ccr-proof': prove(secret, { role: 'stop', nonce, port, instance }),
      }),
    ],
  ])('stop and description are refused %s', async (_name, headersOf) => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    const { instance } = await (await fetch(`${service.url}/health?challenge=${nonce}`)).json()
    const headers = headersOf(await secretOf(desk.root), instance, service.port) as Record<string, string>
    expect((await fetch(`${service.url}/admin/stop?now`, { method: 'POST', headers })).status).toBe(403)
    expect((await fetch(`${service.url}/admin/instance`, { headers })).status).toBe(403)
    expect(isAlive(service.pid)).toBe(true)
  })

  test('the proof of being there does not serve as a proof of the user', async () => {
    await using desk = await createDesk()
    await using service = await startService(desk)
    const first = await (await fetch(`${service.url}/health?challenge=${nonce}`)).json()
    const { proof } = await (await fetch(`${service.url}/health?challenge=${first.nonce}`)).json()
    const headers = { 'x-ccr-nonce': first.nonce, 'x-ccr-proof': proof }
    expect((await fetch(`${service.url}/admin/stop`, { method: 'POST', headers })).status).toBe(403)
  })

  test('a program that says it is ccr is given no key, and nothing of the user', async () => {
    await using desk = await createDesk()
    await installClaude(desk)
    const heard: string[] = []
    using foreign = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
        return Response.json({
          status: 'ok',
          name: 'ccr',
          version: manifest.version,
          pid: 1,
          instance: 'x',
          nonce,
          proof: 'f'.repeat(64),
        })
      },
    })
    await desk.write(CONFIG, configOf(undefined, { APIKEY: 'the-key-of-clients', PORT: foreign.port }))
    await (await startService(desk))[Symbol.asyncDispose]()
    const url = `http://127.0.0.1:${foreign.port}`
    await desk.write(`${HOME}/run/x.json`, { instance: 'x', kind: 'service', url, pid: 1 }, 0o600)
    expect(await desk.ccr(['code'])).toMatchObject({ code: 0 })
    expect((await startedWith(desk)).env['ANTHROPIC_BASE_URL']).not.toBe(url)
    await desk.ccr(['status'])
    await desk.ccr(['stop'])
    const refused = await desk.ccr(['start'])
    expect(refused.stderr).toContain('a ccr runs there that does not prove to be yours')
    expect(heard.length).toBeGreaterThan(0)
    for (const request of heard) {
      expect(request).toContain('GET ')
      expect(request).not.toMatch(/the-key-of-clients|x-ccr-proof|authorization|x-api-key/)
    }
  })

  test('a secret that others can read is not used any more', async () => {
    await using desk = await createDesk()
    await (await startService(desk))[Symbol.asyncDispose]()
    const old = await secretOf(desk.root)
    await chmod(join(desk.root, HOME, '.instance-secret'), 0o644)
    await using service = await startService(desk)
    expect(await secretOf(desk.root)).not.toBe(old)
    expect(await running(desk)).toMatchObject([{ pid: service.pid }])
  })
})

describe('ccr code', () => {
  const key = 'the-key-of-clients'

  test('joins a service of the same config, with the key of the config', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url, { APIKEY: key }))
    await using service = await startService(desk)
    await installClaude(desk)
    const ended = await desk.ccr(['code'])
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toContain(`this run used the service at ${service.url}`)
    const { env } = await startedWith(desk)
    expect(env).toMatchObject({ ANTHROPIC_BASE_URL: service.url, ANTHROPIC_AUTH_TOKEN: key })
    expect((await ask(service.url, { key })).status).toBe(200)
  })

  test('that joined a service says at its end what its own calls took, and who asks without proof is not told', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url))
    await using service = await startService(desk)
    await installClaude(
      desk,
      `printf '%s\\n' "$ANTHROPIC_CUSTOM_HEADERS" > '${desk.root}/headers'
for call in 1 2; do curl -s --noproxy '*' -o /dev/null -H @'${desk.root}/headers' -H 'content-type: application/json' \\
  -d '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}' "$ANTHROPIC_BASE_URL/v1/messages"; done`,
    )
    expect((await ask(service.url)).status).toBe(200)
    const ended = await desk.ccr(['code'], { env: { ANTHROPIC_CUSTOM_HEADERS: 'x-own: 1' } })
    expect(ended.stderr).toBe(
      `ccr: lab,lab-model (2) · 4,438 tokens in (1,414 from cache), 194 out · by the service at ${service.url}\n`,
    )
    const { ANTHROPIC_CUSTOM_HEADERS: headers = '' } = (await startedWith(desk)).env
    expect(headers).toMatch(/^x-own: 1\nx-ccr-run: [\w-]{16}$/)
    // The name of a run is no key, and no provider hears of it.
    const told = await fetch(`${service.url}/admin/instance?run=${headers.slice(-16)}`)
    expect([told.status, (await told.text()).includes('tokens in')]).toEqual([403, false])
    expect(upstream.requests.flatMap((request) => Object.keys(request.headers))).not.toContain('x-ccr-run')
  })

  test('that joined a service and made no call says which one it used', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    await using service = await startService(desk)
    await installClaude(desk)
    expect((await desk.ccr(['code'])).stderr).toBe(`ccr: this run used the service at ${service.url}\n`)
  })

  test('serves itself beside a service that was started in another environment', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, JSON.stringify(configOf()).replace('lab-key-1', '$LAB_KEY'))
    await using service = await startService(desk, ['--port', '0'], { LAB_KEY: 'one' })
    await installClaude(desk)
    const ended = await desk.ccr(['code'], { env: { LAB_KEY: 'two', CCR_DEBUG: '1' } })
    expect(ended.stderr).toContain('the environment that it was started in, differs')
    expect((await startedWith(desk)).env['ANTHROPIC_BASE_URL']).not.toBe(service.url)
  })

  test('is seen by status while it runs, and gone afterwards', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    await installClaude(desk, `echo up; while [ ! -e '${desk.root}/go' ]; do sleep 0.02; done`)
    const child = await desk.spawn(['code'])
    await readUntil(child.stdout, /up/)
    expect(await running(desk)).toMatchObject([{ kind: 'code', pid: child.pid }])
    const seen = await desk.ccr(['status'])
    expect(seen.code).toBe(3)
    expect(seen.stdout).toContain('ccr code http://127.0.0.1:')
    expect(await desk.ccr(['stop'])).toMatchObject({ code: 0, stdout: 'ccr: no service of yours runs\n' })
    await desk.write('go', '')
    expect(await child.exited).toBe(0)
    expect(await running(desk)).toEqual([])
  })
})
