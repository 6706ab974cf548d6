import { describe, expect, test } from 'bun:test'
import type { GatewayConfig } from '../../src/gateway/gateway.ts'
import type { Provider } from '../../src/provider/provider.ts'
import type { RouteTarget } from '../../src/router/route.ts'
import { json, silence, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream, type Received, type Script } from '../helper/upstream.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const OTHER = PNG.replace('LbSnc', 'LbSnd')
const image = (data = PNG) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })
const text = (words: string) => ({ type: 'text', text: words })
const user = (...content: object[]) => ({ role: 'user', content })
const says = (words: string) => ({ role: 'assistant', content: words })
const calls = (words: string, id = 'toolu_1') => ({
  role: 'assistant',
  content: [text(words), { type: 'tool_use', id, name: 'Read', input: { file_path: 'a.png' } }],
})
const result = (content: unknown, id = 'toolu_1') => user({ type: 'tool_result', tool_use_id: id, content })

/** An image, and then a turn without one. */
const EARLIER = [user(text('What is wrong here?'), image()), says('A broken layout.'), user(text('Fix it.'))]
const NEWEST = [user(text('What is wrong here?'), image())]
const READ = { name: 'Read', input_schema: { type: 'object' } }

interface Block {
  readonly type: string
  readonly text?: string
  readonly cache_control?: object
  readonly content?: readonly { readonly type: string; readonly text: string }[]
}

const bodyOf = (request: Received | undefined): unknown => request?.body

const visionTarget: RouteTarget = { provider: 'eyes', model: 'vision' }
const isVision = (request: Received): boolean => request.path.startsWith('/eyes')

/** The chosen model says `done`; the one that sees answers as scripted. */
function script(see: Script = (request) => answerTurn(request, { text: 'A red square, 8 by 8.' })): Script {
  return (request) => (isVision(request) ? see(request) : answerTurn(request, { text: 'done' }))
}

async function play(
  messages: readonly object[],
  setting: {
    config?: Partial<GatewayConfig>
    body?: object
    see?: Script
    protocol?: 'anthropic-messages' | 'openai-chat'
    provider?: Partial<Provider>
    times?: number
  } = {},
) {
  const { config, body, see, protocol = 'openai-chat', provider, times = 1 } = setting
  await using upstream = await createUpstream(script(see))
  const {
    gateway,
    lines,
    calls: records,
  } = testGateway({
    providers: [
      testProvider(upstream.url, protocol, { models: ['blind'], ...provider }),
      testProvider(`${upstream.url}/eyes`, protocol, { name: 'eyes', models: ['vision'] }),
    ],
    routes: {
      targets: { default: { provider: 'mock', model: 'blind' }, image: visionTarget },
      longContextThreshold: 60_000,
    },
    ...config,
  })
  const answers: { status: number; headers: Headers; text: string }[] = []
  for (let time = 0; time < times; time++) {
    const response = await gateway(post('/v1/messages', { model: 'claude-x', max_tokens: 100, messages, ...body }))
    answers.push({ status: response.status, headers: response.headers, text: await response.text() })
  }
  const main = upstream.requests.filter((request) => !isVision(request))
  const looks = upstream.requests.filter(isVision)
  return { answer: answers[0] as (typeof answers)[number], main, looks, sent: main[0]?.text ?? '', lines, records }
}

describe('who sees and who is told', () => {
  const explicit = { model: 'mock,blind' }
  test.each<
    [
      string,
      object[],
      { config?: Partial<GatewayConfig>; body?: object; provider?: Partial<Provider> },
      'told' | 'shown' | 'routed',
    ]
  >([
    ['an image of the newest turn goes to the image route', NEWEST, {}, 'routed'],
    ['one of an earlier turn is described', EARLIER, {}, 'told'],
    ['forced, one of the newest turn is described', NEWEST, { config: { forceUseImageAgent: true } }, 'told'],
    ['a model known to see is shown it', EARLIER, { provider: { traits: { images: true } } }, 'shown'],
    [
      'forced, it is described to that, too',
      EARLIER,
      { provider: { traits: { images: true } }, config: { forceUseImageAgent: true } },
      'told',
    ],
    ['a model that the client asks for is shown it', EARLIER, { body: explicit }, 'shown'],
    ['unless it is known to be blind', NEWEST, { body: explicit, provider: { traits: { images: false } } }, 'told'],
    ['or it is forced', NEWEST, { body: explicit, config: { forceUseImageAgent: true } }, 'told'],
    [
      'the model that sees is asked itself',
      EARLIER,
      { body: { model: 'eyes,vision' }, config: { forceUseImageAgent: true } },
      'routed',
    ],
    [
      'without an image route nobody describes',
      EARLIER,
      {
        config: {
          routes: { targets: { default: { provider: 'mock', model: 'blind' } }, longContextThreshold: 1 },
          forceUseImageAgent: true,
        },
      },
      'shown',
    ],
    ['no image, no call', [user(text('Hi'))], { config: { forceUseImageAgent: true } }, 'shown'],
  ])('%s', async (_name, messages, setting, outcome) => {
    const { main, looks, sent, answer } = await play(messages, setting)
    expect(answer.status).toBe(200)
    expect([main.length, looks.length]).toEqual({ told: [1, 1], shown: [1, 0], routed: [0, 1] }[outcome])
    if (outcome === 'told') {
      expect(sent).toContain('A red square, 8 by 8.')
      expect(sent).not.toContain(PNG)
      expect(looks[0]?.text).toContain(PNG)
      expect(answer.headers.get('x-ccr-model')).toBe('mock,blind')
      expect(answer.headers.get('x-ccr-reason')).toContain('images are described by eyes,vision')
    } else {
      expect([...main, ...looks].map((request) => request.text.includes(PNG))).toEqual([
        messages.length > 1 || messages === NEWEST,
      ])
    }
  })

  test('the session’s own image route describes', async () => {
    await using upstream = await createUpstream(script())
    const { gateway } = testGateway(
      {
        providers: [
          testProvider(upstream.url, 'openai-chat', { models: ['blind'] }),
          testProvider(`${upstream.url}/eyes`, 'openai-chat', { name: 'Eyes', models: ['Vision'] }),
        ],
      },
      { overridesOf: () => [{ from: 'project router', targets: { image: visionTarget } }] },
    )
    await gateway(
      post(
        '/v1/messages',
        { model: 'x', max_tokens: 9, messages: EARLIER },
        { headers: { 'x-claude-code-session-id': 'session-1' } },
      ),
    )
    expect(upstream.requests.map(isVision)).toEqual([true, false])
    expect(upstream.requests[0]?.body).toMatchObject({ model: 'Vision' })
  })
})

describe('the client notices nothing but a better answer', () => {
  const shapes: [string, object][] = [
    ['streamed', { stream: true }],
    ['whole', { stream: false }],
    [
      'with a session',
      { stream: true, metadata: { user_id: '{"session_id":"00000000-0000-4000-8000-000000000001"}' } },
    ],
    ['with a system string', { stream: true, system: 'Be brief.' }],
    ['with system blocks', { stream: false, system: [text('Be brief.'), text('Be kind.')] }],
    ['with tools', { stream: true, tools: [READ] }],
  ]
  test.each(
    (['openai-chat', 'anthropic-messages'] as const).flatMap((protocol) =>
      shapes.map(([name, body]) => [name, protocol, body] as const),
    ),
  )('%s, over %s', async (_name, protocol, body) => {
    const { answer, main, records, sent } = await play(EARLIER, { body, protocol })
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain('analyzeImage')
    expect(answer.text).not.toContain('red square')
    const indexes = [...answer.text.matchAll(/"content_block_start","index":(\d+)/g)].map((match) => Number(match[1]))
    expect(indexes).toEqual(indexes.map((_, index) => index))
    const { tools = [] } = bodyOf(main[0]) as { tools?: unknown[] }
    expect(tools).toHaveLength('tools' in body ? 1 : 0)
    expect(sent).toContain('Fix it.')
    if ('system' in body) expect(sent).toContain('Be brief.')
    expect(records.at(-1)).toMatchObject({ relayed: false, model: 'blind', stream: body['stream' as never] })
  })

  test('a client of OpenAI Chat is served as well', async () => {
    await using upstream = await createUpstream(script())
    const { gateway } = testGateway({
      providers: [
        testProvider(upstream.url, 'anthropic-messages', { models: ['blind'] }),
        testProvider(`${upstream.url}/eyes`, 'gemini', { name: 'eyes', models: ['vision'] }),
      ],
      routes: {
        targets: { default: { provider: 'mock', model: 'blind' }, image: visionTarget },
        longContextThreshold: 60_000,
      },
    })
    const shown = [text('What is it?'), { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }]
    const messages = [{ role: 'user', content: shown }, says('Hm.'), { role: 'user', content: 'Well?' }]
    const response = await gateway(post('/v1/chat/completions', { model: 'gpt-x', messages }))
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'done' } }] })
    expect(upstream.requests.map(isVision)).toEqual([true, false])
    expect(upstream.requests[0]?.text).toContain(PNG)
    expect(upstream.requests[1]?.text).toContain('A red square')
  })

  test('what a look costs is recorded as a call of its own, and is not the client’s usage', async () => {
    const { records, answer } = await play(EARLIER, { body: { metadata: { user_id: 'user_x_session_12345678' } } })
    expect(
      records.map(({ provider, model, route, session, usage }) => ({
        provider,
        model,
        route,
        session,
        output: usage?.output,
      })),
    ).toEqual([
      { provider: 'eyes', model: 'vision', route: 'image', session: '12345678', output: USAGE.output },
      { provider: 'mock', model: 'blind', route: 'default', session: '12345678', output: USAGE.output },
    ])
    expect(records[0]?.reason).toContain(records[1]?.id as string)
    expect(JSON.parse(answer.text)).toMatchObject({ usage: { output_tokens: USAGE.output } })
  })

  test('what stands beside an image stays, in its place, cache marks too', async () => {
    const marked = { ...image(), cache_control: { type: 'ephemeral' } }
    const messages = [
      user(text('Look.'), marked, text('[Image: source: /tmp/1.png]')),
      calls('I read it.'),
      result([text('before'), image(OTHER), text('after')]),
      says('Seen.'),
      user(text('Go on.')),
    ]
    const { main } = await play(messages, { protocol: 'anthropic-messages', body: { tools: [READ] } })
    const { messages: sent } = bodyOf(main[0]) as { messages: { content: Block[] }[] }
    expect(sent[0]?.content.map(({ type }) => type)).toEqual(['text', 'text', 'text'])
    expect(sent[0]?.content[1]?.cache_control).toEqual({ type: 'ephemeral' })
    expect(sent[0]?.content[2]?.text).toBe('[Image: source: /tmp/1.png]')
    const inner = sent[2]?.content[0]?.content ?? []
    expect(inner.map((part) => part.text.slice(0, 20))).toEqual(['before', '[Image: you cannot s', 'after'])
  })
})

describe('what a look is given', () => {
  test('the words of the image’s own turn, and what the model said before it opened the file', async () => {
    const messages = [
      user(text('<system-reminder>The date is today.</system-reminder>'), text('Why does the page look odd?')),
      calls('I look for the error code in the top right corner.'),
      result([image()]),
      says('It is 42.'),
      user(text('Something else.')),
    ]
    const { looks } = await play(messages, { body: { tools: [READ] } })
    expect(looks[0]?.text).toContain('Why does the page look odd?')
    expect(looks[0]?.text).toContain('error code in the top right corner')
    for (const absent of ['The date is today', 'Something else', '"tools"'])
      expect(looks[0]?.text).not.toContain(absent)
  })

  test.each([
    ['the same image with the same words, once', [image(), image()], 1],
    ['other images, each', [image(), image(OTHER)], 2],
    ['images by URL', [{ type: 'image', source: { type: 'url', url: 'http://127.0.0.1/a.png' } }, image()], 2],
  ])('%s', async (_name, images, count) => {
    const { looks, sent } = await play([user(text('Compare.'), ...images), says('Same.'), user(text('Sure?'))])
    expect(looks).toHaveLength(count)
    expect(sent.split('A red square').length - 1).toBe(2)
  })

  test('later requests have the same text without asking again', async () => {
    let answers = 0
    const { looks, main } = await play(EARLIER, {
      see: (request) => answerTurn(request, { text: `Description ${++answers}.` }),
      times: 3,
    })
    expect(looks).toHaveLength(1)
    expect(new Set(main.map((request) => request.text)).size).toBe(1)
  })

  test('a prompt does not answer for what the model said before it', async () => {
    const messages = [user(text('Hi.')), says('An old answer.'), ...EARLIER]
    const { looks } = await play(messages)
    expect(looks[0]?.text).toContain('What is wrong here?')
    expect(looks[0]?.text).not.toContain('An old answer')
  })

  test('a file that is opened again is looked at again, for what the model looks for now', async () => {
    const messages = [
      user(text('Read a.png.')),
      calls('First look.'),
      result([image()]),
      calls('Now the colour of the border.', 'toolu_2'),
      result([image()], 'toolu_2'),
      says('Red.'),
      user(text('Good.')),
    ]
    const { looks, sent } = await play(messages, {
      body: { tools: [READ] },
      see: (request) =>
        answerTurn(request, {
          text: request.text.includes('colour of the border') ? 'The border is red.' : 'A square.',
        }),
    })
    expect(looks).toHaveLength(2)
    expect(sent).toContain('The border is red.')
    expect(sent).toContain('A square.')
  })

  test('the client’s own numbers of its images', async () => {
    const messages = [
      user(text('Compare [Image #5] with [Image #3].'), image(), image(OTHER)),
      says('Ok.'),
      user(text('And?')),
    ]
    const { sent } = await play(messages, {
      see: (request) => answerTurn(request, { text: request.text.includes(OTHER) ? 'the fifth' : 'the third' }),
    })
    expect(sent).toMatch(/\[Image #3: [^\]]*the third\].*\[Image #5: [^\]]*the fifth\]/)
  })

  test('at most four are under way at once', async () => {
    let now = 0
    let most = 0
    const see: Script = async (request) => {
      most = Math.max(most, ++now)
      await new Promise(setImmediate)
      now--
      return answerTurn(request, { text: 'One.' })
    }
    const images = Array.from({ length: 12 }, (_, index) => ({
      type: 'image',
      source: { type: 'url', url: `http://127.0.0.1/${index}.png` },
    }))
    const { looks } = await play([user(text('All.'), ...images), says('Ok.'), user(text('And?'))], { see })
    expect(looks).toHaveLength(12)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })
})

describe('a look that fails', () => {
  const failures: [string, (request: Received) => Answer, string, number][] = [
    ['a refusal', () => json({ error: { message: 'Bad image.' } }, 400), 'eyes (vision) answered 400: Bad image.', 1],
    ['an overload', () => json({ error: { message: 'Busy.' } }, 529), 'eyes (vision) answered 529: Busy.', 2],
    [
      'an answer without a word',
      (request) => answerTurn(request, { text: ' ' }),
      'eyes (vision) answered without a word',
      2,
    ],
    // An answer that cannot be read is asked for once more each time.
    ['no JSON', () => ({ ...json({}), pieces: ['oops'] }), 'something that is not JSON', 4],
  ]
  test.each(failures)('%s is told to the model and to the user', async (_name, see, words, attempts) => {
    const { answer, sent, looks, lines, records } = await play(EARLIER, { see, times: 2 })
    expect(answer.status).toBe(200)
    expect(sent).toContain('it could not be described')
    expect(sent).toContain(words.slice(0, 30))
    expect(sent).not.toContain(PNG)
    const warnings = lines.filter(({ message }) => message.startsWith('an image could not be described'))
    expect(warnings.map(({ level }) => level)).toEqual(['warn'])
    expect(warnings[0]?.message).toContain(words)
    expect(looks).toHaveLength(attempts)
    expect(records[0]?.error).toBeDefined()
  })

  test('a model that cannot be sent the image is not asked to make one up', async () => {
    const file = { type: 'image', source: { type: 'file', file_id: 'file_1' } }
    const { sent, answer } = await play([user(text('See.'), file), says('Ok.'), user(text('And?'))])
    expect(answer.status).toBe(200)
    expect(sent).toContain('eyes (vision) cannot be sent this image')
    expect(sent).not.toContain('red square')
  })

  test('an unknown key of an image block is no reason not to send it', async () => {
    const odd = { ...image(), detail: 'high', title: 'A title' }
    const { sent } = await play([user(text('See.'), odd), says('Ok.'), user(text('And?'))])
    expect(sent).toContain('A red square')
  })

  test('a long error page is cut', async () => {
    const see: Script = () => json({ error: { message: 'no '.repeat(50_000) } }, 500)
    const { sent } = await play(EARLIER, { see })
    expect(sent).toContain('could not be described')
    expect(sent.length).toBeLessThan(3_000)
  })

  test('one that fails does not spoil the others', async () => {
    const see: Script = (request) =>
      request.text.includes(OTHER)
        ? json({ error: { message: 'No.' } }, 500)
        : answerTurn(request, { text: 'A square.' })
    const { sent } = await play([user(text('Two.'), image(), image(OTHER)), says('Ok.'), user(text('And?'))], { see })
    expect(sent).toContain('A square.')
    expect(sent).toContain('could not be described')
  })

  test('a client that goes away ends it, and nothing more is asked', async () => {
    await using upstream = await createUpstream(script(() => silence()))
    const {
      gateway,
      lines,
      calls: records,
    } = testGateway({
      providers: [
        testProvider(upstream.url, 'openai-chat', { models: ['blind'] }),
        testProvider(`${upstream.url}/eyes`, 'openai-chat', { name: 'eyes', models: ['vision'] }),
      ],
      routes: {
        targets: { default: { provider: 'mock', model: 'blind' }, image: visionTarget },
        longContextThreshold: 60_000,
      },
    })
    const images = Array.from({ length: 9 }, (_, index) => ({
      type: 'image',
      source: { type: 'url', url: `http://127.0.0.1/${index}.png` },
    }))
    const client = new AbortController()
    const pending = gateway(
      post(
        '/v1/messages',
        {
          model: 'x',
          max_tokens: 9,
          stream: true,
          messages: [user(text('All.'), ...images), says('Ok.'), user(text('And?'))],
        },
        { signal: client.signal },
      ),
    )
    await upstream.request(4)
    client.abort()
    expect((await pending).status).toBe(499)
    expect(await Promise.all(upstream.requests.map((request) => request.settled))).toEqual(Array(4).fill('aborted'))
    expect(records.filter(({ model }) => model === 'blind')).toHaveLength(1)
    // The four looks that had begun, each when it hears of it; those that waited never were calls.
    const looks = () => records.filter(({ model }) => model === 'vision')
    while (looks().length < 4) await new Promise(setImmediate)
    expect(looks()).toHaveLength(4)
    expect(lines.filter(({ message }) => message.includes('could not be described'))).toEqual([])
  })
})

describe('pains', () => {
  test('#30: an image inside a tool result reaches the model that sees, with the text beside it', async () => {
    const { looks, main } = await play(
      [user(text('Read a.png.')), calls('I read.'), result([text('a.png'), image()])],
      { body: { tools: [READ] } },
    )
    expect(main).toHaveLength(0)
    expect(looks[0]?.text.split(PNG).length).toBe(2)
    expect(looks[0]?.text).toContain('a.png')
  })

  test('#42: 3 MB of image are an image, not a long text', async () => {
    const targets = {
      default: { provider: 'mock', model: 'blind' },
      longContext: { provider: 'mock', model: 'long' },
      image: visionTarget,
    }
    const large = image(PNG.slice(0, 64) + 'A'.repeat(4_000_000))
    const { answer } = await play([user(text('See.'), large)], {
      config: { routes: { targets, longContextThreshold: 60_000 } },
    })
    expect(answer.headers.get('x-ccr-route')).toBe('image')
  })
})
