import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'
import { createScene, PROTOCOLS, QUESTION, tool, toolTurn, type Loose } from './scene.ts'
import { strictly } from './strict.ts'
import { textOf } from './told.ts'

describe('pains #12: the billing line of Claude Code', () => {
  const turn = (cch: string): object => ({
    system: [
      { type: 'text', text: `x-anthropic-billing-header: cc_version=2.1.${cch}; cc_entrypoint=cli; cch=${cch};` },
      {
        type: 'text',
        text: "You are Claude Code, Anthropic's official CLI for Claude.",
        cache_control: { type: 'ephemeral' },
      },
    ],
    tools: [tool('read')],
    messages: [{ role: 'user', content: 'Hi' }, ...toolTurn([{ id: 'toolu_1', name: 'read', input: { path: 'a' } }])],
  })

  test.each(['openai-chat', 'gemini'] as const)(
    'pains #12: turns that differ in it alone are sent as the same bytes (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, { text: 'Hello' })
      for (const cch of ['a1b2c', 'ffff0']) await scene.ask(turn(cch))
      const [first, second] = scene.upstream.requests
      expect(second?.text).toBe(first?.text as string)
      expect(first?.text).not.toContain('billing')
      expect(first?.text).toContain('You are Claude Code')
    },
  )

  test.each([
    ['https://api.anthropic.com/v1', true],
    ['http://127.0.0.1:1/v1', true],
    ['http://localhost:1/v1', true],
    ['https://api.deepseek.com/anthropic/v1', false],
    ['https://anthropic.com.example/v1', false],
    ['http://192.168.1.2/v1', false],
  ])('pains #12: a relay to %s keeps it: %p', async (baseUrl, keeps) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const endpoints = [{ protocol: 'anthropic-messages', baseUrl, query: '', auth: 'x-api-key' }] as const
    const fetchThere = (url: string, { method, headers, body }: { method: string; headers: object; body: string }) =>
      fetch(upstream.url + new URL(url).pathname, { method, headers: { ...headers }, body })
    const { gateway, calls } = testGateway(
      { providers: [testProvider('', 'anthropic-messages', { endpoints })] },
      { fetch: fetchThere },
    )
    for (const cch of ['a1b2c', 'ffff0']) {
      const response = await gateway(post('/v1/messages', { ...QUESTION, ...turn(cch) }))
      expect(await response.text()).toContain('Hello')
      expect(response.headers.get('x-ccr-dropped')).toBe(keeps ? null : 'system[0]')
    }
    const [first, second] = upstream.requests.map(({ text }) => text)
    expect(first?.includes('cch=a1b2c')).toBe(keeps)
    expect(first === second).toBe(!keeps)
    expect(JSON.parse(first ?? '').messages).toEqual((turn('') as { messages: object[] }).messages)
    expect(calls.map(({ relayed }) => relayed)).toEqual([true, true])
  })
})

describe('pains #13: fields that a provider does not know', () => {
  const invented = {
    context_management: { edits: [] },
    output_shape: { a: 1 },
    mcp_hints: ['x'],
    speed: 'fast',
    per_turn_control: true,
  }
  test.each(PROTOCOLS)('pains #13: five of them are no reason to fail, and are told once (%s)', async (protocol) => {
    await using scene = await createScene(protocol, (request) => {
      const body: Loose = JSON.parse(request.text)
      const unknown = Object.keys(invented).find((name) => body[name] !== undefined)
      if (!unknown) return { text: 'Hello' }
      const message = `${unknown}: Extra inputs are not permitted`
      return json({ type: 'error', error: { type: 'invalid_request_error', message } }, 400)
    })
    for (let count = 0; count < 3; count++) expect(textOf(await scene.ask(invented))).toBe('Hello')
    // The first call has learnt it: of the others each is sent once.
    expect(scene.upstream.requests.length).toBe(protocol === 'anthropic-messages' ? 8 : 3)
    const told = await scene.ask(invented)
    for (const name of Object.keys(invented)) {
      expect(told.headers.get('x-ccr-dropped')).toContain(name)
      expect(
        scene.lines.filter(({ level, message }) => level === 'warn' && message.includes(name)).length,
      ).toBeLessThanOrEqual(1)
    }
    expect(scene.sent()['messages'] ?? scene.sent()['contents']).toHaveLength(1)
  })
})

describe('pains #30 and #42: images', () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
  const JPEG = '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////'
  const PDF = 'JVBERi0xLjQKJcOkw7zDtsOfCg=='
  const media: [name: string, type: string, data: string][] = [
    ['image', 'image/png', PNG],
    ['image', 'image/jpeg', JPEG],
    ['document', 'application/pdf', PDF],
  ]
  const table = PROTOCOLS.flatMap((protocol) => media.map((each) => [protocol, ...each] as const))
  test.each(table)(
    'pains #30: %s: the %s of type %s in a tool result is shown exactly once',
    async (protocol, type, media_type, data) => {
      for (const model of protocol === 'gemini' ? ['gemini-2.5-pro', 'gemini-3-pro'] : ['claude-opus-5-5']) {
        await using scene = await createScene(protocol, strictly({ text: 'A cat' }), { model })
        const block = { type, source: { type: 'base64', media_type, data } }
        const result = [{ type: 'text', text: 'Read it.' }, block]
        const messages = [{ role: 'user', content: 'Look' }, ...toolTurn([{ id: 'toolu_1', name: 'read', result }])]
        expect(textOf(await scene.ask({ messages, tools: [tool('read')] }))).toBe('A cat')
        expect((scene.upstream.requests.at(-1)?.text ?? '').split(data)).toHaveLength(2)
        expect(shown(scene.sent())).toEqual([`${media_type} ${data}`])
      }
    },
  )

  test.each(['openai-chat', 'gemini'] as const)(
    'pains #30: a model that is said to be blind gets a word in its place, and the user a notice (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, strictly({ text: 'A cat' }), {
        provider: { traits: { images: false } },
      })
      const result = [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }]
      const told = await scene.ask({
        messages: [{ role: 'user', content: 'Look' }, ...toolTurn([{ id: 'toolu_1', name: 'read', result }])],
      })
      expect(scene.upstream.requests[0]?.text).not.toContain(PNG)
      expect(scene.upstream.requests[0]?.text).toMatch(/image/i)
      expect(told.headers.get('x-ccr-dropped')).toContain('messages[2].content[0]')
      expect(JSON.stringify(scene.lines)).toContain('messages[2].content[0]')
    },
  )

  test('pains #42: a picture of three megabytes goes to who sees, and counts as a picture', async () => {
    const eyes = { provider: 'mock', model: 'eyes' }
    const targets = {
      default: { provider: 'mock', model: 'blind' },
      longContext: { provider: 'mock', model: 'long' },
      image: eyes,
    }
    await using scene = await createScene(
      'openai-chat',
      { text: 'A cat' },
      { model: 'blind', config: { routes: { targets, longContextThreshold: 60_000 } } },
    )
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: PNG + 'A'.repeat(4_000_000 - PNG.length) },
    }
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }]
    const told = await scene.ask({ messages })
    expect(told.headers.get('x-ccr-route')).toBe('image')
    expect(scene.sent()['model']).toBe('eyes')
    const count = await scene.gateway(post('/v1/messages/count_tokens', { model: 'claude-opus-5-5', messages }))
    expect((await count.json()).input_tokens).toBeLessThan(10_000)
  })
})

describe('pains #31: the limit of the answer', () => {
  const COMPLETION = [
    'o1',
    'o1-mini',
    'o1-2024-12-17',
    'o3',
    'o3-mini',
    'o3-pro',
    'o4-mini',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5-nano',
    'gpt-5.1',
    'gpt-5.1-codex',
    'gpt-5.2-pro',
    'gpt-6',
    'gpt-10-turbo',
    'openai/gpt-5',
    'openai/o3',
    'GPT-5',
  ]
  const PLAIN = [
    'gpt-4',
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-3.5-turbo',
    'chatgpt-4o-latest',
    'gpt-oss-120b',
    'deepseek-chat',
    'deepseek-reasoner',
    'deepseek-v4-pro',
    'qwen3-coder',
    'qwen3-max',
    'kimi-k2',
    'glm-4.6',
    'mistral-large',
    'llama-4',
    'grok-4',
    'o',
    'ollama',
    'moonshotai/kimi-k2.5',
    'claude-opus-5-5',
    'some/o1x-model',
  ]
  const names = [
    ...COMPLETION.map((model) => [model, 'max_completion_tokens'] as const),
    ...PLAIN.map((model) => [model, 'max_tokens'] as const),
  ]
  test.each(names)('pains #31: %s is told as %s', async (model, field) => {
    await using scene = await createScene('openai-chat', { text: 'Hello' }, { model })
    await scene.ask({ max_tokens: 500 })
    const { max_tokens, max_completion_tokens } = scene.sent()
    expect({ max_tokens, max_completion_tokens }).toEqual({
      max_tokens: undefined,
      max_completion_tokens: undefined,
      [field]: 500,
    })
  })

  test.each([
    ['openai-chat', 'gpt-4o', 16_384],
    ['openai-chat', 'gpt-4-turbo', 4096],
    ['openai-chat', 'gpt-5.1', 128_000],
    ['gemini', 'gemini-2.5-pro', 65_536],
    ['gemini', 'gemini-2.0-flash', 8192],
  ] as const)('pains #31: what is asked of %s %s is at most what it gives: %d', async (protocol, model, most) => {
    await using scene = await createScene(protocol, { text: 'Hello' }, { model })
    const told = await scene.ask({ max_tokens: 1_000_000 })
    const { max_tokens, max_completion_tokens, generationConfig } = scene.sent()
    const sent = max_tokens ?? max_completion_tokens ?? generationConfig?.maxOutputTokens
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThanOrEqual(most)
    expect(told.headers.get('x-ccr-dropped')).toContain('max_tokens')
  })

  test.each([
    [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_completion_tokens',
      500,
    ],
    ['max_tokens is too large: 500. This model supports at most 100 completion tokens.', 'max_tokens', 100],
  ])('pains #31: an unknown model that answers %p is asked once more, once for all', async (message, field, value) => {
    await using scene = await createScene('openai-chat', ({ text }) =>
      JSON.parse(text)[field] === value
        ? { text: 'Hello' }
        : json({ error: { message, type: 'invalid_request_error' } }, 400),
    )
    for (let count = 0; count < 2; count++) expect(textOf(await scene.ask({ max_tokens: 500 }))).toBe('Hello')
    expect(scene.upstream.requests).toHaveLength(3)
  })
})

describe('pains #36: empty texts', () => {
  const empty = fc.constantFrom('', ' ', '\n\t', '\u200b')
  const block = fc.oneof(
    fc.record({ type: fc.constant('text'), text: fc.oneof(empty, fc.constant('Said.')) }),
    fc.record({ type: fc.constant('text'), text: empty, cache_control: fc.constant({ type: 'ephemeral' }) }),
  )
  const content = fc.oneof(empty, fc.constant('Said.'), fc.array(block, { maxLength: 3 }))
  const history = fc.array(fc.tuple(content, content), { minLength: 1, maxLength: 4 }).map((pairs) => [
    ...pairs.flatMap(([user, assistant]) => [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ]),
    { role: 'user', content: 'Hi' },
  ])

  test.each(['openai-chat', 'gemini'] as const)(
    'pains #36: reach nobody, wherever they stand (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, strictly({ text: 'Hello' }))
      for (const messages of fc.sample(history, { numRuns: 60, seed: 36 })) {
        const told = await scene.ask({ system: [{ type: 'text', text: '' }], messages })
        expect([told.error, textOf(told)]).toEqual([undefined, 'Hello'])
      }
      const result = ['', [], [{ type: 'text', text: '' }]]
      for (const each of result)
        expect(
          textOf(
            await scene.ask({
              messages: [{ role: 'user', content: 'Hi' }, ...toolTurn([{ id: 'toolu_1', name: 'read', result: each }])],
            }),
          ),
        ).toBe('Hello')
    },
  )

  test('pains #36: an answer with empty texts in it is told without them', async () => {
    await using scene = await createScene('openai-chat', { text: '', calls: [{ name: 'read', input: {} }] })
    for (const streams of [true, false]) {
      const told = await scene.ask({ stream: streams, tools: [tool('read')] })
      expect(told.content.map(({ type }) => type)).toEqual(['tool_use'])
    }
  })
})

describe('pains #78: what a provider is not told', () => {
  test.each(['openai-chat', 'gemini'] as const)(
    'pains #78: is named by its place, in the answer’s head and in the log (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, { text: 'Hello' })
      const told = await scene.ask({
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Hi' },
              { type: 'hologram', depth: 3 },
            ],
          },
        ],
        container: { id: 'c' },
        top_k: 5,
      })
      expect(told.status).toBe(200)
      const paths = ['messages[0].content[1]', 'container', ...(protocol === 'openai-chat' ? ['top_k'] : [])]
      const line = scene.lines.find(({ message }) => message === 'call')
      for (const path of paths) {
        expect(told.headers.get('x-ccr-dropped')).toContain(path)
        expect(line?.fields['dropped']).toContainEqual({ path, why: expect.stringMatching(/./) })
      }
      // What was not lost is not listed.
      expect(told.headers.get('x-ccr-dropped')).not.toContain('messages[0].content[0]')
    },
  )

  test('pains #78: nothing is said where nothing is lost', async () => {
    for (const protocol of PROTOCOLS) {
      await using scene = await createScene(protocol, { text: 'Hello' })
      const told = await scene.ask({ system: 'Be kind.', temperature: 1, tools: [tool('read')] })
      expect(told.headers.get('x-ccr-dropped')).toBeNull()
    }
  })
})

describe('pains #79: a relayed body', () => {
  const digest = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex')
  const bodies: [name: string, text: string][] = [
    [
      'odd numbers, escapes and spaces',
      '{ "max_tokens":100, "temperature":1.0, "stream" :true,\n\t"model" : "M","messages":[{"role":"user","content":"H\\u0069 \\ud83d\\ude00 \\/"}], "n":12345678901234567890 }',
    ],
    [
      'the model’s name in other places',
      '{"messages":[{"role":"user","content":"\\"model\\": \\"M\\""}],"metadata":{"model":"M"},"model":"M","max_tokens":1}',
    ],
    [
      'signed thoughts',
      JSON.stringify({
        ...QUESTION,
        model: 'M',
        messages: [
          ...QUESTION.messages,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
              { type: 'text', text: 'Hi' },
            ],
          },
          { role: 'user', content: 'Go on' },
        ],
      }),
    ],
  ]
  test.each(bodies)('pains #79: with %s keeps every byte but the model', async (_name, text) => {
    await using scene = await createScene('anthropic-messages', { text: 'Hello' }, { model: 'other-model' })
    await (await scene.gateway(post('/v1/messages', text))).text()
    const sent = scene.upstream.requests[0]?.text ?? ''
    const at = text.indexOf('"M"', text.search(/"model" ?: ?"M"(?![\s\S]*"model" ?: ?"M"[^}])/))
    expect(digest(sent)).toBe(digest(`${text.slice(0, at)}"other-model"${text.slice(at + 3)}`))
  })

  test('pains #79: for the model it names already is the client’s own', async () => {
    await using scene = await createScene('anthropic-messages', { text: 'Hello' }, { model: 'M' })
    for (const [, text] of bodies) {
      await (await scene.gateway(post('/v1/messages', text))).text()
      expect(digest(scene.upstream.requests.at(-1)?.text ?? '')).toBe(digest(text))
    }
  })
})

/** The media of a request, in any protocol, as type and data. */
function shown(body: Loose): string[] {
  const found: string[] = []
  JSON.stringify(body, (_key, value: Loose) => {
    if (value?.type === 'base64') found.push(`${value.media_type} ${value.data}`)
    if (value?.inlineData) found.push(`${value.inlineData.mimeType} ${value.inlineData.data}`)
    const url: unknown = value?.image_url?.url ?? value?.file?.file_data
    if (typeof url === 'string') found.push(url.replace('data:', '').replace(';base64,', ' '))
    return value
  })
  return found
}
