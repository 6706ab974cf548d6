import { describe, expect, test } from 'bun:test'
import { json } from '../../helper/answer.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const REPLY = { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }] }

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i is not followed: nobody else gets the key, and the error names the host',
    async (status) => {
      await using thief = await createUpstream(() => json(REPLY))
      await using upstream = await createUpstream(() =>
        json({}, status, { location: `${thief.url}/v1/chat/completions?token=abc` }),
      )
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
      const response = await gateway(post('/v1/messages', QUESTION))
      const text = await response.text()
      expect(response.status).toBe(502)
      expect(text).toContain(`a redirect to 127.0.0.1:${thief.port}`)
      expect(text).not.toContain('token=abc')
      expect(response.headers.get('location')).toBeNull()
      expect(thief.requests).toHaveLength(0)
    },
  )

  test.each([{ location: '/elsewhere' }, { location: 'http://[' }, {}])('to %j is told, too', async (headers) => {
    await using upstream = await createUpstream(() => json({}, 302, headers))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(post('/v1/messages', QUESTION))
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('answered 302')
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('nothing of a request chooses the host', () => {
  const EVIL = 'evil.invalid'

  test.each<[string, string, object, Record<string, string>]>([
    ['a Host', '/v1/messages', {}, { host: EVIL }],
    [
      'forwarding headers',
      '/v1/messages',
      {},
      { 'x-forwarded-host': EVIL, forwarded: `host=${EVIL}`, 'x-original-url': `http://${EVIL}/` },
    ],
    [
      'headers of other gateways',
      '/v1/messages',
      {},
      {
        'x-portkey-custom-host': `http://${EVIL}`,
        'x-base-url': `http://${EVIL}`,
        'openai-base-url': `http://${EVIL}`,
      },
    ],
    ['a proxy header', '/v1/messages', {}, { proxy: `http://${EVIL}:80`, 'x-ccr-proxy': EVIL }],
    ['a query', `/v1/messages?host=${EVIL}&base_url=http://${EVIL}@${EVIL}/`, {}, {}],
    ['a path with an authority', `//${EVIL}/v1/messages`, {}, {}],
    [
      'a field of the body',
      '/v1/messages',
      { base_url: `http://${EVIL}`, api_base: `http://${EVIL}`, host: EVIL, provider: { url: EVIL } },
      {},
    ],
    ['a model that is a URL', '/v1/messages', { model: `mock,http://${EVIL}/x` }, {}],
    ['a model with a path', '/v1/messages', { model: `mock,../../@${EVIL}:80/v1?x=#` }, {}],
  ])('%s', async (_, path, body, headers) => {
    for (const protocol of ['openai-chat', 'anthropic-messages', 'gemini'] as const) {
      await using upstream = await createUpstream(() => json({ error: { message: 'seen' } }, 400))
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      const response = await gateway(post(path, { ...QUESTION, ...body }, { headers }))
      expect(await response.text()).not.toContain('not known')
      for (const request of upstream.requests) {
        expect(request.headers['host']).toBe(`127.0.0.1:${upstream.port}`)
        expect(request.path).toStartWith('/v1/')
        expect(JSON.stringify({ ...request.headers, 'x-api-key': '' })).not.toContain(EVIL)
      }
      expect([400, 404]).toContain(response.status)
    }
  })
})
