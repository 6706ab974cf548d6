import { createHash } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import type { Provider } from '../../src/provider/provider.ts'
import { namePattern } from '../../src/router/pattern.ts'
import { json, type Answer } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const QUESTION = {
  model: 'claude-x',
  messages: [{ role: 'user', content: 'How many tokens are in this sentence, do you think?' }],
}

describe('tokens are counted', () => {
  test('by the provider, where it can', async () => {
    await using upstream = await createUpstream(() => json({ input_tokens: 4711 }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    const response = await gateway(
      post('/v1/messages/count_tokens?beta=true', { ...QUESTION, context_management: { edits: [] } }),
    )
    expect(await response.json()).toEqual({ input_tokens: 4711 })
    expect(['model', 'route', 'reason'].map((name) => response.headers.get(`x-ccr-${name}`))).toEqual([
      'mock,mock-model',
      'default',
      'no other route applies',
    ])
    expect(upstream.requests[0]?.path).toBe('/v1/messages/count_tokens')
    expect(JSON.parse(upstream.requests[0]?.text ?? '')).toEqual({
      ...QUESTION,
      model: 'mock-model',
      context_management: { edits: [] },
    })
  })

  test('by Gemini in its own words', async () => {
    await using upstream = await createUpstream(() => json({ totalTokens: 12 }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini')] })
    expect(await (await gateway(post('/v1/messages/count_tokens', QUESTION))).json()).toEqual({ input_tokens: 12 })
    expect(upstream.requests[0]?.path).toBe('/v1/models/mock-model:countTokens')
  })

  test('here, where the provider cannot, and then it is not asked again', async () => {
    await using upstream = await createUpstream(() => json({ error: { message: 'no such route' } }, 404))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    for (let round = 0; round < 2; round++) {
      const { input_tokens } = (await (await gateway(post('/v1/messages/count_tokens', QUESTION))).json()) as {
        input_tokens: number
      }
      expect(input_tokens).toBeGreaterThan(8)
      expect(input_tokens).toBeLessThan(30)
    }
    expect(upstream.requests).toHaveLength(1)
  })

  test('of a special token’s name as of any text, 24 at once, without a provider that counts', async () => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
    const body = { ...QUESTION, messages: [{ role: 'user', content: '<|endoftext|> '.repeat(100) }] }
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => gateway(post('/v1/messages/count_tokens', body))),
    )
    for (const answer of answers)
      expect(((await answer.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(100)
  })
})

describe('a provider that cannot count now', () => {
  /** Two providers, the second the fallback of the first; each answers by the key that it is shown. */
  async function createPair(first: (key: string) => Answer, row: Partial<Provider> = {}, config: object = {}) {
    const upstream = await createUpstream((request) => {
      const key = request.headers['x-api-key'] ?? ''
      if (!request.path.endsWith('/count_tokens')) return json({ error: { message: 'No.' } }, 500)
      return request.path.startsWith('/second') ? json({ input_tokens: 2222 }) : first(key)
    })
    const second = testProvider(`${upstream.url}/second`, 'anthropic-messages', { name: 'second' })
    const { gateway } = testGateway({
      providers: [testProvider(upstream.url, 'anthropic-messages', row), second],
      routes: {
        targets: { default: { provider: 'mock', model: 'mock-model' } },
        fallbacks: { default: [{ provider: 'second', model: 'mock-model' }] },
        longContextThreshold: 60_000,
      },
      ...config,
    })
    const count = async (headers: Record<string, string> = {}): Promise<number> => {
      const response = await gateway(post('/v1/messages/count_tokens', QUESTION, { headers }))
      return ((await response.json()) as { input_tokens: number }).input_tokens
    }
    const shown = () =>
      upstream.requests.map(({ path, headers }) => (path.startsWith('/second') ? 'second' : headers['x-api-key']))
    return { upstream, gateway, count, shown, [Symbol.asyncDispose]: () => upstream.close() }
  }
  const refused = (status: number) => json({ error: { message: 'No.' } }, status)
  const two = { apiKey: 'one', apiKeys: ['one', 'two'] }

  test.each([401, 402, 403, 429])('for one key, by %i, is shown its next one', async (status) => {
    await using pair = await createPair((key) => (key === 'one' ? refused(status) : json({ input_tokens: 1111 })), two)
    expect([await pair.count(), await pair.count()]).toEqual([1111, 1111])
    // A key that is refused for good is not shown again.
    const isLasting = status === 401 || status === 403
    expect(pair.shown()).toEqual(isLasting ? ['one', 'two', 'two'] : ['one', 'two', 'one', 'two'])
  })

  test.each([429, 500, 503, 529])('at all, by %i, is counted for by whoever would answer', async (status) => {
    await using pair = await createPair(() => refused(status), two)
    expect(await pair.count()).toBe(2222)
  })

  test('as its circuit is open is not asked', async () => {
    await using pair = await createPair(() => json({ input_tokens: 1111 }), {
      breaker: { failures: 1, restMs: 60_000, longestRestMs: 60_000 },
    })
    expect(await pair.count()).toBe(1111)
    await pair.gateway(post('/v1/messages', { ...QUESTION, max_tokens: 9 }))
    expect(await pair.count()).toBe(2222)
  })

  test('is not stood in for by one that the client’s key may not use', async () => {
    const hash = createHash('sha256').update('key-of-a-client').digest('hex')
    const clientKeys = [{ label: 'guest', hash, models: [namePattern('mock,*')] }]
    await using pair = await createPair(() => refused(529), {}, { clientKeys })
    expect(await pair.count({ 'x-api-key': 'key-of-a-client' })).toBeLessThan(30)
    expect(pair.shown()).toEqual(['upstream-key'])
  })

  test('in that form is not stood in for: the tokens are counted here', async () => {
    await using pair = await createPair(() => refused(404), two)
    expect([await pair.count(), await pair.count()].every((tokens) => tokens < 30)).toBe(true)
    expect(pair.shown()).toEqual(['one'])
  })

  test('what is wrong with one request says nothing of the next', async () => {
    let count = 0
    await using pair = await createPair(() => (count++ === 0 ? refused(413) : json({ input_tokens: 1111 })))
    expect(await pair.count()).toBeLessThan(30)
    expect(await pair.count()).toBe(1111)
  })
})
