import { describe, expect, test } from 'bun:test'
import type { Traits } from '../../src/protocol/protocol.ts'
import { roomFor } from '../../src/gateway/middleware/window.ts'
import { estimateInput } from '../../src/router/estimate.ts'
import { calibrated } from '../../src/router/session.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

describe('what is left of a window', () => {
  test.each([
    // Together exactly the window, and one token more.
    [90_000, 10_000, 100_000, undefined],
    [90_001, 10_000, 100_000, 8198],
    [90_000, 10_001, 100_000, 8200],
    // A limit just below what is left after what is held back stays.
    [50_000, 49_000, 100_000, undefined],
    [50_000, 50_001, 100_000, 49_000],
    // The least that is of use, and one token less.
    [97_035, 10_000, 100_000, 1024],
    [97_036, 10_000, 100_000, undefined],
    // The prompt alone fills it.
    [100_000, 1, 100_000, undefined],
    [100_001, 10_000, 100_000, undefined],
    // No limit is known or asked for.
    [90_000, Infinity, 100_000, 8200],
    [0, Infinity, 8192, 8192],
  ])('%i tokens in and %p wished of %i: %p', (input, wish, window, expected) => {
    expect(roomFor(input, wish, window)).toBe(expected as number)
  })

  test('never more than was wished', () => {
    for (let input = 0; input < 12_000; input += 7) {
      const most = roomFor(input, 2000, 10_000)
      if (most !== undefined) expect(most).toBeWithin(1024, 2001)
    }
  })
})

describe('an estimate is corrected by the last real count', () => {
  test.each([
    // Nothing counted yet.
    [1000, { estimated: 900 }, 1000],
    // The provider counts 30 % more, and the conversation grows a little.
    [110_000, { estimated: 100_000, ratio: 1.3 }, 140_000],
    // A hidden preamble made a small prompt four times as large: a large one is not.
    [50_000, { estimated: 1000, ratio: 4 }, 53_000],
    // The prompt has become small.
    [1000, { estimated: 100_000, ratio: 1.3 }, 1300],
    // What is cached was not counted.
    [110_000, { estimated: 100_000, ratio: 0.25 }, 27_500],
  ])('%i with %p is %i', (estimated, state, expected) => {
    expect(calibrated(estimated, state)).toBeCloseTo(expected, 5)
  })
})

const WORDS = 'The quick brown fox jumps over the lazy dog. '
const question = (content: unknown, more = {}) => ({
  model: 'claude-x',
  max_tokens: 4000,
  messages: [{ role: 'user', content }],
  ...more,
})
const sizeOf = (text: string): number =>
  estimateInput({
    model: '',
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
    tools: [],
    stream: false,
  })
const text = WORDS.repeat(800)
const size = sizeOf(text)
const session = { 'x-claude-code-session-id': 'session-0001' }

function gatewayFor(url: string, protocol: 'anthropic-messages' | 'openai-chat' | 'gemini', traits: Traits) {
  return testGateway({ providers: [testProvider(url, protocol, { traits })] })
}

function limitSent({ text: body }: Received): unknown {
  const sent = JSON.parse(body) as { max_tokens?: number; generationConfig?: { maxOutputTokens?: number } }
  return sent.max_tokens ?? sent.generationConfig?.maxOutputTokens
}

describe.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)('towards a provider of %s', (protocol) => {
  test.each<[string, number, number, number]>([
    // The window, what the client wishes, what is sent.
    ['fits', size + 4000, 4000, 4000],
    ['is one token too long', size + 3999, 4000, Math.floor(size + 3999 - size * 1.02)],
    ['leaves just enough', Math.ceil(size * 1.02) + 1024, 4000, 1024],
    ['may be too long by itself: the provider judges', Math.ceil(size * 0.9), 4000, 4000],
    ['may be too long by itself, just so: the provider judges', Math.ceil(size / 1.25), 4000, 4000],
  ])('a call that %s', async (_name, window, wish, sent) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway, calls } = gatewayFor(upstream.url, protocol, { contextWindow: window })
    const response = await gateway(post('/v1/messages', question(text, { max_tokens: wish })))
    expect(response.status).toBe(200)
    expect(limitSent(upstream.requests[0] as Received)).toBe(sent)
    expect((response.headers.get('x-ccr-dropped') ?? '').split(' ').includes('max_tokens')).toBe(sent !== wish)
    expect(response.headers.get('x-ccr-route')).toBe('default')
    expect(calls[0]?.model).toBe('mock-model')
  })

  test('a prompt that is clearly too long is told in the words on which agents compact, and not sent', async () => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway, calls } = gatewayFor(upstream.url, protocol, { contextWindow: Math.floor(size / 1.25) - 1 })
    const response = await gateway(post('/v1/messages', question(text)))
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { type: string; message: string } }
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toMatch(
      new RegExp(
        `^prompt is too long: ${size} tokens > ${Math.floor(size / 1.25) - 1} maximum of mock \\(mock-model\\)`,
      ),
    )
    expect(upstream.requests).toHaveLength(0)
    expect(calls[0]).toMatchObject({ status: 400, provider: 'mock' })
  })

  test('of a model of which nothing is known nothing is guarded', async () => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = gatewayFor(upstream.url, protocol, {})
    expect((await gateway(post('/v1/messages', question(WORDS.repeat(50_000))))).status).toBe(200)
    expect(limitSent(upstream.requests[0] as Received)).toBe(4000)
  })
})

describe('a relayed call', () => {
  test('that fits keeps its bytes; one that does not keeps all but the limit', async () => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway, calls } = gatewayFor(upstream.url, 'anthropic-messages', { contextWindow: size + 4000 })
    const body = JSON.stringify(question(text, { odd: 1, metadata: { n: 0 } })).replace('"n":0', '"n": 1.0')
    await gateway(post('/v1/messages', body))
    await gateway(post('/v1/messages', body.replace('4000', '4001')))
    const [first, second] = upstream.requests
    expect(first?.text).toBe(body.replace('claude-x', 'mock-model'))
    expect(JSON.parse(second?.text ?? '')).toEqual({
      ...JSON.parse(first?.text ?? ''),
      max_tokens: Math.floor(size + 4000 - size * 1.02),
    })
    expect(second?.text).toContain('"n":1.0')
    expect(calls.map(({ relayed }) => relayed)).toEqual([true, true])
  })

  test('that thinks gets a budget that fits its lower limit, and both are listed', async () => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = gatewayFor(upstream.url, 'anthropic-messages', { contextWindow: Math.ceil(size * 1.02) + 2000 })
    const thinking = { type: 'enabled', budget_tokens: 3000 }
    const response = await gateway(post('/v1/messages', question(text, { thinking })))
    expect(JSON.parse(upstream.requests[0]?.text ?? '')).toMatchObject({
      max_tokens: 2000,
      thinking: { budget_tokens: 1999 },
    })
    expect(response.headers.get('x-ccr-dropped')).toBe('max_tokens thinking.budget_tokens')
  })

  test.each([
    [{ maxOutputTokens: 1000 }, 1000],
    [{ maxOutputTokens: 5000 }, 4000],
    [{}, 4000],
  ])('asks for no more than the config allows: %p', async (traits, sent) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = gatewayFor(upstream.url, 'anthropic-messages', traits)
    await gateway(post('/v1/messages', question('Hi')))
    expect(limitSent(upstream.requests[0] as Received)).toBe(sent)
  })

  test.each([
    ['claude-sonnet-4-5', 'context-1m-2025-08-07', 200],
    ['claude-sonnet-4-5', 'other-beta', 400],
    ['glm-4.6', 'context-1m-2025-08-07', 400],
  ])('to %s with the beta %s', async (model, beta, status) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = testGateway({
      providers: [testProvider(upstream.url, 'anthropic-messages', { models: [model] })],
    })
    const long = WORDS.repeat(Math.ceil((270_000 / size) * 800))
    expect((await gateway(post('/v1/messages', question(long), { headers: { 'anthropic-beta': beta } }))).status).toBe(
      status,
    )
  })
})

test('media are never a reason to refuse: what they cost is the provider’s to say', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
  const { gateway } = gatewayFor(upstream.url, 'anthropic-messages', { contextWindow: 10_000 })
  const data = Buffer.alloc(3_000_000).toString('base64')
  const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }
  const content = [document, { type: 'text', text: 'What is this?' }]
  expect((await gateway(post('/v1/messages', question(content)))).status).toBe(200)
  const result = [{ type: 'tool_result', tool_use_id: 't', content: [document] }]
  const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'read', input: {} }] }
  const messages = [{ role: 'user', content: 'Read it' }, call, { role: 'user', content: result }]
  expect((await gateway(post('/v1/messages', { ...question(''), messages }))).status).toBe(200)
})

test('of a provider that counts more, the next call of the conversation is judged by its count', async () => {
  const usage = { input_tokens: Math.round(size * 1.4), output_tokens: 1 }
  const content = [{ type: 'text', text: 'Hi' }]
  const reply = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn', usage }
  await using upstream = await createUpstream(() => json(reply))
  const { gateway } = gatewayFor(upstream.url, 'anthropic-messages', { contextWindow: Math.round(size * 1.1) })
  const ask = (headers: Record<string, string>) =>
    gateway(post('/v1/messages', question(text, { max_tokens: 100 }), { headers }))
  expect((await ask(session)).status).toBe(200)
  expect((await ask(session)).status).toBe(400)
  expect((await ask({ ...session, 'x-claude-code-session-id': 'session-0002' })).status).toBe(200)
})

test('ten turns close to the window stay with one model, each with as much room as is left', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
  const providers = [
    testProvider(upstream.url, 'openai-chat', {
      models: ['near', 'far'],
      modelTraits: { near: { contextWindow: size + 4000 } },
    }),
  ]
  const routes = { targets: { default: { provider: 'mock', model: 'near' } }, longContextThreshold: 60_000 }
  const { gateway, calls } = testGateway({ providers, routes })
  const limits: number[] = []
  for (let turn = 0; turn < 10; turn++) {
    const response = await gateway(post('/v1/messages', question(text + WORDS.repeat(40 * (turn % 3)))))
    expect(response.status).toBe(200)
    limits.push(limitSent(upstream.requests.at(-1) as Received) as number)
  }
  expect(new Set(calls.map(({ model }) => model))).toEqual(new Set(['near']))
  expect(new Set(limits).size).toBe(3)
})
