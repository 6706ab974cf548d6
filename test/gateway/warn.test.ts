import { expect, test } from 'bun:test'
import { createMemory } from '../../src/gateway/memory.ts'
import { createWarn } from '../../src/gateway/warn.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

test('the same warning is logged once an hour, another one at once', () => {
  const logged: string[] = []
  let time = 0
  const warn = createWarn({ now: () => time, log: (_level, message) => logged.push(`${time} ${message}`) })
  for (const [now, message] of [
    [0, 'a'],
    [1, 'a'],
    [2, 'b'],
    [3_599_999, 'a'],
    [3_600_000, 'a'],
    [3_600_001, 'a'],
    [3_600_002, 'b'],
  ] as const) {
    time = now
    warn(message)
  }
  expect(logged).toEqual(['0 a', '2 b', '3600000 a', '3600002 b'])
})

test('what is wrong with a route is logged with the first call, and stands in the record of each', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hi' }))
  const { gateway, lines } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
  const body = { model: 'unheard-of', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
  for (let time = 0; time < 3; time++) await (await gateway(post('/v1/messages', body))).text()
  expect(lines.filter(({ level, message }) => level === 'warn' && message.includes('unheard-of'))).toHaveLength(1)
  expect(
    lines.filter(({ message, fields }) => message === 'call' && String(fields['warnings']).includes('unheard-of')),
  ).toHaveLength(3)
})

test('a memory forgets what was not used for longest', () => {
  const memory = createMemory<number>(2)
  memory.set('a', 1)
  memory.set('b', 2)
  memory.get('a')
  memory.set('c', 3)
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([1, undefined, 3])
})
