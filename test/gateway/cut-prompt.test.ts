import { expect, test } from 'bun:test'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const words = 'the quick brown fox jumps over the lazy dog '
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo='.repeat(3000) } }

async function warnings(text: string, read: number, more: readonly object[] = []) {
  const reply = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: read, completion_tokens: 1, total_tokens: read + 1 },
  }
  await using upstream = await createUpstream(() => json(reply))
  const { gateway, lines } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
  const body = {
    model: 'mock,m',
    max_tokens: 10,
    messages: [{ role: 'user', content: [{ type: 'text', text }, ...more] }],
  }
  for (const _ of [1, 2]) await (await gateway(post('/v1/messages', body))).text()
  return lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
}

test('a server that has read less than was sent is told of, once', async () => {
  expect(await warnings(words.repeat(2000), 4096)).toEqual([
    'mock (m) has read only a part of the prompt: its context length is smaller. Make it larger (Ollama: start it with OLLAMA_CONTEXT_LENGTH=65536), and write the number as `contextWindow` of the provider',
  ])
})

test.each([
  ['the whole prompt', words.repeat(2000), 18_000, []],
  ['nearly as much as is estimated', words.repeat(2000), 12_000, []],
  ['little of a short prompt', words.repeat(100), 10, []],
  ['nothing that it tells', words.repeat(2000), 0, []],
  ['a prompt whose images weigh what they weigh', words.repeat(100), 4096, [image]],
])('one that has read %s is not', async (_what, text, read, more) => {
  expect(await warnings(text, read, more)).toEqual([])
})
