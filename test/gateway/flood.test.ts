import { describe, expect, test } from 'bun:test'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { stream } from '../helper/answer.ts'
import { createUpstream } from '../helper/upstream.ts'

const WORDS = Array.from({ length: 3000 }, (_, index) => `word${index};${index === 1500 ? '"' : ''}`)
const CHUNKS = WORDS.map(
  (content) => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`,
)
const END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

describe('a flood of a provider of OpenAI Chat', () => {
  const ask = { model: 'x', stream: true, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
  test.each([
    ['Anthropic Messages', '/v1/messages', ask],
    ['OpenAI Responses', '/v1/responses', { model: 'x', stream: true, input: 'Hi' }],
    ['Gemini', '/v1beta/models/x:streamGenerateContent?alt=sse', { contents: [{ parts: [{ text: 'Hi' }] }] }],
  ])('reaches a client of %s word by word, as the provider cut it', async (_, path, body) => {
    const [first = '', ...flood] = CHUNKS
    await using upstream = await createUpstream(() => stream([first, { pauseMs: 20 }, flood.join(''), END]))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const text = await (await gateway(post(path, body))).text()
    const deltas = text.split('\n\n').filter((event) => /word\d+;/.test(event) && !/word5;.*word6;/.test(event))
    expect(deltas.map((event) => /word\d+;(?:\\")?/.exec(event)?.[0].replace('\\', ''))).toEqual(WORDS)
  })
})
