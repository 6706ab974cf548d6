import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { ClientKey } from '../../../src/gateway/client-key.ts'
import { namePattern } from '../../../src/router/pattern.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream, type Upstream } from '../../helper/upstream.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await createUpstream((request) =>
    request.text.includes('"broken"')
      ? { status: 500, headers: {}, framing: 'whole', pieces: ['{}'] }
      : answerTurn(request, { text: 'hello' }),
  )
})
afterAll(() => upstream.close())

const QUESTION = { model: 'mock-model', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const NOW = Date.UTC(2027, 0, 1)

function keyOf(label: string, key: string, more: Partial<ClientKey> = {}): ClientKey {
  return { label, hash: createHash('sha256').update(key).digest('hex'), ...more }
}

const KEYS = [
  keyOf('laptop', 'laptop-key'),
  keyOf('old', 'old-key', { expiresAt: NOW }),
  keyOf('small', 'small-key', { models: [namePattern('mock-*')] }),
  keyOf('anthropic', 'sk-ant-looks-like-a-login'),
]

function gatewayWith(config: object = {}) {
  const providers = [
    testProvider(upstream.url, 'anthropic-messages', { models: ['mock-model', 'big-model', 'mock-broken'] }),
  ]
  return testGateway({ providers, clientKeys: KEYS, ...config }, { now: () => NOW })
}

describe('who may come in', () => {
  const cases: readonly (readonly [string, Record<string, string>, number])[] = [
    ['a key of the list', { 'x-api-key': 'laptop-key' }, 200],
    ['the same as a bearer', { authorization: 'Bearer laptop-key' }, 200],
    ['it beside a wrong one', { authorization: 'Bearer nonsense', 'x-api-key': 'laptop-key' }, 200],
    ['APIKEY', { 'x-api-key': 'main-key' }, 200],
    ['no key', {}, 401],
    ['an empty one', { 'x-api-key': '' }, 401],
    ['a wrong one', { 'x-api-key': 'laptop-kez' }, 401],
    ['the hash itself', { 'x-api-key': KEYS[0]?.hash ?? '' }, 401],
    ['one that has expired', { 'x-api-key': 'old-key' }, 401],
    ['one marked as a provider’s', { 'x-api-key': 'ccr:laptop-key' }, 401],
  ]
  test.each(cases)('%s', async (_name, headers, status) => {
    const { gateway } = gatewayWith({ apiKey: 'main-key' })
    const response = await gateway(post('/v1/messages', QUESTION, { headers }))
    expect(response.status).toBe(status)
    if (status === 401) expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } })
  })

  test.each([
    ['main-key', 'neither APIKEY nor one of the keys'],
    [undefined, 'none of the keys'],
  ])('a wrong key is told what there is (APIKEY: %p)', async (apiKey, words) => {
    const { gateway } = gatewayWith(apiKey === undefined ? {} : { apiKey })
    const response = await gateway(post('/v1/messages', QUESTION, { headers: { 'x-api-key': 'nonsense' } }))
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(words) } })
  })

  test('without APIKEY a key of the list is still needed', async () => {
    const { gateway } = gatewayWith()
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(401)
    expect((await gateway(post('/v1/messages', QUESTION, { headers: { 'x-api-key': 'laptop-key' } }))).status).toBe(200)
  })

  test('a client key is never a login for a provider', async () => {
    const { gateway } = gatewayWith({
      providers: [testProvider(upstream.url, 'anthropic-messages', { takes: ['login'] })],
    })
    await gateway(post('/v1/messages', QUESTION, { headers: { authorization: 'Bearer sk-ant-looks-like-a-login' } }))
    expect(upstream.requests.at(-1)?.headers['x-api-key']).toBe('upstream-key')
    expect(JSON.stringify(upstream.requests.at(-1)?.headers)).not.toContain('looks-like')
  })

  test('the label of the key stands in record and log', async () => {
    const { gateway, calls, lines } = gatewayWith()
    const response = await gateway(post('/v1/messages', QUESTION, { headers: { 'x-api-key': 'laptop-key' } }))
    await response.text()
    expect(calls[0]).toMatchObject({ key: 'laptop', status: 200 })
    expect(JSON.stringify(lines)).not.toContain('laptop-key')
  })
})

describe('what a key may use', () => {
  const headers = { 'x-api-key': 'small-key' }

  test.each([
    ['/v1/messages', QUESTION, { error: { type: 'permission_error' } }],
    ['/v1/chat/completions', QUESTION, { error: { message: expect.stringContaining('mock,big-model') } }],
    ['/v1/responses', { model: 'm', input: 'hi' }, { error: { message: expect.stringContaining('mock,big-model') } }],
    [
      '/v1beta/models/m:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
      { error: { status: 'PERMISSION_DENIED' } },
    ],
  ])('a target that it may not use is refused at %s in the words of the protocol', async (path, body, error) => {
    const routes = { targets: { default: { provider: 'mock', model: 'big-model' } }, longContextThreshold: 60_000 }
    const { gateway } = gatewayWith({ routes })
    const asked = upstream.requests.length
    const response = await gateway(post(path, { ...body, model: 'whatever' }, { headers }))
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject(error)
    expect(upstream.requests.length).toBe(asked)
  })

  test('the resolved target counts, not the name that was asked for', async () => {
    const { gateway } = gatewayWith()
    expect((await gateway(post('/v1/messages', { ...QUESTION, model: 'mock,big-model' }, { headers }))).status).toBe(
      403,
    )
    expect((await gateway(post('/v1/messages', { ...QUESTION, model: 'big-name' }, { headers }))).status).toBe(200)
  })

  test('a fallback that it may not use is not asked', async () => {
    const routes = {
      targets: { default: { provider: 'mock', model: 'mock-broken' } },
      fallbacks: { default: [{ provider: 'mock', model: 'big-model' }] },
      longContextThreshold: 60_000,
    }
    const { gateway } = gatewayWith({ routes })
    const asked = upstream.requests.length
    const bodies = { ...QUESTION, model: 'x', system: '"broken"' }
    const response = await gateway(post('/v1/messages', { ...bodies, metadata: { x: 'broken' } }, { headers }))
    expect(response.status).toBe(500)
    expect(upstream.requests.slice(asked).every(({ text }) => !text.includes('big-model'))).toBe(true)
  })

  test('counting tokens is held to the same', async () => {
    const { gateway } = gatewayWith()
    const path = '/v1/messages/count_tokens'
    expect((await gateway(post(path, { ...QUESTION, model: 'mock,big-model' }, { headers }))).status).toBe(403)
  })

  test('embeddings are held to the same', async () => {
    const { gateway } = gatewayWith()
    const response = await gateway(post('/v1/embeddings', { model: 'mock,big-model', input: 'hi' }, { headers }))
    expect(response.status).toBe(403)
  })

  test('the keys of the config are those of its presets', async () => {
    const providers = [testProvider(upstream.url, 'anthropic-messages')]
    const routes = { targets: { default: { provider: 'mock', model: 'big' } }, longContextThreshold: 60_000 }
    const { gateway } = gatewayWith({ presets: { work: { providers, routes } } })
    expect((await gateway(post('/preset/work/v1/messages', QUESTION))).status).toBe(401)
    const allowed = await gateway(post('/preset/work/v1/messages', { ...QUESTION, model: 'x' }, { headers }))
    expect(allowed.status).toBe(403)
  })
})
