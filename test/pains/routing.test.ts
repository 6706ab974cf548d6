import { describe, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer'
import { estimateInput } from '../../src/router/estimate.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { json, stream, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { FAILURES, OVERFLOWS } from '../helper/provider-errors.ts'
import { sse } from '../helper/turn-parts.ts'
import { createUpstream } from '../helper/upstream.ts'
import routing from '../fixture/route/routing.json'
import shapes from '../fixture/route/shapes.json'
import { createScene, QUESTION, tool, toolTurn, type Loose } from './scene.ts'
import { textOf } from './told.ts'

const REQUESTS: Loose = shapes

describe('pains #17: a sub-agent’s marker', () => {
  const MARKER = '<CCR-SUBAGENT-MODEL>Gemini,gemini-2.5-flash</CCR-SUBAGENT-MODEL>'
  const versions = ['main 0.2', 'main 1.0', 'main 2.0', 'main 2.1', 'sub-agent 2.1', 'explore 2.0']
  test.each(versions)(
    'pains #17: chooses the model wherever it stands in a request of Claude Code %s',
    async (shape) => {
      await using house = await openHouse()
      for (const place of [inSystem, inFirstPrompt, inOwnBlock]) {
        const { headers, body } = REQUESTS[shape]
        const { response, sent } = await house.ask(place(body, MARKER), headers)
        expect(response.headers.get('x-ccr-route')).toBe('subagent')
        expect(response.headers.get('x-ccr-model')).toBe('Gemini,gemini-2.5-flash')
        expect(response.headers.get('x-ccr-reason')).toContain('marker')
        expect(sent).not.toContain('CCR-SUBAGENT-MODEL')
        expect(house.calls.at(-1)?.reason).toContain('marker')
      }
    },
  )

  test.each(versions)('pains #17: that names nobody is a warning to be seen, in Claude Code %s', async (shape) => {
    await using house = await openHouse()
    const { headers, body } = REQUESTS[shape]
    const { response } = await house.ask(inSystem(body, MARKER.replace('Gemini,', 'Nobody,')), headers)
    expect(response.headers.get('x-ccr-route')).toMatch(/default|think|background/)
    const warning = house.lines.find(
      ({ level, message }) => level === 'warn' && message.includes('Nobody,gemini-2.5-flash'),
    )
    expect(warning?.message).toContain('no configured model')
  })

  test('pains #17: may name the model as it was resolved before', async () => {
    await using house = await openHouse()
    for (const name of [
      'Gemini,gemini-2.5-flash',
      'gemini,GEMINI-2.5-flash',
      'Gemini/gemini-2.5-flash',
      'gemini-2.5-flash',
    ]) {
      const { response } = await house.ask(
        inSystem(REQUESTS['sub-agent 2.1'].body, `<CCR-SUBAGENT-MODEL>${name}</CCR-SUBAGENT-MODEL>`),
      )
      expect(response.headers.get('x-ccr-model')).toBe('Gemini,gemini-2.5-flash')
    }
  })
})

describe('pains #18: names of Claude models', () => {
  const small = [
    'claude-haiku-4-5-20251001',
    'claude-3-5-haiku-20241022',
    'claude-3-haiku-20240307',
    'claude-haiku-6-20281231',
    'anthropic/claude-haiku-4.5',
    'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    'claude-haiku-4-5@20251001',
    'CLAUDE-HAIKU-4-5',
    'haiku',
  ]
  const others = [
    'claude-sonnet-4-20250514',
    'claude-opus-4-1-20250805',
    'claude-opus-5-5[1m]',
    'claude-fable-5-20270101',
    'claude-nova-9-20290909',
    'claude-3-7-sonnet-latest',
    'opus',
    'claude-20310101',
  ]
  test.each([
    ...small.map((name) => [name, 'background'] as const),
    ...others.map((name) => [name, 'default'] as const),
  ])('pains #18: %s resolves to the target of %s, and goes to nobody as it is', async (model, route) => {
    await using house = await openHouse()
    const { response, sent } = await house.ask({ ...QUESTION, model })
    expect(response.headers.get('x-ccr-route')).toBe(route)
    expect(JSON.parse(sent).model).toBe(route === 'background' ? 'qwen3-coder' : 'deepseek-chat')
  })
})

describe('pains #28: long prompts', () => {
  const headers = { 'x-claude-code-session-id': 'session-1234' }
  const prompt = (words: number): object => ({
    ...QUESTION,
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'word '.repeat(words) },
      { role: 'user', content: 'on' },
    ],
  })
  const estimateOf = (body: object): number =>
    estimateInput(
      codecOf('anthropic-messages').decodeRequest({ path: '/messages', query: '', headers: {}, body: body as Loose }),
    )

  test.each([
    [-1, 'longContext'],
    [0, 'default'],
    [1, 'default'],
  ])('pains #28: the switch stands exactly at the threshold (%i → %s)', async (offset, route) => {
    const body = prompt(3000)
    await using house = await openHouse(estimateOf(body) + offset)
    expect((await house.ask(body)).response.headers.get('x-ccr-route')).toBe(route)
  })

  test('pains #28: ten turns near it change the model once at most, also where the models count differently', async () => {
    await using house = await openHouse(3000)
    const routes: string[] = []
    for (const words of [2000, 2600, 2900, 3100, 2900, 3200, 2700, 3300, 2900, 3000]) {
      const { response } = await house.ask(prompt(words), headers)
      routes.push(response.headers.get('x-ccr-route') ?? '')
    }
    expect(routes.filter((route, index) => index > 0 && route !== routes[index - 1]).length).toBeLessThanOrEqual(1)
    expect(routes.at(-1)).toBe('longContext')
  })

  test('pains #28: room for the answer is no reason to change the model, only to ask for less', async () => {
    await using scene = await createScene(
      'openai-chat',
      { text: 'Hello' },
      { provider: { traits: { contextWindow: 20_000 } } },
    )
    const told = await scene.ask({ ...prompt(10_000), max_tokens: 18_000 })
    expect(told.headers.get('x-ccr-route')).toBe('default')
    const input = estimateOf(prompt(10_000))
    expect(scene.sent()['max_tokens']).toBeLessThanOrEqual(20_000 - input)
    expect(told.headers.get('x-ccr-dropped')).toContain('max_tokens')
  })
})

describe('pains #15: count_tokens', () => {
  const PROSE = 'The quick brown fox jumps over the lazy dog, again and again. '
  const CODE = 'export function sum(items: readonly number[]): number {\n  return items.reduce((a, b) => a + b, 0)\n}\n'
  const CJK = '机器学习模型的上下文窗口是有限的，所以需要压缩。日本語のテキストも数えます。'
  const BASE64 = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
  const JSONS = '{"path":"/home/user/app/src/index.ts","offset":120,"limit":2000,"flags":["-n","-i"]},'
  const texts = { PROSE, CODE, CJK, BASE64, JSONS }
  const table = Object.entries(texts).flatMap(([name, text]) =>
    [1, 5, 20, 80, 300, 1000].map((times) => [name, times, text.repeat(times)] as const),
  )
  test.each(table)(
    'pains #15: of %s, %i times, is within [0.95, 1.25] of what it really is',
    async (_name, times, text) => {
      const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
      const response = await gateway(
        post('/v1/messages/count_tokens', { model: 'm', messages: [{ role: 'user', content: text }] }),
      )
      const actual = encode(text).length
      const { input_tokens } = (await response.json()) as { input_tokens: number }
      // A message costs a few tokens besides its words.
      expect(input_tokens).toBeGreaterThanOrEqual(0.95 * actual)
      expect(input_tokens).toBeLessThanOrEqual(1.25 * actual + 10)
      expect(times).toBeGreaterThan(0)
    },
  )

  test('pains #15: sees blocks of every kind', async () => {
    const { gateway } = testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] })
    const count = async (body: object): Promise<number> => {
      const response = await gateway(
        post('/v1/messages/count_tokens', { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body }),
      )
      return ((await response.json()) as { input_tokens: number }).input_tokens
    }
    const none = await count({})
    const hundred = PROSE.repeat(8)
    const bodies: Record<string, object> = {
      system: { system: hundred },
      tools: { tools: [tool('read', { path: { type: 'string', description: hundred } })] },
      'a call': {
        messages: [{ role: 'user', content: 'Hi' }, ...toolTurn([{ id: 't', name: 'read', input: { text: hundred } }])],
      },
      'a result': {
        messages: [{ role: 'user', content: 'Hi' }, ...toolTurn([{ id: 't', name: 'read', result: hundred }])],
      },
      'a result in blocks': {
        messages: [
          { role: 'user', content: 'Hi' },
          ...toolTurn([{ id: 't', name: 'read', result: [{ type: 'text', text: hundred }] }]),
        ],
      },
      thoughts: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: [{ type: 'thinking', thinking: hundred, signature: 's' }] },
          { role: 'user', content: 'on' },
        ],
      },
      document: {
        messages: [
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: hundred } }],
          },
        ],
      },
    }
    for (const [name, body] of Object.entries(bodies))
      expect([name, (await count(body)) - none > 90]).toEqual([name, true])
  })

  test('pains #15: follows what the provider really counts, cached tokens included', async () => {
    const usage = { input: 1000, cacheRead: 5000, cacheWrite: 0, output: 5, reasoning: 0 }
    const targets = {
      default: { provider: 'mock', model: 'mock-model' },
      longContext: { provider: 'mock', model: 'long' },
    }
    await using scene = await createScene(
      'openai-chat',
      { text: 'Hello', usage },
      { config: { routes: { targets, longContextThreshold: 60_000 } } },
    )
    const body = { messages: [{ role: 'user', content: PROSE.repeat(200) }] }
    const count = async (): Promise<number> => {
      const response = await scene.gateway(post('/v1/messages/count_tokens', { model: 'claude-opus-5-5', ...body }))
      return ((await response.json()) as { input_tokens: number }).input_tokens
    }
    const before = await count()
    const headers = { 'x-claude-code-session-id': 'session-1234' }
    for (let turn = 0; turn < 3; turn++) expect(textOf(await scene.ask(body, headers))).toBe('Hello')
    expect(await count()).toBeGreaterThan(before * 1.5)
    expect(await count()).toBeLessThanOrEqual(6000 * 1.25)
  })
})

describe('pains #14: a prompt that is too long', () => {
  const told = OVERFLOWS.map((refusal) => [refusal.by, refusal] as const)
  test('pains #14: is known in the words of a dozen providers at least', () => {
    expect(new Set(OVERFLOWS.map(({ by }) => by)).size).toBeGreaterThanOrEqual(12)
  })

  test.each(told)(
    'pains #14: %s: is said as Claude Code understands it, and never asked again',
    async (_by, { protocol, status, body, headers }) => {
      const refused: Answer =
        typeof body === 'string' ? { ...json({}, status, headers), pieces: [body] } : json(body, status, headers)
      const inStream = typeof body === 'object' && protocol !== 'anthropic-messages' ? [stream([sse(body)])] : []
      for (const answer of [refused, ...inStream]) {
        await using scene = await createScene(protocol as 'openai-chat', () => answer)
        const { error } = await scene.ask({})
        expect(error?.type).toBe('invalid_request_error')
        expect(error?.message).toMatch(/prompt is too long|exceed context limit/)
        expect(scene.upstream.requests).toHaveLength(1)
      }
    },
  )
})

describe('pains #62: an error of a provider', () => {
  test('pains #62: is known by thirty bodies at least', () => {
    expect(FAILURES.length + OVERFLOWS.length).toBeGreaterThanOrEqual(30)
  })

  test.each(FAILURES.map((refusal) => [refusal.by, refusal] as const))(
    'pains #62: %s: is one sentence with provider, model and status',
    async (_by, { protocol, status, body, headers, type }) => {
      const answer: Answer =
        typeof body === 'string' ? { ...json({}, status, headers), pieces: [body] } : json(body, status, headers)
      await using scene = await createScene(protocol as 'openai-chat', () => answer, { model: 'mock-20250514' })
      for (const streams of [true, false]) {
        const { error, ...told } = await scene.ask({ stream: streams })
        expect([told.status, error?.type]).toEqual([status, type])
        expect(error?.message).toContain('mock (mock-20250514)')
        expect(error?.message.length).toBeLessThanOrEqual(300)
        expect(error?.message).not.toMatch(/\\"|\n/)
      }
    },
  )
})

/** A gateway with the providers and routes of the routing fixture, all of them played by one upstream. */
async function openHouse(longContextThreshold = routing.routes.longContextThreshold) {
  // The tokenizers of two models differ: the one for long prompts counts a quarter less in the same text.
  const upstream = await createUpstream((request) => {
    const input = Math.round(request.text.length / (request.text.includes('gemini-2.5-pro') ? 5.5 : 4.1))
    return answerTurn(request, {
      text: 'Hello',
      usage: { input, cacheRead: 0, cacheWrite: 0, output: 5, reasoning: 0 },
    })
  })
  const providers = routing.providers.map(({ name, models }) =>
    testProvider(upstream.url, 'openai-chat', { name, models }),
  )
  const house = testGateway({
    providers,
    routes: { ...routing.routes, longContextThreshold },
    smallFastModel: routing.smallModel,
  })
  return {
    ...house,
    async ask(body: object, headers: Record<string, string> = {}) {
      const response = await house.gateway(post('/v1/messages', body, { headers }))
      await response.text()
      return { response, sent: upstream.requests.at(-1)?.text ?? '' }
    },
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

function inSystem(body: Loose, marker: string): object {
  const { system } = body
  if (!Array.isArray(system)) return { ...body, system: `${marker}${system ?? 'You help.'}` }
  const last = system.at(-1)
  return { ...body, system: [...system.slice(0, -1), { ...last, text: `${marker}${last.text}` }] }
}

function inOwnBlock(body: Loose, marker: string): object {
  const system = Array.isArray(body.system) ? body.system : [{ type: 'text', text: body.system ?? 'You help.' }]
  return { ...body, system: [...system, { type: 'text', text: marker }] }
}

function inFirstPrompt(body: Loose, marker: string): object {
  const [first, ...rest] = body.messages
  const content = typeof first.content === 'string' ? [{ type: 'text', text: first.content }] : first.content
  const last = content.at(-1)
  return {
    ...body,
    messages: [{ ...first, content: [...content.slice(0, -1), { ...last, text: `${marker}\n${last.text}` }] }, ...rest],
  }
}
