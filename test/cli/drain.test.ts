import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { CLIENTS, TEXT, type MatrixClient } from '../gateway/resilience/matrix/client.ts'
import { insertAfter, silence, stream, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { chatFrames } from '../helper/turn-chat.ts'
import { createUpstream, type Upstream } from '../helper/upstream.ts'
import { CONFIG, createDesk, readUntil, type Desk } from './program.ts'
import { isAlive, kill, running, startService } from './service.ts'

const HOME = 'home/.claude-code-router'
const DRAIN_MS = 1500

/** What becomes of a call: it ends before the limit; it has begun and never ends; it never begins. */
const KINDS = ['ends', 'hangs', 'waits', 'waits-whole'] as const
type Kind = (typeof KINDS)[number]

/** What the client sees of it when the router is stopped. */
const EXPECTED: Readonly<Record<Kind, string>> = {
  ends: 'answer',
  hangs: 'told',
  waits: 'error 503',
  'waits-whole': 'error 503',
}

/** Each client at the provider of its own protocol, and at one of another. */
const WAYS: readonly (readonly [client: MatrixClient, provider: string])[] = CLIENTS.flatMap((client) => [
  [client, client.protocol] as const,
  [client, client.protocol === 'openai-chat' ? 'anthropic-messages' : 'openai-chat'] as const,
])

interface Stage extends AsyncDisposable {
  readonly desk: Desk
  readonly upstream: Upstream
  /** Lets go on what ends. */
  readonly goOn: () => void
}

async function setStage(more: object = {}): Promise<Stage> {
  const gate = Promise.withResolvers<void>()
  const desk = await createDesk()
  const upstream = await createUpstream((request): Answer => {
    const kind = /case:([\w-]+)/.exec(JSON.stringify(request.body))?.[1]
    const answer = answerTurn(request, { text: TEXT })
    if (kind?.startsWith('waits')) return silence()
    const begun = answer.pieces.findIndex((piece) => typeof piece === 'string' && piece.includes(TEXT.slice(0, 12))) + 1
    return insertAfter(answer, begun, { until: kind === 'ends' ? gate.promise : new Promise(() => {}) })
  })
  await desk.write(CONFIG, configOf(upstream.url, more))
  return {
    desk,
    upstream,
    goOn: gate.resolve,
    async [Symbol.asyncDispose]() {
      await upstream.close()
      await desk[Symbol.asyncDispose]()
    },
  }
}

function configOf(url: string, more: object = {}): object {
  const row = (name: string, path: string, use: readonly string[] = []) => ({
    name,
    api_base_url: `${url}${path}`,
    api_key: 'lab-key-1',
    models: ['m'],
    transformer: { use },
  })
  return {
    LOG_LEVEL: 'info',
    drain: DRAIN_MS,
    Providers: [
      row('anthropic-messages', '/v1/messages', ['Anthropic']),
      row('openai-chat', '/v1/chat/completions'),
      row('openai-responses', '/v1/responses', ['openai-responses']),
      row('gemini', '/v1beta/models/', ['gemini']),
    ],
    // Never reached, but counted: each call is reserved, settled and kept.
    limits: { requestsPerDay: 1_000_000 },
    ...more,
  }
}

async function ask(
  url: string,
  client: MatrixClient,
  provider: string,
  kind: Kind,
  signal?: AbortSignal,
): Promise<Response> {
  const request = client.ask(kind !== 'waits-whole')
  const model = `${provider},m`
  const path = request.url.slice('http://127.0.0.1'.length).replace('/m:', `/${encodeURIComponent(model)}:`)
  const body = (await request.text()).replace('"Hi"', `"case:${kind}"`).replace('"model":"m"', `"model":"${model}"`)
  return fetch(url + path, {
    method: 'POST',
    headers: request.headers,
    body,
    keepalive: false,
    ...(signal && { signal }),
  })
}

/** Every kind of call of every client in every way, each as far as it gets; resolves to what the clients are told in the end. */
async function play(url: string, { upstream }: Stage): Promise<readonly Played[]> {
  const cases = WAYS.flatMap(([client, provider]) => KINDS.map((kind) => ({ client, provider, kind })))
  const all = upstream.request(cases.length)
  const played = cases.map(({ client, provider, kind }) => {
    const response = ask(url, client, provider, kind)
    const name = `${client.protocol} from ${provider}: ${kind}`
    return { name, kind, response, outcome: response.then((answer) => client.read(answer)) }
  })
  await all
  await Promise.all(played.filter(({ kind }) => !kind.startsWith('waits')).map(({ response }) => response))
  return played
}

interface Played {
  readonly name: string
  readonly kind: Kind
  readonly outcome: Promise<string>
}

/** What log and records know of calls, and what is still reserved. */
function known(desk: Desk) {
  const home = join(desk.root, HOME)
  const logs = readdirSync(join(home, 'logs')).filter((name) => name.endsWith('.log'))
  const lines = logs
    .flatMap((name) =>
      readFileSync(join(home, 'logs', name), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as { readonly message: string; readonly call?: string; readonly error?: string })
    .filter(({ message }) => message === 'call')
  using database = new Database(join(home, 'state', 'state.db'), { readonly: true })
  const records = database
    .query<{ record: string }, []>('SELECT record FROM call')
    .all()
    .map(({ record }) => JSON.parse(record) as { readonly id: string; readonly error?: string })
  const held = database.query<{ count: number }, []>('SELECT count(*) AS count FROM hold').get()?.count
  return { lines, records, held }
}

const services: number[] = []
afterAll(async () => {
  for (const pid of services) await kill(pid)
})

describe('a router that is stopped', () => {
  test.each(['SIGTERM', 'SIGINT', 'stop', 'restart'] as const)(
    'by %s lets the calls of every protocol end, and tells those that it waits for no longer',
    async (how) => {
      await using stage = await setStage()
      const { desk, upstream, goOn } = stage
      const service = await startService(desk)
      services.push(service.pid)
      const played = await play(service.url, stage)

      const isCommand = how === 'stop' || how === 'restart'
      const command = isCommand ? await desk.spawn([how]) : undefined
      if (command) await readUntil(command.stdout, /waiting for 32 running calls, at most 2 s/)
      else process.kill(service.pid, how)
      await untilRefused(service.url)
      goOn()
      for (const { name, kind, outcome } of played)
        expect(`${name}: ${await outcome}`).toBe(`${name}: ${EXPECTED[kind]}`)
      if (command) expect(await command.exited).toBe(0)
      else while (isAlive(service.pid)) await Bun.sleep(10)
      expect(isAlive(service.pid)).toBe(false)
      const settled = await Promise.all(upstream.requests.map((request) => request.settled))
      expect(settled.filter((end) => end === 'aborted')).toHaveLength(24)

      const { lines, records, held } = known(desk)
      expect(lines).toHaveLength(played.length)
      expect(new Set(lines.map(({ call }) => call)).size).toBe(played.length)
      expect(records.map(({ id }) => id).toSorted()).toEqual(lines.map(({ call }) => call as string).toSorted())
      for (const told of [lines, records]) {
        const failed = told.filter(({ error }) => error?.startsWith('overload: the router was stopped'))
        expect(failed).toHaveLength(24)
        expect(told.filter(({ error }) => error === undefined)).toHaveLength(8)
      }
      expect(held).toBe(0)
      const [next] = await running(desk)
      if (next) services.push(next.pid)
      expect(next === undefined).toBe(how !== 'restart')
    },
    30_000,
  )
})

test('a restart makes nobody wait for the calls that the last service lets end', async () => {
  using free = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('') })
  const { port } = free
  await free.stop()
  await using stage = await setStage({ drain: 60_000, PORT: port })
  const { desk, upstream } = stage
  const service = await startService(desk, [])
  services.push(service.pid)
  const [client] = CLIENTS
  const answer = ask(service.url, client as MatrixClient, 'openai-chat', 'ends')
  await upstream.request()

  const restart = await desk.spawn(['restart'])
  const said = restart.stdout.pipeThrough(new TextDecoderStream()).getReader()
  let told = ''
  while (!/\npid \d+/.test(told)) told += (await said.read()).value ?? ''
  const pid = Number(/\npid (\d+)/.exec(told)?.[1])
  services.push(pid)
  expect(told).toContain('waiting for 1 running call, at most 60 s')
  expect(await (await fetch(`${service.url}/health`)).json()).toMatchObject({ pid })
  expect(isAlive(service.pid)).toBe(true)

  stage.goOn()
  expect(await client?.read(await answer)).toBe('answer')
  expect(await restart.exited).toBe(0)
  expect((await said.read()).value).toContain(`(pid ${service.pid}) has ended`)
}, 30_000)

test('a service that waits for its calls is told, and stop waits, too, or has them cut', async () => {
  await using stage = await setStage({ drain: 60_000 })
  const { desk } = stage
  const service = await startService(desk)
  services.push(service.pid)
  const played = await play(service.url, stage)
  process.kill(service.pid, 'SIGTERM')
  await untilRefused(service.url)

  const ending = `the service that was at ${service.url} (pid ${service.pid}) is ending: it waits for its running calls, at most `
  expect(await desk.ccr(['status'])).toMatchObject({ code: 3, stdout: expect.stringContaining(ending) })
  await using next = await startService(desk, ['--port', String(service.port)])
  expect((await running(desk)).map(({ pid }) => pid)).toEqual([next.pid])
  expect(await desk.ccr(['stop'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`(pid ${next.pid}) has ended`),
  })

  const waits = await desk.spawn(['stop'])
  expect(await readUntil(waits.stdout, /\n/)).toContain(ending)
  const ended = `ccr: the service at ${service.url} (pid ${service.pid}) has ended\n`
  expect(await desk.ccr(['stop', '--now'])).toEqual({ code: 0, stdout: ended, stderr: '' })
  expect(await waits.exited).toBe(0)
  for (const { outcome } of played) expect(await outcome).not.toBe('answer')
  expect(readdirSync(join(desk.root, HOME, 'run'))).toEqual([])
}, 30_000)

test('a second signal ends the calls at once, and they are told', async () => {
  await using stage = await setStage({ drain: 60_000 })
  const service = await startService(stage.desk)
  services.push(service.pid)
  const played = await play(service.url, stage)
  const startedAt = performance.now()
  process.kill(service.pid, 'SIGTERM')
  await untilRefused(service.url)
  process.kill(service.pid, 'SIGTERM')
  for (const { name, kind, outcome } of played)
    expect(`${name}: ${await outcome}`).toBe(`${name}: ${kind.startsWith('waits') ? 'error 503' : 'told'}`)
  while (isAlive(service.pid)) await Bun.sleep(10)
  expect(performance.now() - startedAt).toBeLessThan(3000)
  const { lines, records, held } = known(stage.desk)
  expect([lines.length, records.length, held]).toEqual([played.length, played.length, 0])
}, 30_000)

test('a config that is changed leaves running streams where they are, and new calls go to the new one', async () => {
  await using stage = await setStage()
  await using other = await createUpstream((request) => answerTurn(request, { text: TEXT }))
  const service = await startService(stage.desk)
  services.push(service.pid)
  const played = await play(service.url, stage)
  await stage.desk.write(CONFIG, configOf(other.url))
  const [client, provider] = WAYS[0] as (typeof WAYS)[number]
  const isTaken = async (): Promise<boolean> => {
    if (other.requests.length > 0) return true
    const leaving = new AbortController()
    const asked = ask(service.url, client, provider, 'ends', leaving.signal).then((answer) => client.read(answer))
    const outcome = await Promise.race([asked.catch(() => undefined), Bun.sleep(100)])
    leaving.abort()
    return outcome === 'answer'
  }
  while (!(await isTaken())) await Bun.sleep(20)
  for (const [each, name] of WAYS) expect(await each.read(await ask(service.url, each, name, 'waits'))).toBe('answer')
  stage.goOn()
  for (const { name, kind, outcome } of played)
    if (kind === 'ends') expect(`${name}: ${await outcome}`).toBe(`${name}: answer`)
  // Those that still run were begun under the old config, and are told as well.
  expect(await stage.desk.ccr(['stop'])).toMatchObject({ code: 0 })
  for (const { name, kind, outcome } of played) expect(`${name}: ${await outcome}`).toBe(`${name}: ${EXPECTED[kind]}`)
}, 30_000)

test('a client that reads slowly gets all of an answer that ends while the router waits', async () => {
  await using desk = await createDesk()
  const text = '~'.repeat(64 * 1024)
  const PIECES = 400
  const frames = chatFrames({ text: '#' }).flatMap((frame) =>
    frame.includes('"#"') ? Array.from({ length: PIECES }, () => frame.replace('#', text)) : [frame],
  )
  await using upstream = await createUpstream(() => stream(frames))
  await desk.write(CONFIG, configOf(upstream.url, { drain: 20_000 }))
  const service = await startService(desk)
  services.push(service.pid)
  const body = JSON.stringify({ model: 'openai-chat,m', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
  const socket = connect(service.port, '127.0.0.1')
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  const [head] = (await once(socket, 'data')) as [Uint8Array]
  socket.pause()
  process.kill(service.pid, 'SIGTERM')
  await untilRefused(service.url)
  // It waits: nothing goes on until the client reads on.
  expect(await Promise.race([upstream.requests[0]?.settled, Bun.sleep(500).then(() => 'waits')])).toBe('waits')
  expect(isAlive(service.pid)).toBe(true)
  let said = String(head).split('~').length - 1
  let end = ''
  for await (const piece of socket) {
    said += String(piece).split('~').length - 1
    end = (end + String(piece)).slice(-100)
  }
  expect(said).toBe(PIECES * text.length)
  expect(end).toEndWith('data: [DONE]\n\n\r\n0\r\n\r\n')
  while (isAlive(service.pid)) await Bun.sleep(10)
}, 30_000)

/** Waits until nobody takes a call any more. */
async function untilRefused(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(`${url}/health`, { keepalive: false })).text()
    } catch {
      return
    }
    await Bun.sleep(5)
  }
}
