import { describe, expect, test } from 'bun:test'
import { limitsOf } from '../../src/provider/limits.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const FIELDS = ['max_tokens', 'max_completion_tokens'] as const
const question = (max_tokens: number) => ({
  model: 'claude-x',
  max_tokens,
  messages: [{ role: 'user', content: 'Hi' }],
})

function limitsSent({ text }: Received): Record<string, number> {
  const body = JSON.parse(text) as Record<string, number>
  return Object.fromEntries(FIELDS.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]])))
}

describe('#31: the right name, and no more than the model gives', () => {
  const renamed = `gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro gpt-5.1 gpt-5.1-codex gpt-5.1-codex-max gpt-5.2 gpt-5.3-codex gpt-5.4
    gpt-5.4-mini gpt-5.5 gpt-5.6-sol gpt-6-astra gpt-6.1-terra o1 o1-mini o3 o3-mini o4-mini openai/gpt-5.6-luna`
  const plain = `gpt-4o gpt-4o-mini gpt-4o-2024-05-13 gpt-4.1 gpt-4.1-mini gpt-4-turbo gpt-4 gpt-3.5-turbo gpt-oss-120b
    openai/gpt-oss-20b deepseek-v4-pro glm-4.5-air glm-4.6 z-ai/glm-5.3:free qwen3-max qwen3-coder-plus qwen-plus
    anthropic/claude-sonnet-4.5 claude-opus-4-1 claude-3-5-haiku-latest models/gemini-2.5-pro minimax-m3`
  const cases = [
    ...renamed.split(/\s+/).map((model) => [model, 'max_completion_tokens'] as const),
    ...plain.split(/\s+/).map((model) => [model, 'max_tokens'] as const),
  ]

  test('for forty models and more', () => expect(cases.length).toBeGreaterThanOrEqual(40))

  test.each(cases)('%s: %s', async (model, field) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat', { models: [model] })] })
    const { maxOutputTokens = 0 } = limitsOf(model)
    const response = await gateway(post('/v1/messages', question(2_000_000)))
    const sent = limitsSent(upstream.requests[0] as Received)
    expect(Object.keys(sent)).toEqual([field])
    // Where an answer may fill the whole window, the prompt takes a little of it.
    expect(sent[field]).toBeWithin(0.99 * maxOutputTokens, maxOutputTokens + 1)
    expect(response.headers.get('x-ccr-dropped')).toContain('max_tokens')
    await gateway(post('/v1/messages', question(1000)))
    expect(limitsSent(upstream.requests[1] as Received)).toEqual({ [field]: 1000 })
  })

  test('an unknown model that wants the other name is asked again, once, and by it from then on', async () => {
    await using upstream = await createUpstream((request) =>
      'max_tokens' in limitsSent(request)
        ? json(
            {
              error: {
                message:
                  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                type: 'invalid_request_error',
                param: 'max_tokens',
                code: 'unsupported_parameter',
              },
            },
            400,
          )
        : answerTurn(request, { text: 'Hello' }),
    )
    const { gateway, lines } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    for (const requests of [2, 3]) {
      expect((await gateway(post('/v1/messages', question(1000)))).status).toBe(200)
      expect(upstream.requests).toHaveLength(requests)
      expect(limitsSent(upstream.requests.at(-1) as Received)).toEqual({ max_completion_tokens: 1000 })
    }
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('one that refuses both names is not asked for ever', async () => {
    await using upstream = await createUpstream(() =>
      json({ error: { message: "Unsupported parameter: use 'max_completion_tokens' instead of 'max_tokens'." } }, 400),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    expect((await gateway(post('/v1/messages', question(1000)))).status).toBe(400)
    expect(upstream.requests.length).toBeLessThan(10)
  })

  test.each(['openai-chat', 'anthropic-messages'] as const)(
    'a limit that is learnt of %s holds from then on',
    async (protocol) => {
      await using upstream = await createUpstream((request) =>
        (limitsSent(request)['max_tokens'] ?? 0) > 8192
          ? json(
              {
                type: 'error',
                error: { type: 'invalid_request_error', message: 'Range of max_tokens should be [1, 8192]' },
              },
              400,
            )
          : answerTurn(request, { text: 'Hello' }),
      )
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      for (const [wish, sent, requests] of [
        [32_000, 8192, 2],
        [64_000, 8192, 3],
        [100, 100, 4],
      ] as const) {
        expect((await gateway(post('/v1/messages', question(wish)))).status).toBe(200)
        expect(limitsSent(upstream.requests.at(-1) as Received)).toEqual({ max_tokens: sent })
        expect(upstream.requests).toHaveLength(requests)
      }
    },
  )

  test('what was left beside one long prompt does not bind the next', async () => {
    await using upstream = await createUpstream((request) => {
      const { max_tokens: wished = 0 } = limitsSent(request)
      const prompt = request.text.length
      const message = `This model's maximum context length is 40000 tokens. However, you requested ${prompt + wished} tokens (${prompt} in the messages, ${wished} in the completion).`
      return prompt + wished > 40_000
        ? json({ error: { message, code: 'context_length_exceeded' } }, 400)
        : answerTurn(request, { text: 'Hello' })
    })
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const long = { ...question(32_000), messages: [{ role: 'user', content: 'x'.repeat(20_000) }] }
    expect((await gateway(post('/v1/messages', long))).status).toBe(200)
    expect(upstream.requests).toHaveLength(2)
    expect((await gateway(post('/v1/messages', question(32_000)))).status).toBe(200)
    expect(limitsSent(upstream.requests.at(-1) as Received)).toEqual({ max_tokens: 32_000 })
    const tooLong = { ...question(32_000), messages: [{ role: 'user', content: 'x'.repeat(39_800) }] }
    const refused = await gateway(post('/v1/messages', tooLong))
    expect([refused.status, upstream.requests.length]).toEqual([400, 4])
    expect(await refused.text()).toContain('exceed context limit: ')
  })
})
