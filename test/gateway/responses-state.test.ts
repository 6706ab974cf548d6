import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createResponseStore } from '../../src/store/responses.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json, stream } from '../helper/answer.ts'
import { post, testGateway, testProvider, type TestGateway } from '../helper/gateway.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'

const REPLY = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'm',
  output: [{ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }],
  usage: { input_tokens: 3, output_tokens: 1 },
}
const EVENTS = [
  { type: 'response.created', response: { ...REPLY, status: 'in_progress', output: [] } },
  { type: 'response.output_item.done', output_index: 0, item: REPLY.output[0] },
  { type: 'response.completed', response: REPLY },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

interface Scene extends TestGateway {
  readonly one: Upstream
  readonly two: Upstream
  readonly chat: Upstream
  [Symbol.asyncDispose](): Promise<void>
}

/** Two providers that speak the Responses API, and one that does not. */
async function createScene(answer?: (request: Received) => ReturnType<typeof json>): Promise<Scene> {
  const script = (request: Received) =>
    answer?.(request) ?? (request.text.includes('"stream":true') ? stream(EVENTS) : json(REPLY))
  const upstreams = await Promise.all([
    createUpstream(script),
    createUpstream(script),
    createUpstream((request) => answerTurn(request, { text: 'A summary.' })),
  ])
  const [one, two, chat] = upstreams
  const router = testGateway({
    providers: [
      testProvider(one.url, 'openai-responses', { name: 'one' }),
      testProvider(two.url, 'openai-responses', { name: 'two' }),
      testProvider(chat.url, 'openai-chat', { name: 'chat' }),
    ],
  })
  return {
    ...router,
    one,
    two,
    chat,
    async [Symbol.asyncDispose]() {
      await Promise.all(upstreams.map((upstream) => upstream.close()))
    },
  }
}

const ask = (body: object, path = '/v1/responses'): Request => post(path, { model: 'm', input: 'Hi', ...body })
const get = (path: string, method = 'GET', headers: Record<string, string> = {}): Request =>
  new Request(`http://127.0.0.1${path}`, { method, headers })
const errorOf = async (response: Response): Promise<unknown> => [response.status, (await response.json()).error]

describe('a request that goes on from a response', () => {
  test.each([true, false])('goes to who made it, whatever the rules say (stream: %p)', async (streams) => {
    await using scene = await createScene()
    await (await scene.gateway(ask({ model: 'two,big', stream: streams }))).text()
    const response = await scene.gateway(ask({ model: 'other', previous_response_id: 'resp_1', stream: streams }))
    expect(await response.text()).toContain('resp_1')
    expect(scene.one.requests).toHaveLength(0)
    expect(scene.two.requests[1]?.text).toContain('"model":"big"')
    expect(response.headers.get('x-ccr-model')).toBe('two,big')
    expect(response.headers.get('x-ccr-reason')).toBe('two keeps the response resp_1')
  })

  test('may change the model at its provider', async () => {
    await using scene = await createScene()
    await scene.gateway(ask({ model: 'two,big' }))
    await scene.gateway(ask({ model: 'two,small', previous_response_id: 'resp_1' }))
    expect(scene.two.requests[1]?.text).toContain('"model":"small"')
  })

  test.each([
    ['another provider', 'one,m', 'is kept by two, and the model is one of one'],
    ['a provider that keeps nothing', 'chat,m', 'is kept by two, and the model is one of chat'],
  ])('is refused where the client asks for %s', async (_name, model, why) => {
    await using scene = await createScene()
    await scene.gateway(ask({ model: 'two,big' }))
    expect(await errorOf(await scene.gateway(ask({ model, previous_response_id: 'resp_1' })))).toEqual([
      400,
      expect.objectContaining({
        message: expect.stringContaining(why),
        type: 'invalid_request_error',
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      }),
    ])
    expect(scene.one.requests.length + scene.chat.requests.length).toBe(0)
  })

  test.each(['one,m', 'chat,m', 'm'])('that nobody here has made is refused (%s)', async (model) => {
    await using scene = await createScene()
    expect(await errorOf(await scene.gateway(ask({ model, previous_response_id: 'resp_x' })))).toEqual([
      400,
      expect.objectContaining({ code: 'previous_response_not_found', param: 'previous_response_id' }),
    ])
    expect(scene.one.requests.length + scene.chat.requests.length).toBe(0)
  })

  test('is refused after an answer that was not to be stored, or that was translated', async () => {
    await using scene = await createScene()
    await scene.gateway(ask({ store: false }))
    const translated = await (await scene.gateway(ask({ model: 'chat,m', store: true }))).json()
    expect(translated.store).toBe(false)
    for (const id of ['resp_1', translated.id])
      expect((await scene.gateway(ask({ previous_response_id: id }))).status).toBe(400)
  })

  test('a conversation stays where it was first accepted', async () => {
    await using scene = await createScene()
    await scene.gateway(ask({ model: 'two,big', conversation: { id: 'conv_1' } }))
    await scene.gateway(ask({ conversation: 'conv_1' }))
    await scene.gateway(ask({ conversation: 'conv_2' }))
    expect([scene.one.requests.length, scene.two.requests.length]).toEqual([1, 2])
    expect((await scene.gateway(ask({ model: 'chat,m', conversation: 'conv_3' }))).status).toBe(400)
  })
})

test('several keys of one provider are several keepers', async () => {
  let count = 0
  await using upstream = await createUpstream(() => json({ ...REPLY, id: `resp_${count++}` }))
  const keys = { apiKey: 'key-a', apiKeys: ['key-a', 'key-b'] }
  const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-responses', keys)] })
  for (let serial = 0; serial < 8; serial++) await gateway(ask({}))
  const shown = upstream.requests.map(({ headers }) => headers['authorization'])
  expect(new Set(shown)).toEqual(new Set(['Bearer key-a', 'Bearer key-b']))
  for (const [serial, key] of shown.entries()) {
    await gateway(ask({ previous_response_id: `resp_${serial}` }))
    await gateway(get(`/v1/responses/resp_${serial}`))
    expect(upstream.requests.slice(-2).map(({ headers }) => headers['authorization'])).toEqual([key, key])
  }
})

describe('a response that is kept', () => {
  test('can be fetched, listed, cancelled and deleted where it was made', async () => {
    await using scene = await createScene()
    await scene.gateway(ask({ model: 'two,big', background: true }))
    const asked: [string, string][] = [
      ['GET', '/v1/responses/resp_1?include[]=reasoning.encrypted_content'],
      ['GET', '/v1/responses/resp_1/input_items?limit=2&after=msg_1'],
      ['POST', '/v1/responses/resp_1/cancel'],
      ['DELETE', '/responses/resp_1'],
    ]
    for (const [method, path] of asked) {
      const response = await scene.gateway(get(path, method, { authorization: 'Bearer client' }))
      expect([response.status, await response.json()]).toEqual([200, REPLY])
      const last = scene.two.requests.at(-1)
      const { pathname, searchParams } = new URL(path, 'http://x')
      expect([last?.method, last?.path]).toEqual([method, `/v1${pathname.replace(/^\/v1/, '')}`])
      expect(last?.query.toString()).toBe(searchParams.toString())
      expect(last?.headers['authorization']).toBe('Bearer upstream-key')
    }
    expect(await errorOf(await scene.gateway(get('/v1/responses/resp_1')))).toEqual([
      404,
      expect.objectContaining({ message: expect.stringContaining("Response with id 'resp_1' not found") }),
    ])
  })

  test('streams again from where its client was', async () => {
    await using scene = await createScene((request) => (request.method === 'GET' ? stream(EVENTS) : json(REPLY)))
    await scene.gateway(ask({ model: 'one,m' }))
    const response = await scene.gateway(get('/v1/responses/resp_1?stream=true&starting_after=1'))
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/event-stream; charset=utf-8',
      EVENTS.join(''),
    ])
  })

  test('what its provider says against it is told in this protocol’s words', async () => {
    await using scene = await createScene((request) =>
      request.method === 'GET' ? json({ error: { message: 'gone' } }, 404) : json(REPLY),
    )
    await scene.gateway(ask({ model: 'one,m' }))
    expect(await errorOf(await scene.gateway(get('/v1/responses/resp_1')))).toEqual([
      404,
      expect.objectContaining({ message: expect.stringContaining('gone') }),
    ])
  })

  test.each([
    ['PUT', '/v1/responses/resp_1', 405],
    ['GET', '/v1/responses/resp_1/cancel', 405],
    ['GET', '/v1/responses/resp_1/other', 404],
    ['GET', '/v1/responses/..%2f..%2fmodels', 404],
    ['GET', '/v1/responses/resp_2', 404],
    ['GET', '/v1/responses', 405],
  ])('%s %s: %d', async (method, path, status) => {
    await using scene = await createScene()
    await scene.gateway(ask({ model: 'one,m' }))
    expect((await scene.gateway(get(path, method))).status).toBe(status)
    expect(scene.one.requests).toHaveLength(1)
  })
})

describe('tokens are counted', () => {
  test('by the provider, without what its operation refuses', async () => {
    await using scene = await createScene(() => json({ object: 'response.input_tokens', input_tokens: 42 }))
    const body = { model: 'one,m', stream: true, store: false, include: [], instructions: 'Be brief.' }
    const response = await scene.gateway(ask(body, '/v1/responses/input_tokens'))
    expect(await response.json()).toEqual({ object: 'response.input_tokens', input_tokens: 42 })
    expect(JSON.parse(scene.one.requests[0]?.text ?? '')).toEqual({
      model: 'm',
      instructions: 'Be brief.',
      input: 'Hi',
    })
  })

  test('here where the provider does not, but not what only it knows', async () => {
    await using scene = await createScene(({ path }) => (path.endsWith('_tokens') ? json({}, 404) : json(REPLY)))
    const counted = await (await scene.gateway(ask({ model: 'chat,m' }, '/v1/responses/input_tokens'))).json()
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
    await scene.gateway(ask({ model: 'one,m' }))
    const bound = ask({ previous_response_id: 'resp_1' }, '/v1/responses/input_tokens')
    expect((await scene.gateway(bound)).status).toBe(501)
  })
})

describe('a conversation is compacted', () => {
  const HISTORY = [
    { type: 'message', role: 'user', content: 'Build it.' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Done.' }] },
  ]
  const compact = (model: string): Request => ask({ model, input: HISTORY }, '/v1/responses/compact')

  test('by the provider that can, in its own bytes', async () => {
    const compacted = {
      id: 'resp_c',
      object: 'response.compaction',
      output: [{ type: 'compaction', encrypted_content: 'x' }],
    }
    await using scene = await createScene(() => json(compacted))
    expect(await (await scene.gateway(compact('one,m'))).json()).toEqual(compacted)
    expect([scene.one.requests.length, scene.one.requests[0]?.path]).toEqual([1, '/v1/responses/compact'])
    expect(JSON.parse(scene.one.requests[0]?.text ?? '')).toEqual({ model: 'm', input: HISTORY })
  })

  test.each([
    ['of another protocol', 'chat,m', 1],
    ['that speaks the protocol and lacks the operation', 'one,m', 2],
  ])('in words by a provider %s, and goes on from there anywhere', async (_name, model, calls) => {
    await using scene = await createScene(({ path }) => (path.endsWith('/compact') ? json({}, 404) : json(REPLY)))
    const reply = await (await scene.gateway(compact(model))).json()
    // A copy: the matcher writes into what it looks at.
    expect(structuredClone(reply)).toMatchObject({
      object: 'response.compaction',
      output: [HISTORY[0], { type: 'compaction', encrypted_content: expect.any(String) }],
      usage: { output_tokens: expect.any(Number) },
    })
    expect(scene.one.requests.length + scene.chat.requests.length).toBe(calls)
    const asked = (scene.one.requests.at(-1) ?? scene.chat.requests.at(-1))?.text
    expect(asked).toContain('Write that summary now')
    const said = model === 'chat,m' ? 'A summary.' : 'Hi'
    for (const next of ['one,m', 'chat,m']) await scene.gateway(ask({ model: next, input: reply.output, store: false }))
    for (const { requests } of [scene.one, scene.chat]) {
      expect(requests.at(-1)?.text).toContain(`replaces:\\n\\n${said}`)
      expect(requests.at(-1)?.text).not.toContain('ccr1:')
    }
  })

  test('in words, where the item that asks for it is refused', async () => {
    const refusal = { error: { message: "Invalid value: 'compaction_trigger'.", param: 'input[1].type' } }
    await using scene = await createScene(({ text }) =>
      text.includes('compaction_trigger') ? json(refusal, 400) : stream(EVENTS),
    )
    const tools = [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }]
    const input = [...HISTORY, { type: 'compaction_trigger' }]
    const text = await (
      await scene.gateway(ask({ model: 'one,m', input, tools, tool_choice: 'auto', stream: true }))
    ).text()
    expect(text).toContain('"type":"compaction"')
    expect(text).not.toContain('"type":"message"')
    expect(scene.one.requests[1]?.text).toContain('Write that summary now')
    expect(scene.one.requests[1]?.text).toContain('"tool_choice":"none"')
  })

  test('an error is told as it is', async () => {
    await using scene = await createScene(() => json({ error: { message: 'slow down' } }, 429))
    expect((await scene.gateway(compact('one,m'))).status).toBe(429)
    expect(scene.one.requests).toHaveLength(1)
  })
})

describe('who keeps what', () => {
  test('is known after a restart and to other processes, and only to this user', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ccr-responses-'))
    const file = join(directory, 'state', 'responses.jsonl')
    const keeper = { provider: 'one', model: 'm', key: 'k' }
    const other = createResponseStore(file)
    expect(await other.get('resp_1')).toBeUndefined()
    await createResponseStore(file).set('resp_1', keeper)
    expect(await other.get('resp_1')).toEqual(keeper)
    await other.delete('resp_1')
    expect(await createResponseStore(file).get('resp_1')).toBeUndefined()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    rmSync(directory, { recursive: true })
  })

  test('is bounded, the oldest goes first', async () => {
    const store = createResponseStore()
    for (let index = 0; index <= 20_000; index++) void store.set(`resp_${index}`, { provider: 'one', model: 'm' })
    expect([await store.get('resp_0'), await store.get('resp_1')]).toEqual([undefined, { provider: 'one', model: 'm' }])
  })

  test('a file that cannot be written is told of, and the response goes on', async () => {
    const lines: string[] = []
    const store = createResponseStore('/dev/null/state/responses.jsonl', (_level, message) => void lines.push(message))
    await store.set('resp_1', { provider: 'one', model: 'm' })
    expect(await store.get('resp_1')).toEqual({ provider: 'one', model: 'm' })
    expect(lines[0]).toContain('which provider made which response')
  })
})
