import { describe, expect, test } from 'bun:test'
import { json } from '../helper/answer.ts'
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
