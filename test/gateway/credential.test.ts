import { describe, expect, test } from 'bun:test'
import { formatDiagnostic, locateProblems } from '../../src/config/diagnostic.ts'
import { withKeyPlaces } from '../../src/config/key-place.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { FetchInit } from '../../src/platform/ports.ts'
import { post, testGateway } from '../helper/gateway.ts'

const CONFIG_KEY = 'key-of-the-config-1'
const OWN_KEY = 'sk-ant-api03-key-of-the-user-1'
const LOGIN = 'sk-ant-oat01-login-of-the-user-1'
const APIKEY = 'key-of-the-router-1'
const SECRETS = [CONFIG_KEY, OWN_KEY, LOGIN, APIKEY]

type Held = 'key' | 'placeholder' | 'none'
type Brought = 'ccr' | 'login' | 'nothing'
type Asked = 'anthropic' | 'chat' | 'other'

interface Form {
  readonly name: string
  config(held: Held, more?: JsonObject): JsonObject
}

const heldKey = (name: string, held: Held): JsonObject =>
  held === 'none' ? {} : { [name]: held === 'key' ? CONFIG_KEY : 'your-anthropic-api-key' }

const forms: Form[] = [
  {
    name: 'Providers',
    config: (held, more = {}) => ({
      Providers: [
        {
          name: 'anthropic',
          api_base_url: 'https://api.anthropic.com/v1/messages',
          ...heldKey('api_key', held),
          ...more,
        },
        { name: 'chat', api_base_url: 'https://chat.example/v1', ...heldKey('api_key', held) },
        {
          name: 'other',
          api_base_url: 'https://other.example/anthropic',
          ...heldKey('api_key', held),
          transformer: { use: ['Anthropic'] },
        },
      ],
    }),
  },
  {
    name: 'endpoints',
    config: (held, more = {}) => ({
      endpoints: [
        {
          name: 'anthropic',
          type: 'anthropic',
          baseUrl: 'https://api.anthropic.com/v1',
          ...heldKey('apiKey', held),
          ...more,
        },
        { name: 'chat', type: 'custom', baseUrl: 'https://chat.example/v1', ...heldKey('apiKey', held) },
        { name: 'other', type: 'anthropic', baseUrl: 'https://other.example/anthropic', ...heldKey('apiKey', held) },
      ],
      defaultEndpoint: 'anthropic',
    }),
  },
]

const headersOf: Readonly<Record<Brought, Record<string, string>>> = {
  ccr: { 'x-api-key': `ccr:${OWN_KEY}` },
  login: { authorization: `Bearer ${LOGIN}`, 'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20' },
  nothing: {},
}

/** With the client key of the router in the header that is free. */
const withClientKey = (headers: Record<string, string>): Record<string, string> =>
  headers['x-api-key'] ? { ...headers, authorization: `Bearer ${APIKEY}` } : { ...headers, 'x-api-key': APIKEY }

/** What reached whom, or the error that the client got. */
async function outcome(config: JsonObject, asked: string, headers: Record<string, string>, refusal?: string) {
  const { config: resolved, problems } = resolveConfig(config, {})
  const text = JSON.stringify(config, null, 2)
  const errors = locateProblems(problems, text, '/home/u/config.json').filter(({ severity }) => severity === 'error')
  expect(errors.map(formatDiagnostic)).toEqual([])
  const providers = withKeyPlaces(resolved.providers, resolved.raw, text, '/home/u/config.json')
  const sent: { url: string; headers: Headers }[] = []
  const fetch = async (url: string, init: FetchInit): Promise<Response> => {
    sent.push({ url, headers: new Headers(init.headers) })
    if (refusal !== undefined) return Response.json({ error: { message: refusal } }, { status: 401 })
    return Response.json(url.includes('/chat/') ? CHAT_REPLY : MESSAGES_REPLY)
  }
  const { gateway, lines, calls } = testGateway({ ...resolved, providers }, { fetch })
  const body = { model: `${asked},m`, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
  const response = await gateway(post('/v1/messages', body, { headers }))
  const answer = await response.text()
  const told = JSON.stringify([lines, calls, [...response.headers], answer])
  expect(SECRETS.filter((secret) => told.includes(secret))).toEqual([])
  return { status: response.status, answer, sent, shown: sent.map(({ headers: up }) => shownIn(up)) }
}

const MESSAGES_REPLY = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
const CHAT_REPLY = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

/** Every key in a request, wherever it stands. */
function shownIn(headers: Headers): string {
  const all = [...headers].filter(([, value]) => SECRETS.some((secret) => value.includes(secret)))
  return all.map(([name, value]) => `${name}: ${value}`).join('; ') || 'no key'
}

const keyHeader: Readonly<Record<Asked, string>> = {
  anthropic: `x-api-key: ${CONFIG_KEY}`,
  chat: `authorization: Bearer ${CONFIG_KEY}`,
  other: `x-api-key: ${CONFIG_KEY}`,
}

/** Who is called with the key of the config is called with that, whatever the client brings. */
const matrix: readonly (readonly [Asked, Held, Brought, string])[] = [
  ...(['anthropic', 'chat', 'other'] as const).flatMap((asked) =>
    (['ccr', 'login', 'nothing'] as const).map((brought) => [asked, 'key', brought, keyHeader[asked]] as const),
  ),
  ...(['placeholder', 'none'] as const).flatMap((held) => [
    ['anthropic', held, 'ccr', `x-api-key: ${OWN_KEY}`] as const,
    ['anthropic', held, 'login', '401'] as const,
    ['anthropic', held, 'nothing', '401'] as const,
    ...(['chat', 'other'] as const).flatMap((asked) =>
      (['ccr', 'login', 'nothing'] as const).map((brought) => [asked, held, brought, 'no key'] as const),
    ),
  ]),
]

/** The same with `"auth": "passthrough"` on Anthropic's own server. */
const bearer = `authorization: Bearer ${LOGIN}`
const passthrough: readonly (readonly [Asked, Held, Brought, string])[] = [
  ['anthropic', 'key', 'ccr', keyHeader.anthropic],
  ['anthropic', 'key', 'login', bearer],
  ['anthropic', 'key', 'nothing', keyHeader.anthropic],
  ...(['placeholder', 'none'] as const).flatMap((held) => [
    ['anthropic', held, 'ccr', `x-api-key: ${OWN_KEY}`] as const,
    ['anthropic', held, 'login', bearer] as const,
    ['anthropic', held, 'nothing', '401'] as const,
  ]),
  ...matrix.filter(([asked]) => asked !== 'anthropic'),
]

describe.each(forms)('a config with $name', ({ config }) => {
  for (const [how, more, table] of [
    ['', {}, matrix],
    [' that passes logins on', { auth: 'passthrough' }, passthrough],
  ] as const)
    for (const hasClientKey of [false, true])
      test.each(table.map((row) => [...row]))(
        `${how} %s, whose key is %s, asked with %s${hasClientKey ? ' and a client key' : ''}: %s`,
        async (asked, held, brought, expected) => {
          const written = { ...config(held, more), ...(hasClientKey && { APIKEY }) }
          const headers = headersOf[brought]
          const result = await outcome(written, asked, hasClientKey ? withClientKey(headers) : headers)
          expect(result.shown.join() || String(result.status)).toBe(expected)
          const hosts = result.sent.map(({ url }) => new URL(url).host)
          const host = asked === 'anthropic' ? 'api.anthropic.com' : `${asked}.example`
          expect(hosts).toEqual(expected === '401' ? [] : [host])
        },
      )

  test('the error of a missing key names provider, line and the way with ccr:', async () => {
    const { answer } = await outcome(config('placeholder'), 'anthropic', {})
    const { error } = JSON.parse(answer)
    expect(error.type).toBe('authentication_error')
    expect(error.message).toMatch(
      /^anthropic was not called, for it has no key: fill in (?:Providers\[0\]\.api_key|endpoints\[0\]\.apiKey) \(\/home\/u\/config\.json:\d+:\d+\), or send your Anthropic key as ccr:<key> in x-api-key or as Bearer/,
    )
    const withLogin = JSON.parse((await outcome(config('none'), 'anthropic', headersOf.login)).answer)
    expect(withLogin.error.message).toContain('The login that was sent needs "auth": "passthrough"')
  })
})

const [, endpoints] = forms as [Form, Form]

describe('a key that is marked with ccr:', () => {
  test.each([
    [{ 'x-api-key': `ccr:${OWN_KEY}` }],
    [{ authorization: `Bearer ccr:${OWN_KEY}` }],
    [{ authorization: `bearer  CCR: ${OWN_KEY}` }],
    [{ 'x-api-key': `ccr:${OWN_KEY}`, authorization: 'Bearer something' }],
  ])('is found in %j', async (headers) => {
    expect((await outcome(endpoints.config('none'), 'anthropic', headers)).shown).toEqual([`x-api-key: ${OWN_KEY}`])
  })

  test.each([[`ccr:${APIKEY}`], [`ccr:${OWN_KEY}`], ['ccr:'], [`ccr:ccr:${APIKEY}`]])(
    '%s is no client key',
    async (key) => {
      const { status, sent, answer } = await outcome({ ...endpoints.config('none'), APIKEY }, 'anthropic', {
        'x-api-key': key,
      })
      expect([status, sent.length]).toEqual([401, 0])
      expect(answer).toContain('in the one of them that your ccr: key is not in')
    },
  )

  test('without a key behind the mark is none', async () => {
    expect((await outcome(endpoints.config('none'), 'anthropic', { 'x-api-key': 'ccr:  ' })).status).toBe(401)
  })

  test('that is a subscription’s token goes up as one, with the beta that it needs', async () => {
    const headers = { 'x-api-key': `ccr:${LOGIN}`, 'anthropic-beta': 'b1' }
    const { sent } = await outcome(endpoints.config('none'), 'anthropic', headers)
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${LOGIN}`)
    expect(sent[0]?.headers.get('anthropic-beta')).toBe('b1,oauth-2025-04-20')
  })

  test('goes to an endpoint of the type anthropic on another host, if none is at Anthropic itself', async () => {
    const config = { endpoints: [{ name: 'proxy', type: 'anthropic', baseUrl: 'https://claude.company.example' }] }
    expect((await outcome(config, 'proxy', headersOf.ccr)).shown).toEqual([`x-api-key: ${OWN_KEY}`])
  })

  test('does not stand in for a key that the config holds as a header', async () => {
    const config = endpoints.config('none', { headers: { Authorization: `Bearer ${CONFIG_KEY}` } })
    expect((await outcome(config, 'anthropic', headersOf.ccr)).shown).toEqual([`authorization: Bearer ${CONFIG_KEY}`])
  })

  test('is not repeated by the error of a provider that repeats it', async () => {
    const { answer, status } = await outcome(endpoints.config('none'), 'anthropic', headersOf.ccr, `bad key ${OWN_KEY}`)
    expect([status, answer.includes('bad key [redacted]')]).toEqual([401, true])
  })
})

describe('a login that is passed on', () => {
  const config = endpoints.config('none', { auth: 'passthrough' })

  test('keeps the client’s betas as they are', async () => {
    const { sent } = await outcome(config, 'anthropic', headersOf.login)
    expect(sent[0]?.headers.get('anthropic-beta')).toBe('claude-code-20250219,oauth-2025-04-20')
  })

  test('may be a key of the client’s own', async () => {
    const { shown } = await outcome(config, 'anthropic', { 'x-api-key': OWN_KEY })
    expect(shown).toEqual([`x-api-key: ${OWN_KEY}`])
  })

  test('replaces what the config would show in a header', async () => {
    const more = { auth: 'passthrough', headers: { 'X-Api-Key': CONFIG_KEY, 'X-Title': 't' } }
    const { shown, sent } = await outcome(endpoints.config('none', more), 'anthropic', headersOf.login)
    expect([shown, sent[0]?.headers.get('x-title')]).toEqual([[bearer], 't'])
  })

  test('is never the client key of the router, whatever that looks like', async () => {
    const { status, sent } = await outcome({ ...config, APIKEY: OWN_KEY }, 'anthropic', { 'x-api-key': OWN_KEY })
    expect([status, sent.length]).toEqual([401, 0])
  })
})

test('a provider that refuses a call without a key is told with the place where the key belongs', async () => {
  const { answer } = await outcome(endpoints.config('placeholder'), 'chat', headersOf.ccr, 'no key')
  expect(answer).toContain('(no key was sent: fill in endpoints[1].apiKey (/home/u/config.json:')
})

test('a header of the config is sent once, in whatever case it is written', async () => {
  const config = {
    endpoints: [
      { name: 'c', type: 'custom', baseUrl: 'http://127.0.0.1:1', headers: { 'Content-Type': 'application/json' } },
    ],
  }
  const { sent } = await outcome(config, 'c', {})
  expect(sent[0]?.headers.get('content-type')).toBe('application/json')
})

test('a count of tokens is asked for with the client’s key, and a client without one takes it from nobody', async () => {
  const { config: resolved } = resolveConfig(endpoints.config('none'), {})
  const shown: string[] = []
  const fetch = async (url: string, init: FetchInit): Promise<Response> => {
    shown.push(`${new URL(url).pathname} ${shownIn(new Headers(init.headers))}`)
    return Response.json({ input_tokens: 4711 })
  }
  const { gateway } = testGateway(resolved, { fetch })
  const count = async (headers: Record<string, string>): Promise<unknown> => {
    const body = { model: 'claude-x', messages: [{ role: 'user', content: 'Hi' }] }
    return (await gateway(post('/v1/messages/count_tokens', body, { headers }))).json()
  }
  expect(await count({})).not.toEqual({ input_tokens: 4711 })
  expect(await count(headersOf.ccr)).toEqual({ input_tokens: 4711 })
  expect(shown).toEqual([`/v1/messages/count_tokens x-api-key: ${OWN_KEY}`])
})

test('a client of OpenAI Chat brings a key for Anthropic, too', async () => {
  const { config: resolved } = resolveConfig(endpoints.config('none'), {})
  const shown: string[] = []
  const fetch = async (_url: string, init: FetchInit): Promise<Response> => {
    shown.push(shownIn(new Headers(init.headers)))
    return Response.json(MESSAGES_REPLY)
  }
  const { gateway } = testGateway(resolved, { fetch })
  const body = { model: 'claude-x', messages: [{ role: 'user', content: 'Hi' }] }
  const headers = { authorization: `Bearer ccr:${OWN_KEY}` }
  expect((await gateway(post('/v1/chat/completions', body, { headers }))).status).toBe(200)
  expect(shown).toEqual([`x-api-key: ${OWN_KEY}`])
})
