import { describe, expect, test } from 'bun:test'
import { post } from '../../helper/gateway.ts'
import { anthropicAnswer } from '../../helper/turn-anthropic.ts'
import { geminiAnswer } from '../../helper/turn-gemini.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { configWith, plugged } from './plugged.ts'

/** Notes the body that it sees, and the first bytes of the answer. */
const noting = (name: string) => `module.exports = class { name = '${name}'
  transformRequestIn(body) { (globalThis.seen ??= []).push(['${name} up', Object.keys(body).sort().join()]); return body }
  async transformResponseOut(response) {
    const text = await response.text()
    globalThis.seen.push(['${name} down', text.includes('"choices"') ? 'chat' : text.includes('"candidates"') ? 'gemini' : 'anthropic'])
    return new Response(text, response) } }`

const files = { 'a.js': noting('a'), 'b.js': noting('b') }
const modules = { transformers: [{ path: 'a.js' }, { path: 'b.js' }] }
const turn = { reasoning: 'Hm.', text: 'Yes.', calls: [{ name: 'Read', input: { path: 'a' } }] }
const ask = (isStream: boolean) => ({
  model: 'x',
  max_tokens: 99,
  stream: isStream,
  messages: [{ role: 'user', content: 'Hi.' }],
  tools: [{ name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }],
})

describe('a protocol among transformers', () => {
  const cases = [
    ['gemini', '/v1beta/models', geminiAnswer, 'contents', 'gemini'],
    ['Anthropic', '/v1/messages', anthropicAnswer, 'messages', 'anthropic'],
  ] as const

  test.each(cases.flatMap((each) => [true, false].map((isStream) => [...each, isStream] as const)))(
    '%s',
    async (name, path, answer, key, shape, isStream) => {
      await using upstream = await createUpstream((request) => answer(request, turn))
      using scene = await plugged(configWith(`${upstream.url}${path}`, ['a', name, 'b'], modules), files)
      expect(scene.problems).toEqual([])
      const seen: [string, string][] = []
      Object.assign(globalThis, { seen })
      const response = await scene.gateway(post('/v1/messages', ask(isStream)))
      const told = await response.text()
      expect(response.status).toBe(200)
      for (const piece of ['Hm.', 'Yes.', '"name":"Read"', 'tool_use']) expect(told).toContain(piece)
      expect(seen.map(([who]) => who)).toEqual(['a up', 'b up', 'b down', 'a down'])
      expect(seen[1]?.[1].split(',')).toContain(key)
      expect(seen[0]?.[1].split(',')).toContain('messages')
      expect([seen[2]?.[1], seen[3]?.[1]]).toEqual([shape, 'chat'])
      expect(upstream.requests[0]?.headers).toMatchObject(
        name === 'gemini' ? { 'x-goog-api-key': 'key-of-mock-1' } : { 'x-api-key': 'key-of-mock-1' },
      )
    },
  )

  test('a signature comes back to who gave it', async () => {
    await using upstream = await createUpstream((request) => anthropicAnswer(request, turn))
    using scene = await plugged(configWith(`${upstream.url}/v1/messages`, ['Anthropic', 'b'], modules), files)
    const first = await (await scene.gateway(post('/v1/messages', ask(true)))).text()
    const signature = /"signature":"(ccr1:[^"]+)"/.exec(first)?.[1] ?? ''
    const messages = [
      ...ask(false).messages,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature },
          { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'B' }] },
    ]
    await scene.gateway(post('/v1/messages', { ...ask(false), messages }))
    const given = /"signature":"([^"]+)"/.exec(JSON.stringify(upstream.requests[1]?.body))?.[1] ?? '-'
    expect(signature).not.toBe('')
    expect(signature).toEndWith(given)
  })
})
