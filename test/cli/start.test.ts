import { describe, expect, test } from 'bun:test'
import { executable } from '../client/agent.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk, readUntil, type Desk } from './program.ts'

const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/

async function serving(desk: Desk, args: readonly string[] = ['--port', '0']) {
  const child = await desk.spawn(['start', ...args])
  const said = await readUntil(child.stdout, /\n/)
  return { child, said, url: ADDRESS.exec(said)?.[0] ?? '', port: Number(ADDRESS.exec(said)?.[1]) }
}

const ask = (url: string, stream = false): Promise<Response> =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 9, stream, messages: [{ role: 'user', content: 'hi' }] }),
  })

describe('ccr start', () => {
  test('says where it listens and which config it uses, and serves', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    const file = await desk.write('elsewhere/my config.json', configOf(upstream.url))
    const { child, said, url } = await serving(desk, ['--port', '0', '--config', file])
    expect(said).toMatch(/^ccr \S+ serves http:\/\/127\.0\.0\.1:\d+ /)
    expect(said).toContain(file)
    expect(await (await ask(url)).json()).toMatchObject({ content: [{ type: 'text', text: 'hello' }] })
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('a port that is taken is named, with what to do', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    const { child, port } = await serving(desk)
    const second = await desk.ccr(['start', '--port', String(port)])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toContain(`port ${port} of 127.0.0.1 is taken`)
    expect(second.stderr).toContain('--port')
    child.kill('SIGTERM')
    await child.exited
  })

  test.each([
    ['a syntax error', '{ "Providers": [} }', /config\.json:1:17: /],
    ['a wrong type', '{ "PORT": [] }', /config\.json:1:11: .*PORT/],
  ])('%s of the config is told by file, line and column; the file is untouched', async (_name, text, message) => {
    await using desk = await createDesk()
    const file = await desk.write(CONFIG, text)
    const ended = await desk.ccr(['start', '--port', '0'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(await Bun.file(file).text()).toBe(text)
  })

  test('a config file that was named but does not exist is an error', async () => {
    await using desk = await createDesk()
    const ended = await desk.ccr(['start', '--config', 'nowhere.json'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('nowhere.json')
  })

  test('other machines are not served without a key', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    const ended = await desk.ccr(['start', '--host', '0.0.0.0', '--port', '0'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain('APIKEY')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s lets a running answer end', async (signal) => {
    await using desk = await createDesk()
    const gate = Promise.withResolvers<void>()
    await using upstream = await createUpstream((request) => {
      const answer = chatAnswer(request, { text: 'before and after' })
      return { ...answer, pieces: [answer.pieces[0] as string, { until: gate.promise }, ...answer.pieces.slice(1)] }
    })
    await desk.write(CONFIG, configOf(upstream.url))
    const { child, url } = await serving(desk)
    const answer = ask(url, true).then((response) => response.text())
    await upstream.request()
    child.kill(signal)
    await readUntil(child.stderr, /stopping/)
    gate.resolve()
    expect(await answer).toContain('event: message_stop')
    expect(await child.exited).toBe(0)
  })

  test('a second signal stops at once', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream(() => ({
      status: 0,
      headers: {},
      framing: 'raw',
      pieces: [{ until: new Promise(() => {}) }],
    }))
    await desk.write(CONFIG, configOf(upstream.url))
    const { child, url } = await serving(desk)
    const answer = ask(url, true).then(
      (response) => response.text(),
      () => 'cut',
    )
    await upstream.request()
    child.kill('SIGINT')
    await readUntil(child.stderr, /stopping/)
    child.kill('SIGINT')
    expect(await child.exited).toBe(1)
    await answer
  })

  test('under nohup it outlives its terminal', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    const child = Bun.spawn(['sh', '-c', 'trap "" HUP; exec "$0" start --port 0', await executable()], {
      cwd: desk.work,
      env: desk.env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const url = ADDRESS.exec(await readUntil(child.stdout, /\n/))?.[0]
    child.kill('SIGHUP')
    expect((await fetch(`${url}/health`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('without a provider it serves, and says that every call will fail', async () => {
    await using desk = await createDesk()
    const { child } = await serving(desk)
    expect(await readUntil(child.stderr, /\n/)).toContain('no provider is configured')
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('--debug prints what LOG would write', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url))
    const { child, url } = await serving(desk, ['--port', '0', '--debug'])
    await (await ask(url)).text()
    expect(await readUntil(child.stderr, /info: call .*\n/)).toContain('lab-model')
    child.kill('SIGTERM')
    await child.exited
  })

  test('LOG writes JSON lines without keys, readable for the user alone', async () => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url, { LOG: true, LOG_LEVEL: 'trace' }))
    const { child, url } = await serving(desk)
    await (await ask(url)).text()
    child.kill('SIGTERM')
    await child.exited
    const [name = ''] = [...new Bun.Glob('*.log').scanSync(`${desk.home}/.claude-code-router/logs`)]
    const text = await Bun.file(`${desk.home}/.claude-code-router/logs/${name}`).text()
    for (const line of text.trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.any(String) })
    expect(text).not.toContain('lab-key-1')
  })
})
