import { expect, test } from 'bun:test'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'

test('calls of one session name it to OpenAI, others get another name, and strangers none', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'hi' }))
  const keyOf = async (user: string, more: object): Promise<unknown> => {
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat', more)] })
    const body = { model: 'm', max_tokens: 9, metadata: { user_id: user }, messages: [{ role: 'user', content: 'hi' }] }
    await (await gateway(post('/v1/messages', body))).text()
    return (JSON.parse(upstream.requests.at(-1)?.text ?? '{}') as Record<string, unknown>)['prompt_cache_key']
  }
  const openai = { catalog: 'openai' }
  const [first, again, other] = [await keyOf('one', openai), await keyOf('one', openai), await keyOf('two', openai)]
  expect(first).toMatch(/^ccr-\w+$/)
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  expect(await keyOf('one', {})).toBeUndefined()
})
