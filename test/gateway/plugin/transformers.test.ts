import { describe, expect, test } from 'bun:test'
import { json, stream } from '../../helper/answer.ts'
import { post } from '../../helper/gateway.ts'
import { chatAnswer } from '../../helper/turn-chat.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { configWith, plugged } from './plugged.ts'

const ask = { model: 'claude-x', max_tokens: 99, messages: [{ role: 'user', content: 'Hi.' }] }

/** A transformer that notes when its hooks run. */
const noting = (name: string) => `module.exports = class {
  name = '${name}'
  constructor(options) { this.options = options }
  async transformRequestIn(body) { return { body: { ...body, up: [...(body.up ?? []), this.name + (this.options.mark ?? '')] } } }
  async transformResponseOut(response) {
    const body = await response.json()
    return new Response(JSON.stringify({ ...body, system_fingerprint: (body.system_fingerprint ?? '') + ' ' + this.name }), response)
  }
}`

const files = { 'a.js': noting('a'), 'b.js': noting('b'), 'c.js': noting('c') }
const modules = { transformers: [{ path: 'a.js' }, { path: 'b.js', options: { mark: '!' } }, { path: 'c.js' }] }

describe('the order of hooks', () => {
  test('up: the provider’s list, then the model’s; down: each reversed, the provider’s first', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, ['a', 'b'], modules, {
        transformer: { use: ['a', 'b'], 'mock-model': { use: ['c', 'a'] } },
      }),
      files,
    )
    const response = await scene.gateway(post('/v1/chat/completions', ask))
    expect(upstream.requests[0]?.body).toMatchObject({ up: ['a', 'b!', 'c', 'a'] })
    expect(await response.json()).toMatchObject({ system_fingerprint: ' b a a c' })
  })

  test('options at the place of use make an instance of its own', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, [['a', { mark: '?' }], 'a', ['b', {}]], modules),
      files,
    )
    await scene.gateway(post('/v1/messages', ask))
    expect(upstream.requests[0]?.body).toMatchObject({ up: ['a?', 'a', 'b!'] })
  })

  test('dialects that are built in take their turn among them', async () => {
    const call = {
      index: 0,
      id: '1',
      type: 'function',
      function: { name: 'ExitTool', arguments: '{"response":"Done."}' },
    }
    await using upstream = await createUpstream(() =>
      stream([
        `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] })}\n\n`,
        `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}\n\n`,
        'data: [DONE]\n\n',
      ]),
    )
    const plain =
      "module.exports = { name: 'plain', transformRequestIn: (body) => { body.tools.push('seen'); return body } }"
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, ['tooluse', 'plain', ['maxtoken', { max_tokens: 7 }]], {
        transformers: [{ path: 'p.cjs' }],
      }),
      { 'p.cjs': plain },
    )
    const tools = [{ name: 'Read', input_schema: { type: 'object' } }]
    const response = await scene.gateway(post('/v1/messages', { ...ask, tools, stream: true }))
    expect(await response.text()).toContain('"text":"Done."')
    expect(upstream.requests[0]?.body).toMatchObject({
      max_tokens: 7,
      tool_choice: 'required',
      tools: [{ function: { name: 'Read' } }, { function: { name: 'ExitTool' } }, 'seen'],
    })
  })
})

test('a provider with transformers is not asked to count tokens: they are counted here', async () => {
  await using upstream = await createUpstream(() => json({ input_tokens: 1 }))
  using scene = await plugged(configWith(`${upstream.url}/v1/messages`, ['a'], modules), files)
  const response = await scene.gateway(post('/v1/messages/count_tokens', ask))
  expect(await response.json()).toMatchObject({ input_tokens: expect.any(Number) })
  expect(upstream.requests).toEqual([])
})

test('a preset may use the transformers of the config', async () => {
  await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
  const preset = configWith(`${upstream.url}/v1`, ['a'])
  using scene = await plugged(configWith('http://127.0.0.1:9/v1', [], modules), {
    ...files,
    'presets/red/manifest.json': JSON.stringify({ name: 'red', version: '1.0.0', ...preset }),
  })
  expect((await scene.gateway(post('/preset/red/v1/messages', ask))).status).toBe(200)
  expect(upstream.requests[0]?.body).toMatchObject({ up: ['a'] })
})

describe('where a call goes', () => {
  const config = (code: string) => ({
    files: { 'p.js': `module.exports = { name: 'p', transformRequestIn: (body, provider) => (${code}) }` },
    more: { transformers: [{ path: 'p.js' }] },
  })

  test.each([
    ['a URL with a path is called as it is', '/custom/path?v=1', 'body', '/custom/path'],
    ['a bare host is completed', '', 'body', '/v1/chat/completions'],
    ['one with a version, too', '/v1', 'body', '/v1/chat/completions'],
    [
      'a transformer says where',
      '/v1',
      "({ body, config: { url: new URL('/else/where', provider.baseUrl) } })",
      '/else/where',
    ],
    ['as text', '/v1', "({ body, config: { url: provider.baseUrl + '/own' } })", '/v1/own'],
  ])('%s', async (_name, path, code, expected) => {
    const { files: own, more } = config(code)
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(configWith(`${upstream.url}${path}`, ['p'], more), own)
    expect((await scene.gateway(post('/v1/messages', ask))).status).toBe(200)
    expect(upstream.requests[0]?.path).toBe(expected)
    expect(upstream.requests[0]?.headers['authorization']).toBe('Bearer key-of-mock-1')
  })

  test('headers are put over those of the config, removed, or left out where they hold nothing', async () => {
    const { files: own, more } = config(
      "({ body, config: { headers: { Authorization: undefined, 'X-Key': provider.apiKey, 'x-team': 'blue', 'x-none': 'Bearer undefined' } } })",
    )
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, ['p'], more, { headers: { 'X-Team': 'red', 'X-Kept': '1' } }),
      own,
    )
    await scene.gateway(
      post('/v1/messages', ask, { headers: { authorization: 'Bearer of-the-client', cookie: 'c=1' } }),
    )
    const { headers = {} } = upstream.requests[0] ?? {}
    expect(headers).toMatchObject({ 'x-key': 'key-of-mock-1', 'x-team': 'blue', 'x-kept': '1' })
    for (const name of ['authorization', 'x-none', 'cookie']) expect(headers).not.toHaveProperty(name)
  })
})

describe('what a transformer sees', () => {
  test('earlier thoughts with the signature that it gave them, after a client brought them back', async () => {
    const code = `module.exports = class { name = 't'
      transformRequestIn(body) { return body }
      async transformResponseOut(response) { const body = await response.json()
        body.choices[0].message.thinking = { content: 'Hm.', signature: 'proof-1' }; return new Response(JSON.stringify(body), response) } }`
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['t'], { transformers: [{ path: 't.js' }] }), {
      't.js': code,
    })
    const first = (await (await scene.gateway(post('/v1/messages', ask))).json()) as { content: unknown[] }
    expect(first.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Yes.' },
    ])
    const messages = [...ask.messages, { role: 'assistant', content: first.content }, { role: 'user', content: 'Why?' }]
    await scene.gateway(post('/v1/messages', { ...ask, messages }))
    expect(upstream.requests[1]?.body).toMatchObject({
      messages: [{}, { role: 'assistant', content: 'Yes.', thinking: { content: 'Hm.', signature: 'proof-1' } }, {}],
    })
    expect(JSON.stringify(upstream.requests[1]?.body)).not.toContain('reasoning_content')
  })

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { effort: 'low', enabled: true, max_tokens: 2000 }],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { effort: 'high', enabled: true },
    ],
    [{ thinking: { type: 'disabled' } }, { effort: 'none', enabled: false }],
    [{}, undefined],
  ])('the wish for reasoning: %j is %j', async (wish, reasoning) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['a'], modules), files)
    await scene.gateway(post('/v1/messages', { ...ask, max_tokens: 5000, ...wish }))
    const { reasoning: told } = (upstream.requests[0]?.body ?? {}) as { reasoning?: unknown }
    expect(told).toEqual(reasoning as never)
  })

  test('what it changes of its arguments reaches nobody else', async () => {
    const code =
      "module.exports = { name: 'p', transformRequestIn(body, provider, { req }) { body.messages.length = 0; body.tools[0].function.parameters.type = 'x'; req.body.model = 'y'; provider.models.push('z'); throw new Error('stop') } }"
    using scene = await plugged(configWith('http://127.0.0.1:9/v1', ['p'], { transformers: [{ path: 'p.js' }] }), {
      'p.js': code,
    })
    const body = { ...ask, tools: [{ name: 'Read', input_schema: { type: 'object' } }] }
    const [first, second] = [
      await scene.gateway(post('/v1/messages', body)),
      await scene.gateway(post('/v1/messages', body)),
    ]
    expect(await first.text()).toBe(await second.text())
  })
})

describe('an error names the transformer and the hook, in the client’s protocol', () => {
  const failing = (hook: string, code: string) =>
    `module.exports = { name: 'frail', ${hook}: async (given) => { ${code} } }`
  const cases: [string, string, string, number, RegExp][] = [
    [
      'a hook throws',
      'transformRequestIn',
      "throw new Error('no login')",
      500,
      /frail failed in transformRequestIn: no login/,
    ],
    [
      'with a status',
      'transformRequestIn',
      "throw Object.assign(new Error('log in'), { statusCode: 401 })",
      401,
      /transformRequestIn: log in/,
    ],
    [
      'with a key in its words',
      'transformRequestIn',
      "throw new Error('Bearer sk-0123456789abcdefghij is bad')",
      500,
      /Bearer \[redacted\] is bad/,
    ],
    ['nothing that can be read', 'transformRequestIn', 'throw undefined', 500, /transformRequestIn: undefined/],
    [
      'a hook gives no body',
      'transformRequestIn',
      'return undefined',
      500,
      /transformRequestIn: it gave nothing back, where a body was expected/,
    ],
    [
      'a URL that is none',
      'transformRequestIn',
      "return { body: given, config: { url: 'file:///etc/passwd' } }",
      500,
      /transformRequestIn: the URL that it gave/,
    ],
    [
      'an answer hook throws',
      'transformResponseOut',
      "throw new Error('odd')",
      500,
      /frail failed in transformResponseOut: odd/,
    ],
    [
      'an answer hook gives no Response',
      'transformResponseOut',
      'return { ok: true }',
      500,
      /transformResponseOut: it gave a object back, where a Response/,
    ],
  ]
  test.each(cases)('%s', async (_name, hook, code, status, message) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['frail'], { transformers: [{ path: 'f.js' }] }), {
      'f.js': failing(hook, code),
    })
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const response = await scene.gateway(post(path, ask))
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) } })
    }
    expect(scene.lines.filter(({ message: line }) => line.includes('unhandled'))).toEqual([])
  })

  test('a stream that breaks in the transformer ends in an error event, never in a normal stop', async () => {
    const code = `module.exports = { name: 'frail', transformResponseOut(response) {
      return new Response(response.body.pipeThrough(new TransformStream({ transform(bytes, controller) {
        if (new TextDecoder().decode(bytes).includes('six')) throw new Error('lost it'); controller.enqueue(bytes) } })), response) } }`
    const begun = Promise.withResolvers<void>()
    await using upstream = await createUpstream((request) => {
      const answer = chatAnswer(request, { text: 'One two three four five six.' })
      return { ...answer, pieces: [...answer.pieces.slice(0, 3), { until: begun.promise }, ...answer.pieces.slice(3)] }
    })
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['frail'], { transformers: [{ path: 'f.js' }] }), {
      'f.js': code,
    })
    const response = await scene.gateway(post('/v1/messages', { ...ask, stream: true }))
    begun.resolve()
    const told = await response.text()
    expect(told).toContain('frail failed in transformResponseOut: lost it')
    expect(told).not.toContain('message_stop')
  })

  test.each([
    [
      'something else than bytes',
      'controller.enqueue({ a: 1 })',
      /frail failed in transformResponseOut: its stream gave a object/,
    ],
    ['nothing, for ever', '', /its transformers gave nothing of the answer for too long/],
  ])('a stream that gives %s', async (_name, code, message) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'One two.' }))
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, ['frail'], { transformers: [{ path: 'f.js' }] }, { timeouts: { idle: 1000 } }),
      {
        'f.js': `module.exports = { name: 'frail', transformResponseOut: () => new Response(new ReadableStream({
          start(controller) { ${code} } }), { headers: { 'content-type': 'text/event-stream' } }) }`,
      },
    )
    scene.clock.hurry(2000)
    const response = await scene.gateway(post('/v1/messages', { ...ask, stream: true }))
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) } })
  })

  test('what the provider refuses is told as its refusal', async () => {
    await using upstream = await createUpstream(() => json({ error: { message: 'too many', type: 'rate_limit' } }, 429))
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['a'], modules), files)
    const response = await scene.gateway(post('/v1/messages', ask))
    expect(response.status).toBe(429)
    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: expect.stringMatching(/mock.*too many/) },
    })
  })

  test('a client that goes away ends the call', async () => {
    const held = Promise.withResolvers<void>()
    await using upstream = await createUpstream((request) => {
      const answer = chatAnswer(request, { text: 'One two.' })
      return { ...answer, pieces: [...answer.pieces.slice(0, 3), { until: held.promise }, ...answer.pieces.slice(3)] }
    })
    using scene = await plugged(configWith(`${upstream.url}/v1`, ['p'], { transformers: [{ path: 'p.js' }] }), {
      'p.js':
        "module.exports = { name: 'p', transformResponseOut: (response) => new Response(response.body.pipeThrough(new TransformStream()), response) }",
    })
    const client = new AbortController()
    const response = await scene.gateway(post('/v1/messages', { ...ask, stream: true }, { signal: client.signal }))
    const reader = response.body?.getReader()
    await reader?.read()
    client.abort()
    await reader?.cancel()
    expect(await upstream.requests[0]?.settled).toBe('aborted')
    held.resolve()
  })
})

describe('modules that cannot be used are told, and take nothing with them', () => {
  test.each([
    ['throws', "throw new Error('no moon')", 'did not load: no moon'],
    ['is not there', undefined, 'did not load: there is no such file'],
    ['is no JavaScript', 'module.exports = {', 'did not load: '],
    ['lacks a package', "require('absent-package')", "did not load: Cannot find module 'absent-package'"],
    ['exports nothing', 'module.exports = 7', 'exports neither a class nor an object with hooks'],
    ['has no name', 'module.exports = class { transformRequestIn(body) { return body } }', 'has no `name`'],
    ['has no hook', "module.exports = class { name = 'x' }", 'brings `x`, which has no hook'],
    [
      'throws in its constructor',
      "module.exports = class { constructor() { throw new Error('no') } }",
      'threw while it was set up: no',
    ],
  ])('one that %s', async (_name, code, why) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    using scene = await plugged(
      {
        Providers: [
          {
            name: 'frail',
            api_base_url: `${upstream.url}/v1`,
            api_key: 'key-of-frail',
            models: ['m'],
            transformer: { use: ['x'] },
          },
          { name: 'sound', api_base_url: `${upstream.url}/v1`, api_key: 'key-of-sound', models: ['n'] },
        ],
        Router: { default: 'sound,n' },
        transformers: [{ path: code === undefined ? 'absent.js' : 'x.js' }],
      },
      code === undefined ? {} : { 'x.js': code },
    )
    expect(scene.problems).toEqual([
      '1: provider `frail`: no module brings the dialect `x`: calls that need it fail',
      expect.stringContaining(why),
    ])
    expect((await scene.gateway(post('/v1/messages', ask))).status).toBe(200)
    const response = await scene.gateway(post('/v1/messages', { ...ask, model: 'frail,m' }))
    expect(response.status).toBe(501)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(why.slice(0, 12)) } })
  })
})
