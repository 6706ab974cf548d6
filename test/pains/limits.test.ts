import { createHash } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import type { Quota } from '../../src/gateway/limits/limits.ts'
import { namePattern } from '../../src/router/pattern.ts'
import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream } from '../helper/upstream.ts'
import { createScene } from './scene.ts'

const FORBIDDEN = { provider: 'mock', model: 'costly' }
const ALLOWED = { provider: 'mock', model: 'cheap' }
const KEY = { label: 'small', hash: createHash('sha256').update('small-key').digest('hex') }

describe('pains #70: a key that may use one model alone', () => {
  const ask = (model: string, more: object = {}) =>
    post(
      '/v1/messages',
      { model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }], ...more },
      { headers: { 'x-api-key': 'small-key' } },
    )
  const marker = '<CCR-SUBAGENT-MODEL>mock,costly</CCR-SUBAGENT-MODEL>'
  const ways: readonly (readonly [string, object, Request])[] = [
    ['the client’s own words', { default: ALLOWED }, ask('mock,costly')],
    ['the same with a slash', { default: ALLOWED }, ask('mock/costly')],
    ['the model alone', { default: ALLOWED }, ask('costly')],
    ['another case', { default: ALLOWED }, ask('MOCK,COSTLY')],
    ['the mark of a window', { default: ALLOWED }, ask('mock,costly[1m]')],
    ['the name of an allowed model that a route takes elsewhere', { default: FORBIDDEN }, ask('cheap-alias')],
    ['a sub-agent’s marker', { default: ALLOWED }, ask('m', { system: marker })],
    [
      'the route of thinking',
      { default: ALLOWED, think: FORBIDDEN },
      ask('m', { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2048 }),
    ],
    ['the route of side tasks', { default: ALLOWED, background: FORBIDDEN }, ask('claude-haiku-4-5-20251001')],
    [
      'the route of web searches',
      { default: ALLOWED, webSearch: FORBIDDEN },
      ask('m', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
    ],
  ]
  test.each(ways)('pains #70: does not get at another by %s', async (_way, targets, request) => {
    await using scene = await createScene(
      'anthropic-messages',
      { text: 'hi' },
      {
        provider: { models: ['cheap', 'costly'] },
        config: {
          clientKeys: [{ ...KEY, models: [namePattern('cheap')] }],
          routes: { targets, longContextThreshold: 60_000 },
        },
      },
    )
    const response = await scene.gateway(request)
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('mock,costly')
    expect(scene.upstream.requests.length).toBe(0)
  })

  test('pains #70: does not get at another by a fallback', async () => {
    await using scene = await createScene('anthropic-messages', () => json({ error: { message: 'down' } }, 500), {
      provider: { models: ['cheap', 'costly'] },
      config: {
        clientKeys: [{ ...KEY, models: [namePattern('cheap')] }],
        routes: { targets: { default: ALLOWED }, fallbacks: { default: [FORBIDDEN] }, longContextThreshold: 60_000 },
      },
    })
    expect((await scene.gateway(ask('m'))).status).toBe(500)
    expect(scene.upstream.requests.every(({ text }) => !text.includes('costly'))).toBe(true)
  })
})

describe('pains #71: a budget', () => {
  const price = { input: 10, output: 20, cacheRead: 1, cacheWrite: 12 }
  const cost = (USAGE.input * 10 + USAGE.cacheRead + USAGE.cacheWrite * 12 + USAGE.output * 20) / 1_000_000

  async function spend(
    prices: readonly { pattern: ReturnType<typeof namePattern>; price: typeof price }[],
    most: number,
    calls: number,
  ) {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'hi', usage: USAGE }))
    const quotas: Quota[] = [{ of: 'cost', span: 'day', most }]
    const { gateway, lines } = testGateway({
      providers: [testProvider(upstream.url, 'anthropic-messages')],
      limits: { quotas },
      prices,
    })
    const body = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
    const once = () =>
      gateway(post('/v1/messages', body)).then(async (response) => (await response.text(), response.status))
    const parallel = await Promise.all(Array.from({ length: calls }, once))
    const through = parallel.filter((status) => status === 200).length
    return { through, lines }
  }
  const prices = [{ pattern: namePattern('mock-model'), price }]

  test('pains #71: 200 calls at once do not pass it by more than what is on its way', async () => {
    const held = (20 * 100 + 10 * 20) / 1_000_000
    const { through } = await spend(prices, 100 * held, 200)
    expect(through).toBeGreaterThanOrEqual(90)
    expect(through).toBeLessThanOrEqual(110)
  })

  test('pains #71: is not refused while there is room', async () => {
    const { through } = await spend(prices, 11 * cost, 10)
    expect(through).toBe(10)
  })

  test('pains #82: of a model without a price is told, and a like name is no price', async () => {
    const { through, lines } = await spend([{ pattern: namePattern('mock'), price }], 0.000001, 5)
    expect(through).toBe(5)
    expect(lines.some(({ message }) => message.includes('mock,mock-model has no price'))).toBe(true)
  })
})
