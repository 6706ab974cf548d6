import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { PING_AFTER_MS } from '../../src/gateway/respond.ts'
import { json, stream, type Answer, type Piece } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const QUESTION = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }
const WHOLE = '/v1beta/models/mock-model:generateContent'
const STREAMED = '/v1beta/models/mock-model:streamGenerateContent'
const CHUNK = (text: string, finishReason?: string) =>
  JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason, index: 0 }] })
const ASKED = { 'x-goog-api-key': 'client-key' }

/** A request as Google's SDKs send it. */
function ask(path: string, body: unknown = QUESTION, headers: Record<string, string> = ASKED): Request {
  const request = post(path, body)
  request.headers.delete('anthropic-version')
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
  return request
}

describe('a Gemini client is relayed to a provider that speaks Gemini', () => {
  test('the model is replaced in the path, and the body goes up as it came', async () => {
    const answer = `{ "candidates":[{"content":{"parts":[{"text":"H\\u00e9"}]},"finishReason":"STOP"}], "new":[1.0] }`
    await using upstream = await createUpstream(() => ({ ...json({}), pieces: [answer] }))
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const body = '{ "contents":[{"parts":[{"text":"H\\u0069"}]}], "generationConfig":{"topK":40.0}, "new_field":[1] }'
    const response = await gateway(ask('/v1/models/mock,other-model:generateContent?a=1&key=client-key', body))
    expect(await response.text()).toBe(answer)
    expect(upstream.requests[0]?.path).toBe('/v1/models/other-model:generateContent')
    expect(upstream.requests[0]?.query.toString()).toBe('a=1')
    expect(upstream.requests[0]?.text).toBe(body)
    expect(calls[0]).toMatchObject({ relayed: true, provider: 'mock', model: 'other-model' })
  })

  test('a stream comes down byte for byte', async () => {
    const chunks = [`data: ${CHUNK('Hé')}\r\n\r\n`, `data: ${CHUNK('!', 'STOP')}\r\n\r\n`]
    await using upstream = await createUpstream(() => stream(chunks))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const response = await gateway(ask(`${STREAMED}?alt=sse`))
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await response.text()).toBe(chunks.join(''))
    expect(upstream.requests[0]?.query.toString()).toBe('alt=sse')
  })

  test('several calls without ids are relayed, too', async () => {
    const parts = [{ functionCall: { name: 'a', args: {} } }, { functionCall: { name: 'b', args: {} } }]
    const reply = { candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP' }] }
    await using upstream = await createUpstream(() => json(reply))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    expect(await (await gateway(ask(WHOLE))).json()).toEqual(reply)
  })
})

describe('a stream without alt=sse is one JSON array', () => {
  test.each(['gemini', 'anthropic-messages', 'openai-chat'] as const)('from %s', async (protocol) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'One two three' }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
    const response = await gateway(ask(STREAMED))
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const chunks = (await response.json()) as JsonObject[]
    expect(chunks.length).toBeGreaterThan(1)
    expect(textOf(chunks)).toBe('One two three')
    if (protocol === 'gemini') expect(upstream.requests[0]?.query.toString()).toBe('alt=sse')
  })

  test('its elements come as they are made', async () => {
    await using upstream = await createUpstream(() =>
      stream([`data: ${CHUNK('now')}\n\n`, { until: new Promise(() => {}) }]),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const response = await gateway(ask(STREAMED))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(`[${CHUNK('now')}`)
    await reader.cancel()
    expect(await (await upstream.request()).settled).toBe('aborted')
  })

  test('a failure before the answer is a list of its error', async () => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'gemini')] })
    const response = await gateway(ask(STREAMED, { contents: 7 }))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject([{ error: { code: 400, status: 'INVALID_ARGUMENT' } }])
  })

  test('a failure inside the answer is its last element', async () => {
    await using upstream = await createUpstream(() =>
      stream([`data: ${CHUNK('so')}\n\n`, `data: {"error":{"code":503}}\n\n`]),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const chunks = (await (await gateway(ask(STREAMED))).json()) as JsonObject[]
    expect(chunks.at(-1)).toMatchObject({ error: { code: 503 } })
  })
})

describe('a provider that streams one JSON array, whatever it is asked for, is read element by element', () => {
  const array = (...pieces: Piece[]): Answer => ({ ...stream(pieces), headers: { 'content-type': 'application/json' } })

  test.each([
    ['Gemini', `${STREAMED}?alt=sse`, QUESTION],
    [
      'Anthropic',
      '/v1/messages',
      { model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'Hi' }] },
    ],
  ])('for a client of %s', async (_, path, body) => {
    const forever = { until: new Promise<never>(() => {}) }
    await using upstream = await createUpstream(() => array(`[${CHUNK('no')}`, `,\r\n${CHUNK('w')}`, forever))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const reader = ((await gateway(ask(path, body))).body as ReadableStream<Uint8Array>).getReader()
    let told = ''
    while (!told.includes('"w"')) told += new TextDecoder().decode((await reader.read()).value)
    expect(told).toContain('"no"')
    await reader.cancel()
  })

  test.each([
    ['is an error where it breaks off', [`[${CHUNK('so')}`], '"error"'],
    ['may be one whole answer', [CHUNK('all', 'STOP')], '"STOP"'],
    ['may end in an error', [`[${CHUNK('so')}`, ',{"error":{"code":503,"message":"gone"}}]'], 'gone'],
  ])('and %s', async (_, pieces, end) => {
    await using upstream = await createUpstream(() => array(...pieces))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    const events = (await (await gateway(ask(`${STREAMED}?alt=sse`))).text()).trim().split('\n\n')
    expect(events.at(-1)).toContain(end)
  })
})

describe('the key of a Gemini client', () => {
  const gatewayTo = (url: string) => testGateway({ providers: [testProvider(url, 'gemini')], apiKey: 'client-key' })

  test.each([
    ['x-goog-api-key', WHOLE, ASKED],
    ['?key=', `${WHOLE}?key=client-key`, {}],
    ['a bearer', WHOLE, { authorization: 'Bearer client-key' }],
  ])('may come in %s, and stays here', async (_, path, headers) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway, lines, calls } = gatewayTo(upstream.url)
    expect((await gateway(ask(path, QUESTION, headers as Record<string, string>))).status).toBe(200)
    const [request] = upstream.requests
    expect(JSON.stringify([request?.headers, request?.query, request?.text, lines, calls])).not.toContain('client-key')
  })

  test('is needed, and what is wrong is told in Google’s words', async () => {
    const { gateway } = gatewayTo('http://127.0.0.1:1')
    const response = await gateway(ask(`${WHOLE}?key=wrong`, QUESTION, {}))
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } })
  })
})

describe('tokens are counted for Gemini clients', () => {
  const COUNT = '/v1beta/models/mock-model:countTokens'

  test('by the provider', async () => {
    await using upstream = await createUpstream(() => json({ totalTokens: 4711 }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    expect(await (await gateway(ask(COUNT))).json()).toEqual({ totalTokens: 4711 })
    expect(upstream.requests[0]?.path).toBe('/v1/models/mock-model:countTokens')
  })

  test.each([
    ['contents alone', QUESTION],
    ['a whole request', { generateContentRequest: { model: 'models/mock-model', ...QUESTION } }],
  ])('here, from %s', async (_, body) => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
    const { totalTokens } = (await (await gateway(ask(COUNT, body))).json()) as { totalTokens: number }
    expect(totalTokens).toBeGreaterThan(0)
    expect(totalTokens).toBeLessThan(30)
  })
})

describe('a Gemini client is told in Google’s shape', () => {
  test('of a path that there is not', async () => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'gemini')] })
    const response = await gateway(ask('/v1beta/cachedContents'))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
  })

  test('that a silent model still works, in a chunk that no SDK stumbles over', async () => {
    await using upstream = await createUpstream(() => stream([{ until: new Promise(() => {}) }]))
    let due: (() => void) | undefined
    const { gateway } = testGateway(
      { providers: [testProvider(upstream.url, 'openai-chat')] },
      {
        after: (ms, run) => {
          if (ms === PING_AFTER_MS) due ??= run
          return () => {}
        },
      },
    )
    const pending = gateway(ask(`${STREAMED}?alt=sse`))
    await upstream.request()
    // The provider may have the request before the gateway has begun to wait for it.
    while (!due) await new Promise((resolve) => setImmediate(resolve))
    due()
    const reader = ((await pending).body as ReadableStream<Uint8Array>).getReader()
    const first = new TextDecoder().decode((await reader.read()).value)
    expect(first).toStartWith('data: ')
    expect(textOf([JSON.parse(first.slice('data: '.length)) as JsonObject])).toBe('')
    await reader.cancel()
  })
})

function textOf(chunks: readonly JsonObject[]): string {
  type Chunk = { candidates: [{ content: { parts: { text?: string }[] } }] }
  return (chunks as unknown as Chunk[])
    .flatMap(({ candidates: [{ content }] }) => content.parts)
    .map(({ text = '' }) => text)
    .join('')
}

test('what a model thought goes back to it from a client that drops thoughts and writes names before ids', async () => {
  const turn = { reasoning: 'Hm.', calls: [{ name: 'look', input: { at: 'x' } }] }
  await using upstream = await createUpstream((request) => answerTurn(request, turn))
  const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
  const tools = [{ functionDeclarations: [{ name: 'look' }] }]
  type Part = { thought?: boolean; functionCall?: { id: string; name: string } }
  const first = (await (await gateway(ask(WHOLE, { ...QUESTION, tools }))).json()) as {
    candidates: [{ content: { parts: Part[] } }]
  }
  const parts = first.candidates[0].content.parts
    .filter(({ thought }) => !thought)
    .map(({ functionCall }) => ({ functionCall: { ...functionCall, id: `look__${functionCall?.id}` } }))
  const functionResponse = { id: parts[0]?.functionCall.id, name: 'look', response: { output: 'seen' } }
  const contents = [...QUESTION.contents, { role: 'model', parts }, { role: 'user', parts: [{ functionResponse }] }]
  await (await gateway(ask(WHOLE, { contents, tools }))).text()
  const { messages } = JSON.parse(upstream.requests[1]?.text ?? '{}') as { messages: JsonObject[] }
  expect(messages[1]?.content).toMatchObject([
    { type: 'thinking', thinking: 'Hm.', signature: expect.any(String) },
    { type: 'tool_use', id: first.candidates[0].content.parts.at(-1)?.functionCall?.id as string },
  ])
})
