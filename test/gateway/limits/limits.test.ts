import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { ClientKey } from '../../../src/gateway/client-key.ts'
import type { Limits, Quota, SpanName, Spendable } from '../../../src/gateway/limits/limits.ts'
import { namePattern } from '../../../src/router/pattern.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { USAGE } from '../../helper/turn.ts'
import { createUpstream, type Upstream } from '../../helper/upstream.ts'
import { insertAfter, json } from '../../helper/answer.ts'

/** What one answer of the scripted model takes. */
const TOKENS = USAGE.input + USAGE.cacheRead + USAGE.cacheWrite + USAGE.output

let upstream: Upstream
let gate = Promise.withResolvers<void>()
beforeAll(async () => {
  upstream = await createUpstream((request) => {
    const answer = answerTurn(request, { text: 'hello', usage: USAGE })
    if (request.text.includes('refuse')) return json({ type: 'error', error: { type: 'x', message: 'no' } }, 400)
    return request.text.includes('hold') ? insertAfter(answer, 0, { until: gate.promise }) : answer
  })
})
afterAll(() => upstream.close())

const QUESTION = { model: 'mock-model', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const ask = (text = 'hi', more: object = {}) => ({ ...QUESTION, messages: [{ role: 'user', content: text }], ...more })

function quota(of: Spendable, span: SpanName, most: number): Quota {
  return { of, span, most }
}

function limited(limits: Limits | undefined, keys: readonly ClientKey[] = [], more: object = {}) {
  const clock = { now: 1_800_000_000_000 }
  const providers = [testProvider(upstream.url, 'anthropic-messages')]
  const config = { providers, ...(limits && { limits }), ...(keys.length > 0 && { clientKeys: keys }), ...more }
  const made = testGateway(config, { now: () => clock.now })
  const status = async (body: object = ask(), headers: Record<string, string> = {}): Promise<number> => {
    const response = await made.gateway(post('/v1/messages', body, { headers }))
    await response.text()
    return response.status
  }
  return { ...made, clock, status }
}

describe('requests', () => {
  test.each([
    ['minute', 60_000],
    ['hour', 3_600_000],
    ['day', 86_400_000],
  ] as const)('of a %s: what is refused may come back when the answer says, and not before', async (span, ms) => {
    const { gateway, clock, status } = limited({ quotas: [quota('requests', span, 2)] })
    expect(await status()).toBe(200)
    const later = ms / 6
    clock.now += later
    expect(await status()).toBe(200)
    const refused = await gateway(post('/v1/messages', ask()))
    const wait = Number(refused.headers.get('retry-after')) * 1000
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error' } })
    expect(wait).toBeGreaterThanOrEqual(ms - later)
    expect(wait).toBeLessThanOrEqual((ms - later) * 1.02 + 1000)
    clock.now += ms - later - 1
    expect(await status()).toBe(429)
    clock.now += wait - (ms - later - 1)
    expect(await status()).toBe(200)
    expect(await status()).toBe(429)
  })

  test.each([
    ['/v1/messages', ask(), { type: 'error', error: { type: 'rate_limit_error' } }],
    ['/v1/chat/completions', ask(), { error: { message: expect.stringContaining('limit') } }],
    ['/v1/responses', { model: 'm', input: 'hi' }, { error: { message: expect.stringContaining('limit') } }],
    [
      '/v1beta/models/m:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
      { error: { code: 429 } },
    ],
  ])('a refusal at %s is told in the words of the protocol', async (path, body, told) => {
    const { gateway, status } = limited({ quotas: [quota('requests', 'minute', 1)] })
    await status()
    const refused = await gateway(post(path, body))
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject(told)
  })

  test('200 at the same time do not pass a limit', async () => {
    const { status } = limited({ quotas: [quota('requests', 'minute', 37)] })
    const asked = upstream.requests.length
    const all = await Promise.all(Array.from({ length: 200 }, () => status()))
    expect(all.filter((each) => each === 200).length).toBe(37)
    expect(upstream.requests.length - asked).toBe(37)
  })

  test('while those before it run, who is refused is told to come back when they will have left the span', async () => {
    const { gateway, clock, status } = limited({ quotas: [quota('requests', 'minute', 2)] })
    expect(await status()).toBe(200)
    clock.now += 20_000
    const running = status(ask('hold'))
    await upstream.request(upstream.requests.length + 1)
    const [soon, late] = [await gateway(post('/v1/messages', ask())), await gateway(post('/v1/messages', ask()))]
    for (const refused of [soon, late]) {
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(40)
    }
    gate.resolve()
    gate = Promise.withResolvers<void>()
    expect(await running).toBe(200)
    clock.now += Number(soon.headers.get('retry-after')) * 1000
    expect(await status()).toBe(200)
  })

  test('where all that a limit lets in are running, the wait is the whole span', async () => {
    const { gateway, status } = limited({ quotas: [quota('requests', 'hour', 1)] })
    const running = status(ask('hold'))
    await upstream.request(upstream.requests.length + 1)
    const refused = await gateway(post('/v1/messages', ask()))
    expect(Number(refused.headers.get('retry-after'))).toBe(3600)
    gate.resolve()
    gate = Promise.withResolvers<void>()
    expect(await running).toBe(200)
  })

  test('who is beyond two limits is told when both let it in again', async () => {
    const { gateway, clock, status } = limited({
      quotas: [quota('requests', 'minute', 1), quota('requests', 'hour', 1)],
    })
    expect(await status()).toBe(200)
    const refused = await gateway(post('/v1/messages', ask()))
    clock.now += Number(refused.headers.get('retry-after')) * 1000
    expect(await status()).toBe(200)
  })

  test('what one key takes is not taken from another; what all may take is', async () => {
    const hash = (key: string): string => createHash('sha256').update(key).digest('hex')
    const limits = { quotas: [quota('requests', 'minute', 2)] }
    const keys = ['a', 'b', 'c'].map((label) => ({ label, hash: hash(label), limits }))
    const { status } = limited({ quotas: [quota('requests', 'minute', 5)] }, keys)
    const by = (key: string) => status(ask(), { 'x-api-key': key })
    expect([await by('a'), await by('a'), await by('a')]).toEqual([200, 200, 429])
    expect([await by('b'), await by('b'), await by('b')]).toEqual([200, 200, 429])
    expect([await by('c'), await by('c')]).toEqual([200, 429])
  })
})

describe('tokens', () => {
  test('200 at the same time take no more than the limit holds back for them', async () => {
    const { status } = limited({ quotas: [quota('tokens', 'minute', 1000)] })
    const all = await Promise.all(Array.from({ length: 200 }, () => status()))
    const through = all.filter((each) => each === 200).length
    expect(through).toBeGreaterThan(0)
    expect(through).toBeLessThanOrEqual(10)
  })

  test('what a call has really taken counts, not what was held for it', async () => {
    const { status, clock } = limited({ quotas: [quota('tokens', 'hour', 3 * TOKENS + 200)] })
    const all = [await status(), await status(), await status(), await status()]
    expect(all).toEqual([200, 200, 200, 200])
    expect(await status()).toBe(429)
    clock.now += 3_700_000
    expect(await status()).toBe(200)
  })

  test('a call that alone needs more than the limit is told not to come back', async () => {
    const { gateway } = limited({ quotas: [quota('tokens', 'minute', 20)] })
    const refused = await gateway(post('/v1/messages', ask('word '.repeat(500))))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(refused.headers.get('x-should-retry')).toBe('false')
  })

  test('a wish for output beyond the whole limit keeps nobody out', async () => {
    const { status } = limited({ quotas: [quota('tokens', 'minute', 10_000)] })
    expect(await status(ask('hi', { max_tokens: 64_000 }))).toBe(200)
    expect(await status(ask('hi', { max_tokens: 64_000 }))).toBe(200)
  })

  test('a refusal of the provider takes no tokens', async () => {
    const { status } = limited({ quotas: [quota('tokens', 'minute', 400)] })
    for (let count = 0; count < 10; count++) expect(await status(ask('refuse'))).toBe(400)
    expect(await status()).toBe(200)
  })
})

describe('at once', () => {
  test.each(['answered', 'aborted'])('a place is free again when a call was %s', async (how) => {
    gate = Promise.withResolvers()
    const { gateway, status } = limited({ quotas: [], concurrent: 2 })
    const leave = new AbortController()
    const running = [1, 2].map(() =>
      gateway(post('/v1/messages', ask('hold', { stream: true }), { signal: leave.signal }))
        .then((response) => response.text())
        .catch(() => 'left'),
    )
    const serial = upstream.requests.length
    await upstream.request(serial + 1)
    expect(await status()).toBe(429)
    if (how === 'answered') gate.resolve()
    else leave.abort()
    await Promise.all(running)
    gate.resolve()
    expect(await status()).toBe(200)
    expect(await Promise.all([status(), status()])).toEqual([200, 200])
  })
})

describe('money', () => {
  const price = { input: 10, output: 20, cacheRead: 1, cacheWrite: 12 }
  const prices = [{ pattern: namePattern('mock-model'), price }]
  const cost = (USAGE.input * 10 + USAGE.cacheRead + USAGE.cacheWrite * 12 + USAGE.output * 20) / 1_000_000

  test('a budget is spent by what the prices say', async () => {
    const { status, clock } = limited({ quotas: [quota('cost', 'day', 3 * cost + 0.005)] }, [], { prices })
    expect([await status(), await status(), await status()]).toEqual([200, 200, 200])
    expect(await status()).toBe(200)
    expect(await status()).toBe(429)
    clock.now += 2 * 86_400_000
    expect(await status()).toBe(200)
  })

  test('what is spent for ever never comes back', async () => {
    const { gateway, status, clock } = limited({ quotas: [quota('cost', 'ever', cost)] }, [], { prices })
    expect(await status()).toBe(200)
    clock.now += 400 * 86_400_000
    const refused = await gateway(post('/v1/messages', ask()))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBeNull()
  })

  test('a model without a price is told of', async () => {
    const { status, lines } = limited({ quotas: [quota('cost', 'day', 1)] })
    await status()
    expect(lines.filter(({ message }) => message.includes('has no price')).length).toBe(1)
  })
})
