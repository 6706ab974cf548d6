import { describe, expect, test } from 'bun:test'
import { chatAnswer } from '../../helper/turn-chat.ts'
import { anthropicAnswer } from '../../helper/turn-anthropic.ts'
import { post } from '../../helper/gateway.ts'
import { createUpstream, type Upstream } from '../../helper/upstream.ts'
import { plugged, type Plugged } from './plugged.ts'

const turn = { text: 'Done.' }

interface Scene extends AsyncDisposable {
  readonly gateway: Plugged
  readonly chat: Upstream
  readonly anthropic: Upstream
  ask(
    body?: object,
    path?: string,
  ): Promise<{ status: number; route: string | null; reason: string | null; model: string | null; body: unknown }>
}

/** Two providers, and a router of the user. */
async function scene(code: string, name = 'router.js', more: object = {}): Promise<Scene> {
  const chat = await createUpstream((request) => chatAnswer(request, turn))
  const anthropic = await createUpstream((request) => anthropicAnswer(request, turn))
  const gateway = await plugged(
    {
      CUSTOM_ROUTER_PATH: name,
      DEFAULT_EFFORT: 'low',
      Providers: [
        { name: 'chat', api_base_url: `${chat.url}/v1`, api_key: 'key-of-chat-1', models: ['small', 'large'] },
        {
          name: 'native',
          api_base_url: `${anthropic.url}/v1/messages`,
          api_key: 'key-of-native-1',
          models: ['claude-x'],
        },
      ],
      Router: { default: 'chat,small', think: 'native,claude-x' },
      ...more,
    },
    { [name]: code },
  )
  return {
    gateway,
    chat,
    anthropic,
    async ask(body = {}, path = '/v1/messages') {
      const request = {
        model: 'claude-opus-4-8',
        max_tokens: 99,
        messages: [{ role: 'user', content: 'Hi.' }],
        ...body,
      }
      const response = await gateway.gateway(post(path, request))
      const { headers, status } = response
      const [route, reason, model] = ['x-ccr-route', 'x-ccr-reason', 'x-ccr-model'].map((header) => headers.get(header))
      return { status, route: route ?? null, reason: reason ?? null, model: model ?? null, body: await response.json() }
    },
    async [Symbol.asyncDispose]() {
      gateway[Symbol.dispose]()
      await Promise.all([chat.close(), anthropic.close()])
    },
  }
}

describe('CUSTOM_ROUTER_PATH', () => {
  test.each([
    ['an async function of CommonJS', 'router.js', "module.exports = async (req) => 'native,claude-x'"],
    ['a function that is not async', 'router.cjs', "module.exports = () => 'native,claude-x'"],
    ['a default export', 'router.mjs', "export default async () => 'native,claude-x'"],
    ['TypeScript', 'router.ts', "export default (req: { body: object }): string => 'native,claude-x'"],
    [
      'TypeScript that was compiled',
      'router.js',
      "exports.__esModule = true; exports.default = () => 'native,claude-x'",
    ],
    ['another case', 'router.js', "module.exports = () => 'Native,Claude-X'"],
    ['a model that one provider lists', 'router.js', "module.exports = () => 'claude-x'"],
  ])('%s chooses the target', async (_kind, name, code) => {
    await using each = await scene(code, name)
    const { status, route, reason, model } = await each.ask()
    expect({ status, route, reason, model }).toEqual({
      status: 200,
      route: 'custom',
      reason: 'CUSTOM_ROUTER_PATH names native,claude-x',
      model: 'native,claude-x',
    })
    expect(each.anthropic.requests[0]?.body).toMatchObject({ model: 'claude-x' })
  })

  test('what it changes nothing of is relayed byte for byte', async () => {
    await using each = await scene("module.exports = (req) => { req.body.messages.length; return 'native,claude-x' }")
    await each.ask({ temperature: 0.5, odd: { kept: 1 } })
    expect(each.anthropic.requests[0]?.text).toBe(
      '{"model":"claude-x","max_tokens":99,"messages":[{"role":"user","content":"Hi."}],"temperature":0.5,"odd":{"kept":1}}',
    )
    expect(each.gateway.calls[0]).toMatchObject({ relayed: true, requested: 'claude-opus-4-8' })
  })

  test.each([
    ['nothing', 'undefined'],
    ['null', 'null'],
    ['an empty text', "''"],
    ['false', 'false'],
  ])('where it gives %s the rules decide', async (_name, value) => {
    await using each = await scene(`module.exports = async () => ${value}`)
    expect(await each.ask()).toMatchObject({ route: 'default', model: 'chat,small' })
    expect(each.gateway.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test('it sees the request as CCR gave it, the config and the events', async () => {
    await using each = await scene(`module.exports = async (req, config, { event }) => {
      event.on('onSend', (request, reply, payload) => config.seen.push(['sent', request === req, JSON.parse(payload).type]))
      config.seen.push([req.method, req.url, req.headers['x-task'], req.headers.authorization, req.sessionId, req.tokenCount > 0,
        req.body.messages[0].content, config.Providers.map((each) => each.api_key), config.Router.default,
        req.server.configService.get('DEFAULT_EFFORT'), process.env.DEFAULT_EFFORT, typeof req.log.info])
      if (config.seen.length < 9) req.log.info({ secret: req.body }, 'asked')
    }`)
    const seen: unknown[] = []
    const settings = each.gateway.settings
    settings['seen'] = seen as never
    const body = {
      model: 'm',
      max_tokens: 9,
      metadata: { user_id: 'user_1_session_abc-12345' },
      messages: [{ role: 'user', content: 'Hi.' }],
    }
    await each.gateway.gateway(
      post('/v1/messages?beta=true', body, { headers: { 'x-task': 't', authorization: 'Bearer c-1' } }),
    )
    expect(seen).toEqual([
      [
        'POST',
        '/v1/messages?beta=true',
        't',
        undefined,
        'abc-12345',
        true,
        'Hi.',
        ['key-of-chat-1', 'key-of-native-1'],
        'chat,small',
        'low',
        'low',
        'function',
      ],
      ['sent', true, 'message'],
    ])
    expect(each.gateway.lines.filter(({ message }) => message.includes('asked'))).toEqual([
      { level: 'info', message: 'request: asked', fields: {} },
    ])
  })

  test('a body that it changed is what is asked', async () => {
    await using each = await scene(`module.exports = async (req) => {
      req.body.messages[0].content = 'Changed.'; req.body.system = 'Be brief.'; return 'native,claude-x' }`)
    await each.ask({ temperature: 0.5, odd: 1 })
    expect(each.anthropic.requests[0]?.body).toEqual({
      model: 'claude-x',
      max_tokens: 99,
      messages: [{ role: 'user', content: 'Changed.' }],
      temperature: 0.5,
      odd: 1,
      system: 'Be brief.',
    })
    expect(each.gateway.calls[0]).toMatchObject({ relayed: false })
  })

  test('a change alone leaves the choice to the rules, which see it', async () => {
    await using each = await scene(
      "module.exports = (req) => { req.body.thinking = { type: 'enabled', budget_tokens: 2000 } }",
    )
    expect(await each.ask({ max_tokens: 9000 })).toMatchObject({ route: 'think', model: 'native,claude-x' })
    expect(each.anthropic.requests[0]?.body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2000 } })
  })

  test('clients of other protocols are shown to it as Anthropic Messages, and changes reach the provider', async () => {
    await using each = await scene(`module.exports = (req) => {
      if (req.body.system?.[0]?.text !== 'Be brief.' && req.body.system !== 'Be brief.') throw new Error(JSON.stringify(req.body))
      req.body.messages.push({ role: 'assistant', content: 'And' }, { role: 'user', content: 'more.' }); return 'chat,large' }`)
    const { status, body } = await each.ask(
      {
        seed: 7,
        response_format: { type: 'json_object' },
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi.' },
        ],
      },
      '/v1/chat/completions',
    )
    expect({ status, body }).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'Done.' } }] } })
    expect(each.chat.requests[0]?.body).toMatchObject({
      model: 'large',
      seed: 7,
      response_format: { type: 'json_object' },
      messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant', content: 'And' }, { content: 'more.' }],
    })
  })

  test.each([
    [
      'throws',
      "module.exports = () => { throw new Error('no such day') }",
      'CUSTOM_ROUTER_PATH failed, so the rules decide: no such day',
    ],
    ['rejects', "module.exports = async () => { throw 'odd' }", 'CUSTOM_ROUTER_PATH failed, so the rules decide: odd'],
    [
      'names nobody',
      "module.exports = () => 'nobody,m'",
      'CUSTOM_ROUTER_PATH names "nobody,m", which is no configured model: the rules decide',
    ],
    [
      'gives no text',
      'module.exports = () => 42',
      'CUSTOM_ROUTER_PATH names a number, which is no configured model: the rules decide',
    ],
    [
      'breaks the body',
      "module.exports = (req) => { req.body.messages = 7; return 'native,claude-x' }",
      'CUSTOM_ROUTER_PATH failed, so the rules decide: ',
    ],
  ])('one that %s is told, and the rules decide', async (_name, code, warning) => {
    await using each = await scene(code)
    expect(await each.ask()).toMatchObject({ status: 200, route: 'default', model: 'chat,small' })
    expect(each.gateway.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining(warning) },
    ])
  })

  test('one that does not come back is given up', async () => {
    await using each = await scene('module.exports = () => new Promise(() => {})', 'router.js')
    each.gateway.clock.hurry()
    expect(await each.ask()).toMatchObject({ status: 200, route: 'default' })
    expect(each.gateway.lines).toContainEqual(
      expect.objectContaining({
        message: 'CUSTOM_ROUTER_PATH failed, so the rules decide: it did not end within 10 s',
      }),
    )
  })

  test.each([
    ['throws', "throw new Error('no moon')", 'did not load: no moon'],
    ['is not there', undefined, 'did not load: there is no such file'],
    ['exports no function', 'module.exports = { a: 1 }', 'exports no function'],
  ])('a file that %s is told at start, and the rules decide', async (_name, code, why) => {
    await using each = await scene(
      code ?? '',
      code === undefined ? 'absent.js' : 'router.js',
      code === undefined ? { CUSTOM_ROUTER_PATH: 'other.js' } : {},
    )
    expect(each.gateway.problems).toEqual([
      expect.stringMatching(new RegExp(`CUSTOM_ROUTER_PATH.*${why}, so the rules decide alone`)),
    ])
    expect(await each.ask()).toMatchObject({ status: 200, route: 'default' })
  })
})
