import { describe, expect, test } from 'bun:test'
import { answerTurn } from '../helper/answer-turn.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const QUESTION = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const KNOWN = new Set(['model', 'messages', 'max_tokens', 'stream', 'system', 'tools'])
const NEW_FIELDS = { beta_a: 1, beta_b: {}, beta_c: [], beta_d: 'x', beta_e: null }

describe('a provider that refuses new fields', () => {
  test('is asked again without them, and never with them after that; one warning tells of each', async () => {
    await using upstream = await createUpstream((request) => {
      const unknown = Object.keys(JSON.parse(request.text) as object).find((key) => !KNOWN.has(key))
      return unknown === undefined
        ? answerTurn(request, { text: 'Hello' })
        : json(
            {
              type: 'error',
              error: { type: 'invalid_request_error', message: `${unknown}: Extra inputs are not permitted` },
            },
            400,
          )
    })
    const { gateway, lines } = testGateway({ providers: [testProvider(upstream.url, 'anthropic-messages')] })
    const first = await gateway(post('/v1/messages', { ...QUESTION, ...NEW_FIELDS }))
    expect(first.status).toBe(200)
    expect(first.headers.get('x-ccr-dropped')).toBe('beta_a beta_b beta_c beta_d beta_e')
    expect(upstream.requests).toHaveLength(6)
    expect((await gateway(post('/v1/messages', { ...QUESTION, ...NEW_FIELDS }))).status).toBe(200)
    expect(upstream.requests).toHaveLength(7)
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(5)
  })

  test('for another reason is not asked again', async () => {
    await using upstream = await createUpstream(() => json({ error: { message: 'The prompt is bad.' } }, 400))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(400)
    expect(upstream.requests).toHaveLength(1)
  })
})

test('a template that knows instructions only at the start gets them in the user’s turn', async () => {
  await using upstream = await createUpstream((request) => {
    const { messages } = JSON.parse(request.text) as { messages: { role: string }[] }
    return messages.slice(1).some(({ role }) => role === 'system')
      ? json({ error: { message: 'System message must be at the beginning.' } }, 400)
      : answerTurn(request, { text: 'Hello' })
  })
  const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'system', content: 'The working directory is /home/me' },
  ]
  for (const requests of [2, 3]) {
    expect((await gateway(post('/v1/messages', { ...QUESTION, messages }))).status).toBe(200)
    expect(upstream.requests).toHaveLength(requests)
  }
  expect(JSON.stringify(upstream.requests.at(-1)?.text)).toContain('The working directory is /home/me')
})
