import { describe, expect, test } from 'bun:test'
import { DEFAULT_RETRY } from '../../src/provider/resilience.ts'
import { PING_AFTER_MS } from '../../src/gateway/respond.ts'
import { json, silence, stream } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { createUpstream } from '../helper/upstream.ts'

const QUESTION = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const STREAMED = { ...QUESTION, stream: true }
const frame = (data: object & { type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const START = frame({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-y',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
} as never)
const TEXT = [
  frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never),
  frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hé' } } as never),
]
const END = [
  frame({ type: 'content_block_stop', index: 0 } as never),
  frame({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 5 },
  } as never),
  frame({ type: 'message_stop' }),
]

describe('a client whose protocol the provider speaks is relayed', () => {
  test('the client’s bytes go up but for the model, the provider’s bytes come down', async () => {
    await using upstream = await createUpstream(() => stream([START, ...TEXT, ...END]))
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    const body =
      '{ "max_tokens":100, "temperature":1.0,\n "model" : "claude-x", "stream":true, "messages":[{"role":"user","content":"H\\u0069"}], "new_field":[1] }'
    const response = await gateway(
      post('/v1/messages?beta=true', body, {
        headers: { 'anthropic-beta': 'b1', cookie: 'c', authorization: 'Bearer client' },
      }),
    )
    expect(await response.text()).toBe([START, ...TEXT, ...END].join(''))
    const [request] = upstream.requests
    expect(request?.text).toBe(body.replace('"claude-x"', '"mock-model"'))
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'b1',
      'anthropic-version': '2023-06-01',
      'x-api-key': 'upstream-key',
    })
    expect(request?.headers['cookie']).toBeUndefined()
    expect(request?.headers['authorization']).toBeUndefined()
    expect(calls[0]).toMatchObject({
      relayed: true,
      requested: 'claude-x',
      provider: 'mock',
      model: 'mock-model',
      answered: 'claude-y',
      route: 'default',
      usage: { input: 3, output: 5 },
      finish: 'stop',
      status: 200,
    })
    expect(response.headers.get('x-ccr-model')).toBe('mock,mock-model')
    expect(response.headers.get('x-ccr-route')).toBe('default')
  })

  test('a whole reply keeps its bytes', async () => {
    const reply =
      '{"id":"msg_1","type":"message","role":"assistant","model":"claude-y","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1.0,"output_tokens":2}, "odd":1e400}'
    await using upstream = await createUpstream(() => ({ ...json({}), pieces: [reply] }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    expect(await (await gateway(post('/v1/messages', QUESTION))).text()).toBe(reply)
  })

  test.each(['cut', 'end', 'reset'] as const)(
    'a stream that breaks between two events by %s ends in an error event',
    async (stop) => {
      const answered = Promise.withResolvers<void>()
      await using upstream = await createUpstream(() => stream([START, ...TEXT, { until: answered.promise }, { stop }]))
      const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
      const response = await gateway(post('/v1/messages', STREAMED))
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      let text = ''
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        text += new TextDecoder().decode(piece.value)
        if (text.endsWith(TEXT.join(''))) answered.resolve()
      }
      expect(text.startsWith([START, ...TEXT].join(''))).toBe(true)
      expect(text.slice([START, ...TEXT].join('').length)).toStartWith('event: error\ndata: {"type":"error"')
      expect(calls[0]?.error).toBeDefined()
    },
  )

  test('of a stream that breaks inside an event, the half event is held back', async () => {
    await using upstream = await createUpstream(() =>
      stream([START, ...TEXT, (END[0] as string).slice(0, 30), { stop: 'end' }]),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    const text = await (await gateway(post('/v1/messages', STREAMED))).text()
    expect(text).toStartWith(`${[START, ...TEXT].join('')}event: error`)
  })

  test.each([
    ['where nobody is asked again', 'invalid_request_error', undefined, 1],
    ['where asking again would not help', 'invalid_request_error', DEFAULT_RETRY, 1],
    ['when it has been asked for again in vain', 'overloaded_error', { ...DEFAULT_RETRY, attempts: 2, pauseMs: 1 }, 2],
  ])('a stream that is an error from its first event on keeps its bytes %s', async (_name, type, retry, attempts) => {
    const failure = frame({ type: 'error', error: { type, message: 'No.' } } as never)
    await using upstream = await createUpstream(() => stream([START, failure]))
    const provider = testProvider(upstream.url, 'anthropic-messages', retry && { retry })
    const { gateway, calls } = testGateway({ providers: [provider] })
    const response = await gateway(post('/v1/messages', STREAMED))
    expect([response.status, await response.text()]).toEqual([200, START + failure])
    expect(upstream.requests).toHaveLength(attempts)
    expect(calls[0]).toMatchObject({ finish: 'error', error: expect.stringContaining('No.') })
  })

  test('a whole last event without its empty line is the end', async () => {
    const last = END.join('').trimEnd()
    await using upstream = await createUpstream(() => stream([START, ...TEXT, last]))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    expect(await (await gateway(post('/v1/messages', STREAMED))).text()).toBe([START, ...TEXT, last].join(''))
  })
})

describe('a client is translated where the provider speaks another protocol', () => {
  test.each([true, false])('text, tools, reasoning and usage arrive (stream: %p)', async (streams) => {
    await using upstream = await createUpstream((request) =>
      answerTurn(request, {
        reasoning: 'Hm.',
        text: 'Let me look.',
        calls: [{ name: 'read', input: { path: 'a' }, id: 'call_1' }],
        stop: 'tool',
      }),
    )
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(
      post('/v1/messages', {
        ...QUESTION,
        stream: streams,
        tools: [{ name: 'read', input_schema: { type: 'object' } }],
      }),
    )
    const text = await response.text()
    for (const part of ['Hm.', 'Let me look.', '"read"', 'call_1', '"tool_use"']) expect(text).toContain(part)
    expect(upstream.requests[0]?.path).toBe('/v1/chat/completions')
    expect(upstream.requests[0]?.headers['authorization']).toBe('Bearer upstream-key')
    expect(calls[0]).toMatchObject({ relayed: false, finish: 'tool-calls', usage: { output: 97, cacheRead: 707 } })
  })

  test.each<[string, Parameters<typeof stream>[0]]>([
    ['cut', [{ stop: 'end' }]],
    ['reset', [{ stop: 'reset' }]],
    ['malformed', ['data: {oops\n\n']],
    ['failing', ['data: {"error":{"message":"boom"}}\n\n']],
  ])('a %s stream ends in an error event, never in a normal stop', async (_name, pieces) => {
    const answered = Promise.withResolvers<void>()
    const hi = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    await using upstream = await createUpstream(() => stream([hi, { until: answered.promise }, ...pieces]))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(post('/v1/messages', STREAMED))
    answered.resolve()
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(text).toContain('event: error')
    expect(text).toMatch(/"message":"mock \(mock-model\)/)
    expect(text).not.toContain('message_stop')
    expect(text).toStartWith('event: message_start')
  })

  test.each<[string, Parameters<typeof stream>[0]]>([
    ['empty', []],
    ['failed before its first word', ['data: {"error":{"message":"boom","code":503}}\n\n']],
    [
      'cut before its first word',
      ['data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n', { stop: 'cut' }],
    ],
  ])('a stream that is %s is an HTTP error', async (_name, pieces) => {
    await using upstream = await createUpstream(() => stream(pieces))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(post('/v1/messages', STREAMED))
    expect(response.status).toBeGreaterThanOrEqual(500)
    expect(await response.json()).toMatchObject({ type: 'error', error: { message: expect.stringContaining('mock') } })
  })

  test('a provider that answers a stream request with a whole reply is read', async () => {
    await using upstream = await createUpstream(() =>
      json({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Whole' }, finish_reason: 'stop' }],
      }),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const text = await (await gateway(post('/v1/messages', STREAMED))).text()
    expect(text).toContain('"Whole"')
    expect(text).toContain('message_stop')
  })
})

describe('errors keep what the client needs', () => {
  test.each([
    [429, 'rate_limit_error'],
    [401, 'authentication_error'],
    [404, 'not_found_error'],
    [500, 'api_error'],
  ])('%p of a Chat provider', async (status, type) => {
    await using upstream = await createUpstream(() =>
      json({ error: { message: 'Because.' } }, status, { 'retry-after': '7' }),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(post('/v1/messages', STREAMED))
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type, message: `mock (mock-model) answered ${status}: Because.` },
    })
    expect(response.headers.get('retry-after')).toBe('7')
  })

  test('a provider that cannot be reached', async () => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
    const response = await gateway(post('/v1/messages', QUESTION))
    expect(response.status).toBe(502)
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(
      'mock (mock-model): the connection was refused',
    )
  })

  test.each([
    ['', 'JSON'],
    ['[1]', 'must be a JSON object'],
    ['{"model":"x","messages":7}', 'messages'],
    ['{"messages":[]}', 'model'],
    ['['.repeat(200_000), 'JSON'],
  ])('a bad body %#', async (body, words) => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
    const response = await gateway(post('/v1/messages', body))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(words) },
    })
  })
})

describe('silence', () => {
  test('a client hears a ping when the provider is silent, before and after the first word', async () => {
    const gate = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    await using upstream = await createUpstream(() =>
      stream([{ until: gate.promise }, START, ...TEXT, { until: second.promise }, ...END]),
    )
    // Time flies: 8 s pass in 8 ms.
    const after = (ms: number, run: () => void): (() => void) => {
      const timer = setTimeout(run, ms / 1000)
      return () => clearTimeout(timer)
    }
    const quick = { now: () => performance.now() * 1000, after }
    const { gateway } = testGateway(
      { providers: [testProvider(upstream.url, 'anthropic-messages', { deadlines: {} })] },
      quick,
    )
    const response = await gateway(post('/v1/messages', STREAMED))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
    const ping = 'event: ping\ndata: {"type": "ping"}\n\n'
    expect(await read()).toBe(ping)
    gate.resolve()
    let text = ''
    while (!text.endsWith(TEXT.join('') + ping)) text += await read()
    second.resolve()
    for (let piece = await read(); piece; piece = await read()) text += piece
    expect(text.replaceAll(ping, '')).toBe([START, ...TEXT, ...END].join(''))
  })

  test('the status line of a silent stream comes with a ping, without which it would not leave', async () => {
    await using upstream = await createUpstream(() => silence())
    let silences = 0
    // The first wait for a sign of life is over at once, whatever else is waited for never.
    const isFirst = (ms: number): boolean => ms === PING_AFTER_MS && silences++ === 0
    const after = (ms: number, run: () => void): (() => void) => {
      if (isFirst(ms)) queueMicrotask(run)
      return () => undefined
    }
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] }, { after })
    const leaving = new AbortController()
    const response = await gateway(post('/v1/messages', STREAMED, { signal: leaving.signal }))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('event: ping\ndata: {"type": "ping"}\n\n')
    leaving.abort()
    await reader.cancel()
  })

  test('a provider that stays silent for too long is given up, with a named error', async () => {
    await using upstream = await createUpstream(() => stream([START, ...TEXT, { pauseMs: 5000 }]))
    const { gateway, calls } = testGateway({
      providers: [testProvider(upstream.url, 'anthropic-messages', { deadlines: { idleMs: 50 } })],
    })
    const text = await (await gateway(post('/v1/messages', STREAMED))).text()
    expect(text).toContain('event: error')
    expect(text).toContain('was silent for')
    expect(calls[0]?.error).toStartWith('timeout: mock (mock-model) was silent for')
    expect(await upstream.requests[0]?.settled).toBe('aborted')
  })
})

describe('a client that goes away', () => {
  test.each(['anthropic-messages', 'openai-chat'] as const)('ends the call to a provider of %s', async (protocol) => {
    const chat = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    await using upstream = await createUpstream(() =>
      stream([...(protocol === 'openai-chat' ? [chat] : [START, ...TEXT]), { pauseMs: 60_000 }]),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
    const client = new AbortController()
    const response = await gateway(post('/v1/messages', STREAMED, { signal: client.signal }))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    client.abort()
    await reader.cancel()
    expect(await (await upstream.request()).settled).toBe('aborted')
  })

  test('counts as given what it was given last', async () => {
    const last = 'event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":77}}\n\n'
    await using upstream = await createUpstream(() =>
      stream([START, ...TEXT, { pauseMs: 20 }, last, { pauseMs: 60_000 }]),
    )
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    const response = await gateway(post('/v1/messages', STREAMED))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    for (let text = ''; !text.includes('77');) text += new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
    expect(calls[0]?.usage).toMatchObject({ output: 77 })
  })

  test('ends it before the first byte, too', async () => {
    await using upstream = await createUpstream(() => stream([{ pauseMs: 60_000 }]))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const client = new AbortController()
    const pending = gateway(post('/v1/messages', STREAMED, { signal: client.signal }))
    const request = await upstream.request()
    client.abort()
    expect(await request.settled).toBe('aborted')
    expect((await pending).status).toBe(499)
  })
})

describe('who may ask, and where', () => {
  const config = { providers: [testProvider('http://127.0.0.1:1', 'openai-chat')], apiKey: 'secret' }

  test.each([
    [{}, 401],
    [{ 'x-api-key': 'secret' }, 200],
    [{ authorization: 'Bearer secret' }, 200],
    [{ authorization: 'Bearer wrong', 'x-api-key': 'secret' }, 200],
    [{ 'x-api-key': 'secret2' }, 401],
    [{ 'x-api-key': 'secre' }, 401],
    [{ 'x-api-key': '' }, 401],
  ] as [Record<string, string>, number][])('%j → %p', async (headers, status) => {
    const { gateway } = testGateway(config)
    expect((await gateway(new Request('http://127.0.0.1/v1/models', { headers }))).status).toBe(status)
  })

  test.each(['/v1/messages', '/v1/v1/messages', '/messages', '/v1/messages/', '//v1/messages?beta=true'])(
    '%s is served',
    async (path) => {
      await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hi' }))
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
      expect((await gateway(post(path, QUESTION))).status).toBe(200)
    },
  )

  test('a method that is not served is told which one is', async () => {
    const { gateway } = testGateway({ providers: config.providers })
    const response = await gateway(
      new Request('http://127.0.0.1/v1/messages', { headers: { 'anthropic-version': '1' } }),
    )
    expect(response.status).toBe(405)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { message: 'GET is not served here: use POST' },
    })
  })

  test('models are listed in the shape of the caller', async () => {
    const { gateway } = testGateway({ providers: config.providers })
    const openai = await (await gateway(new Request('http://127.0.0.1/v1/models'))).json()
    expect(openai).toMatchObject({ object: 'list', data: [{ id: 'mock,mock-model', object: 'model' }] })
    const anthropic = await (
      await gateway(new Request('http://127.0.0.1/v1/models?limit=1000', { headers: { 'anthropic-version': '1' } }))
    ).json()
    expect(anthropic).toMatchObject({
      data: [{ type: 'model', id: expect.stringMatching(/^claude/) }],
      has_more: false,
    })
  })
})
