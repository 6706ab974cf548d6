import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { ReplyStore } from '../../../src/store/reply-store.ts'
import { hangUp, insertAfter, json, stopAfter } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream, type Upstream } from '../../helper/upstream.ts'

let upstream: Upstream
let gate = Promise.withResolvers<void>()
beforeAll(async () => {
  upstream = await createUpstream((request) => {
    const answer = answerTurn(request, { reasoning: 'let me think', text: `answer ${request.serial}` })
    if (request.text.includes('refuse')) return json({ error: { type: 'x', message: 'no' } }, 400)
    if (request.text.includes('cut')) return stopAfter(answer, -2)
    if (request.text.includes('dead')) return hangUp()
    return request.text.includes('hold') ? insertAfter(answer, 2, { until: gate.promise }) : answer
  })
})
afterAll(() => upstream.close())

function cached(more: object = {}, ports: object = {}, settings: object = {}) {
  const clock = { now: 1_800_000_000_000 }
  const providers = [
    testProvider(upstream.url, 'anthropic-messages', { models: ['mock-model'] }),
    testProvider(upstream.url, 'openai-chat', { name: 'chat', models: ['chat-model'] }),
  ]
  const cache = { ttlMs: 60_000, mostCharacters: 1_000_000, except: [], ...settings }
  return { ...testGateway({ providers, cache, ...more }, { now: () => clock.now, ...ports }), clock }
}

const anthropic = (text: string, more: object = {}) =>
  post('/v1/messages', { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: text }], ...more })
const WAYS = {
  anthropic: (text: string, stream: boolean) => anthropic(text, { stream }),
  chat: (text: string, stream: boolean) =>
    post('/v1/chat/completions', {
      model: 'x',
      max_completion_tokens: 100,
      stream,
      messages: [{ role: 'user', content: text }],
    }),
  responses: (text: string, stream: boolean) =>
    post('/v1/responses', { model: 'y', max_output_tokens: 100, stream, store: false, input: text }),
  gemini: (text: string, stream: boolean) =>
    post(`/v1beta/models/z:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, {
      contents: [{ role: 'user', parts: [{ text }] }],
      generationConfig: { maxOutputTokens: 100 },
    }),
} as const

type Way = keyof typeof WAYS
const ways = Object.keys(WAYS) as Way[]
const answerIn = (text: string): string | undefined => /answer \d+/.exec(text)?.[0]

describe('an answer', () => {
  const pairs = ways.flatMap((first) => ways.map((second) => [first, second] as const))
  test.each(pairs)('to %s is one to %s, too, streamed or whole', async (first, second) => {
    const { gateway, calls } = cached()
    const text = `hello ${first} ${second}`
    const asked = upstream.requests.length
    const told = await gateway(WAYS[first](text, true))
    const said = answerIn(await told.text())
    expect(told.headers.get('x-ccr-cache')).toBe('miss')
    for (const stream of [true, false]) {
      const again = await gateway(WAYS[second](text, stream))
      expect(again.headers.get('x-ccr-cache')).toBe('hit')
      expect(answerIn(await again.text())).toBe(said as string)
    }
    expect(upstream.requests.length - asked).toBe(1)
    expect(calls.map(({ cached: isCached }) => isCached)).toEqual([undefined, true, true])
    expect(calls[2]?.usage).toEqual(calls[0]?.usage as object)
  })

  const hit = async (
    { gateway }: ReturnType<typeof cached>,
    ...requests: readonly Request[]
  ): Promise<readonly (string | null)[]> => {
    const seen: (string | null)[] = []
    for (const request of requests) {
      const response = await gateway(request)
      await response.text()
      seen.push(response.headers.get('x-ccr-cache'))
    }
    return seen
  }

  test('is the same for other users, sessions and billing lines', async () => {
    const system = (line: string) => [
      { type: 'text', text: `x-anthropic-billing-header: ${line}` },
      { type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } },
    ]
    const one = anthropic('who', { metadata: { user_id: 'a' }, system: system('1') })
    const other = anthropic('who', { metadata: { user_id: 'b' }, system: system('2') })
    expect(await hit(cached(), one, other)).toEqual(['miss', 'hit'])
  })

  test.each([
    ['other words', anthropic('two')],
    ['another temperature', anthropic('one', { temperature: 0.5 })],
    ['another target', anthropic('one', { model: 'chat,chat-model' })],
    ['a field that is not known', anthropic('one', { novel: 1 })],
    ['a tool', anthropic('one', { tools: [{ name: 't', input_schema: { type: 'object' } }] })],
  ])('is not that to %s', async (_name, other) => {
    expect(await hit(cached(), anthropic('one'), other, anthropic('one'))).toEqual(['miss', 'miss', 'hit'])
  })

  test('is not given from one client key to another', async () => {
    const hash = (key: string): string => createHash('sha256').update(key).digest('hex')
    const clientKeys = ['a', 'b'].map((label) => ({ label, hash: hash(label) }))
    const by = (key: string) =>
      post(
        '/v1/messages',
        { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'k' }] },
        { headers: { 'x-api-key': key } },
      )
    expect(await hit(cached({ clientKeys }), by('a'), by('b'), by('a'))).toEqual(['miss', 'miss', 'hit'])
  })

  test('ends with its time', async () => {
    const made = cached()
    expect(await hit(made, anthropic('old'))).toEqual(['miss'])
    made.clock.now += 60_001
    expect(await hit(made, anthropic('old'), anthropic('old'))).toEqual(['miss', 'hit'])
  })

  test.each(['no-cache', 'no-store, max-age=0', 'max-age=0'])(
    'is not looked for with cache-control: %s',
    async (value) => {
      const fresh = post(
        '/v1/messages',
        { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'f' }] },
        { headers: { 'cache-control': value } },
      )
      expect(await hit(cached(), anthropic('f'), fresh, anthropic('f'))).toEqual(['miss', null, 'hit'])
    },
  )

  test('of a rule that is excepted is not kept', async () => {
    expect(await hit(cached({}, {}, { except: ['default'] }), anthropic('e'), anthropic('e'))).toEqual([null, null])
  })

  test.each(['refuse', 'cut', 'dead'])('that failed (%s) is not kept', async (how) => {
    const { gateway } = cached()
    const asked = upstream.requests.length
    for (const stream of [true, false]) await (await gateway(anthropic(how, { stream }))).text()
    expect(upstream.requests.length - asked).toBeGreaterThanOrEqual(2)
  })

  const FOUND = [
    { role: 'user', content: 'time?' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'clock', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'noon' }] },
  ]
  test.each<[string, readonly object[]]>([
    ['', []],
    [', with a reminder behind it,', [{ role: 'user', content: '<system-reminder>be brief</system-reminder>' }]],
    [', with the beginning of the answer,', [{ role: 'assistant', content: 'It is' }]],
  ])('to what a tool has found%s is not kept', async (_how, behind) => {
    const messages = [...FOUND, ...behind]
    expect(await hit(cached(), anthropic('', { messages }), anthropic('', { messages }))).toEqual([null, null])
  })

  test('that does not fit into memory is found where the state is kept', async () => {
    const kept = new Map<string, Parameters<ReplyStore['set']>[1]>()
    const replies: ReplyStore = { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) }
    const made = cached({}, { replies }, { mostCharacters: 10 })
    expect(await hit(made, anthropic('spilt'), anthropic('spilt'))).toEqual(['miss', 'hit'])
    expect(await hit(cached({}, { replies }), anthropic('spilt'))).toEqual(['hit'])
  })

  test('takes its place among the requests of a limit, and no tokens', async () => {
    const limits = {
      quotas: [
        { of: 'requests', span: 'minute', most: 3 },
        { of: 'tokens', span: 'minute', most: 4000 },
      ],
    }
    const { gateway } = cached({ limits })
    const statuses: number[] = []
    for (let count = 0; count < 4; count++) {
      const response = await gateway(anthropic('limited'))
      await response.text()
      statuses.push(response.status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})

describe('equal requests at the same time', () => {
  test('are one call to the provider', async () => {
    gate = Promise.withResolvers()
    const { gateway } = cached()
    const asked = upstream.requests.length
    const all = Array.from({ length: 30 }, (_, index) =>
      gateway(WAYS[ways[index % 4] as Way]('hold all', index % 3 === 0)).then((response) => response.text()),
    )
    await upstream.request(asked + 1)
    gate.resolve()
    const said = new Set((await Promise.all(all)).map(answerIn))
    expect(said).toEqual(new Set([`answer ${asked}`]))
    expect(upstream.requests.length - asked).toBe(1)
  })

  test('survive that the first one goes away', async () => {
    gate = Promise.withResolvers()
    const { gateway } = cached()
    const asked = upstream.requests.length
    const leave = new AbortController()
    const body = { model: 'm', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'hold on' }] }
    const first = gateway(post('/v1/messages', body, { signal: leave.signal }))
    await upstream.request(asked + 1)
    const second = gateway(WAYS.chat('hold on', false)).then((response) => response.text())
    const begun = await Promise.race([first, Bun.sleep(50)])
    leave.abort()
    if (begun) await begun.body?.cancel()
    gate.resolve()
    expect(answerIn(await second)).toBe(`answer ${asked}`)
    expect(upstream.requests.length - asked).toBe(1)
  })

  test('end the call when all of them have gone away', async () => {
    gate = Promise.withResolvers()
    const { gateway } = cached()
    const asked = upstream.requests.length
    const leave = new AbortController()
    const body = { model: 'm', max_tokens: 100, stream: false, messages: [{ role: 'user', content: 'hold never' }] }
    const all = [1, 2, 3].map(() => gateway(post('/v1/messages', body, { signal: leave.signal })))
    const request = await upstream.request(asked + 1)
    leave.abort()
    expect(await request.settled).toBe('aborted')
    gate.resolve()
    await Promise.all(all)
  })

  test('share its error', async () => {
    const { gateway } = cached()
    const asked = upstream.requests.length
    const all = await Promise.all([1, 2, 3, 4].map(() => gateway(anthropic('refuse us'))))
    expect(all.map(({ status }) => status)).toEqual([400, 400, 400, 400])
    expect(upstream.requests.length - asked).toBe(1)
  })
})
