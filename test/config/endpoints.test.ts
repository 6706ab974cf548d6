import { afterAll, describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '../../src/canonical/json.ts'
import { checkAgainst } from '../../src/config/check.ts'
import type { Config } from '../../src/config/config.ts'
import { ConfigError, formatDiagnostic, isError } from '../../src/config/diagnostic.ts'
import { endpointSchema } from '../../src/config/endpoint-schema.ts'
import { loadConfig } from '../../src/config/load.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-endpoints-'))
afterAll(() => rmSync(home, { recursive: true }))

const file = join(home, 'config.json')
const fixture = readFileSync(join(import.meta.dir, '../fixture/config/endpoints.json'), 'utf8')

function load(text: string, env: Record<string, string> = {}): Config {
  writeFileSync(file, text)
  return loadConfig({ file, env, home })
}

/** Everything that is told of a text, errors and warnings, without the file's name. */
function told(text: string, env: Record<string, string> = {}): string[] {
  try {
    return load(text, env).warnings.map((each) => formatDiagnostic(each).replace(`${file}:`, ''))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.diagnostics.map((each) => `${each.severity} ${formatDiagnostic(each).replace(`${file}:`, '')}`)
  }
}

const anthropic = '{ "name": "a", "type": "anthropic", "apiKey": "k3y-of-a-0001" }'
const custom = (more = '') =>
  `{ "name": "c", "type": "custom", "apiKey": "k3y-of-c-0001", "baseUrl": "https://c.example/v1"${more} }`

test('the form with endpoints is read as it is written', () => {
  const config = load(fixture)
  expect(config).toMatchObject({
    port: 3000,
    logLevel: 'info',
    host: '127.0.0.1',
    cache: { ttlMs: 3_600_000, mostCharacters: 32_000_000, except: [] },
    routes: { targets: {}, defaultProvider: 'anthropic' },
    raw: Bun.JSON5.parse(fixture) as object,
  })
  expect(config.providers).toMatchObject([
    {
      name: 'anthropic',
      endpoints: [{ protocol: 'anthropic-messages', baseUrl: 'https://api.anthropic.com/v1', auth: 'x-api-key' }],
      takes: ['key'],
      keyPlace: `endpoints[0].apiKey (${file}:4:59)`,
      models: [],
    },
    {
      name: 'glm',
      endpoints: [{ protocol: 'openai-chat', baseUrl: 'https://api.glm.example.com/v1', auth: 'bearer' }],
      headers: { 'content-type': 'application/json' },
      keyPlace: `endpoints[1].apiKey (${file}:5:50)`,
    },
  ])
  expect(config.providers.map((provider) => [provider.apiKey, provider.takes])).toEqual([
    [undefined, ['key']],
    [undefined, undefined],
  ])
  expect(told(fixture)).toEqual([
    '4:59: provider `anthropic`: the key is a placeholder; it counts as no key',
    '5:50: provider `glm`: the key is a placeholder; it counts as no key',
  ])
})

test.each([
  ['anthropic', undefined, 'anthropic-messages', 'https://api.anthropic.com/v1'],
  ['openai', undefined, 'openai-chat', 'https://api.openai.com/v1'],
  ['gemini', undefined, 'gemini', 'https://generativelanguage.googleapis.com/v1beta'],
  ['anthropic', 'https://a.example', 'anthropic-messages', 'https://a.example/v1'],
  ['custom', 'https://c.example/v1/chat/completions', 'openai-chat', 'https://c.example/v1'],
  ['custom', 'https://api.anthropic.com/v1', 'openai-chat', 'https://api.anthropic.com/v1'],
])('the type %s at %s is %s at %s', (type, baseUrl, protocol, base) => {
  const { providers } = load(JSON.stringify({ endpoints: [{ name: 'x', type, apiKey: 'k3y-of-x-0001', baseUrl }] }))
  expect(providers[0]?.endpoints).toMatchObject([{ protocol, baseUrl: base }])
})

test('everything else is set as in the other form', () => {
  const { apiKey, timeoutMs, providers, warnings } = load(
    `{ endpoints: [${custom(', "models": ["m"], "proxy": false, "timeouts": { "idle": 5 }')}], APIKEY: "$K", API_TIMEOUT_MS: 9, HOST: "::1" }`,
    { K: 'k3y-of-clients' },
  )
  expect([apiKey, timeoutMs, providers[0]?.models, providers[0]?.deadlines.idleMs, warnings]).toEqual([
    'k3y-of-clients',
    9,
    ['m'],
    5,
    [],
  ])
})

describe('what is wrong is told where the user wrote it', () => {
  test.each<[string, string, RegExp[]]>([
    [
      'both forms',
      `{ "endpoints": [${anthropic}],\n "Providers": [] }`,
      [/^error 2:2: this file mixes two forms: `endpoints` belongs to one, `Providers` to the other; keep one of them/],
    ],
    [
      'a router beside a default endpoint',
      '{ "defaultEndpoint": "a",\n "Router": {} }',
      [/^error 2:2: this file mixes two forms: `defaultEndpoint` belongs to one, `Router` to the other/],
    ],
    [
      'the other form’s port',
      `{ "endpoints": [${anthropic}],\n "PORT": 1 }`,
      [/^error 2:2: this file mixes .*; write `port`$/],
    ],
    ['no endpoint', '{ "endpoints":\n [] }', [/^error 2:2: `endpoints` is empty: nobody could answer; add/]],
    ['no list of endpoints', '{ "defaultEndpoint": "a" }', [/^error 1:1: the file: the key `endpoints` is missing/]],
    [
      'a misspelt list',
      `{ "endpoint": [${anthropic}] }`,
      [/^error 1:3: the file: expected the key `endpoints`, found `endpoint`/],
    ],
    [
      'an unknown default endpoint',
      `{ "endpoints": [${anthropic}, ${custom()}], "defaultEndpoint":\n"x" }`,
      [/^error 2:1: `defaultEndpoint`: there is no endpoint `x`; the endpoints are `a`, `c`$/],
    ],
    [
      'a default endpoint in another case',
      `{ "endpoints": [${anthropic}], "defaultEndpoint": "A" }`,
      [/^1:102: `defaultEndpoint`: upper and lower case differ.*; write `a`$/],
    ],
    [
      'no default endpoint of two',
      `{ "endpoints": [${anthropic}, ${custom()}] }`,
      [/^1:1: `defaultEndpoint` is not set: the first endpoint, `a`, is the default/],
    ],
    [
      'an unknown type',
      '{ "endpoints": [{ "name": "a",\n"type": "antropic" }] }',
      [
        /^error 2:9: `endpoints\[0\]\.type`: expected one of anthropic, openai, gemini, bedrock, custom, .*did you mean `anthropic`\?$/,
      ],
    ],
    ['no type', '{ "endpoints": [\n{ "name": "a" }] }', [/^error 2:1: `endpoints\[0\]`: the key `type` is missing/]],
    [
      'no URL',
      '{ "endpoints": [\n{ "name": "c", "type": "custom", "apiKey": "k3y-of-c-0001" }] }',
      [/^error 2:1: provider `c`: there is no `baseUrl`; add `"baseUrl": "https:\/\/…"`$/],
    ],
    [
      'a wrong URL',
      '{ "endpoints": [{ "name": "c", "type": "custom",\n"baseUrl": "c.example", "apiKey": "k3y-of-c-0001" }] }',
      [/^error 2:12: provider `c`: expected a URL .*did you mean `https:\/\/c\.example…`\?$/],
    ],
    [
      'a key in the URL',
      '{ "endpoints": [{ "name": "c", "type": "custom",\n"baseUrl": "https://u:p@c.example", "apiKey": "k3y-of-c-0001" }] }',
      [/^error 2:12: .*; put the key into `apiKey`$/],
    ],
    [
      'two of one name',
      `{ "endpoints": [${anthropic},\n{ "name": "a", "type": "openai", "apiKey": "k3y-of-o-0001" }] }`,
      [/^error 2:11: .*the other is endpoints\[0\]/],
    ],
    [
      'unknown keys',
      `{ "endpoints": [${custom(',\n"colour": 1, "api_key": "k3y-of-c-0002"')}], "cashe": {} }`,
      [
        /^2:1: unknown key `endpoints\[0\]\.colour` is kept, without effect$/,
        /^2:14: unknown key `endpoints\[0\]\.api_key` is kept, without effect; did you mean `apiKey`\?$/,
        /^2:45: unknown key `cashe` is kept, without effect; did you mean `cache`\?$/,
      ],
    ],
    [
      'a wrong level',
      `{ "endpoints": [${anthropic}], "logLevel": "loud" }`,
      [/^error 1:95: `logLevel`: expected one of trace/],
    ],
    [
      'a wrong time to live',
      `{ "endpoints": [${anthropic}], "cache": { "ttl": -1 } }`,
      [/^error .*`cache\.ttl`: expected/],
    ],
    [
      'no key at all',
      '{ "endpoints": [\n{ "name": "a", "type": "anthropic" }] }',
      [/^2:1: provider `a`: there is no `apiKey`, and every client must bring one, as `ccr:<key>`$/],
    ],
    [
      'a client key that no client could show',
      `{ "endpoints": [${anthropic}],\n"APIKEY": "ccr:x1y2z3" }`,
      [/^error 2:11: `APIKEY` begins with `ccr:`, .*; choose another key$/],
    ],
  ])('%s', (_what, text, expected) => {
    expect(told(text)).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown as string))
  })

  test('the variables of keys', () => {
    const text = '{ "endpoints": [{ "name": "a", "type": "anthropic", "apiKey": "$MY_KEY" }] }'
    expect(told(text)).toEqual([expect.stringContaining('the variable MY_KEY of this key is not set')])
    expect(load(text, { MY_KEY: 'k3y-of-a-0001' }).providers[0]?.apiKey).toBe('k3y-of-a-0001')
  })
})

describe('headers that would break a call are refused', () => {
  test.each(['Content-Length', 'content-length', 'Host', 'Transfer-Encoding', 'Connection', 'a b', ' x'])(
    '%j',
    (name) => {
      const endpoints = `{ "endpoints": [${custom(`,\n"headers": { "${name}": "1" }`)}] }`
      expect(told(endpoints)).toEqual([
        expect.stringMatching(/^error 2:\d+: provider `c`: this (?:header|is no header)/),
      ])
      const providers = `{ "Providers": [{ "name": "c", "api_base_url": "https://c.example", "api_key": "k3y-of-c-0001", "models": ["m"],\n"headers": { "${name}": "1" } }] }`
      expect(told(providers)).toContainEqual(
        expect.stringMatching(/^error 2:\d+: provider `c`: this (?:header|is no header)/),
      )
    },
  )

  test('values, too, but for those that can be sent', () => {
    expect(told(`{ "endpoints": [${custom(', "headers": { "x-a": "1\\n2" }')}] }`)).toHaveLength(1)
    expect(
      told(`{ "endpoints": [${custom(', "headers": { "Content-Type": "application/json", "x-a": "ü" }')}] }`),
    ).toEqual([])
  })
})

describe('a login is passed on to Anthropic alone', () => {
  test.each([
    ['anthropic', 'https://api.anthropic.com', undefined],
    ['anthropic', 'http://127.0.0.1:4000', undefined],
    ['anthropic', 'https://company.example', 'company.example is none of its servers'],
    ['anthropic', 'https://api.anthropic.com.evil.example', 'api.anthropic.com.evil.example is none of its servers'],
    ['anthropic', 'https://notanthropic.com', 'notanthropic.com is none of its servers'],
    ['anthropic', 'http://api.anthropic.com', 'api.anthropic.com is none of its servers'],
    ['custom', 'https://api.anthropic.com', 'this endpoint does not speak its protocol'],
  ])('%s at %s', (type, baseUrl, why) => {
    const [problem = ''] = told(
      JSON.stringify({ endpoints: [{ name: 'x', type, baseUrl, auth: 'passthrough', apiKey: 'k3y-of-x-0001' }] }),
    )
    if (why === undefined) expect(problem).toBe('')
    else expect(problem).toContain(why)
  })

  test('in the other form, too', () => {
    const text = (url: string) =>
      `{ "Providers": [{ "name": "x", "api_base_url": "${url}", "models": ["m"], "auth": "passthrough" }], "Router": { "default": "x,m" } }`
    expect(load(text('https://api.anthropic.com')).providers[0]?.takes).toEqual(['key', 'login'])
    expect(load(text('http://localhost:9/v1/messages')).providers[0]?.takes).toEqual(['login'])
    expect(told(text('https://x.example/v1/messages')).join()).toContain('x.example is none of its servers')
    expect(told(text('https://api.anthropic.com').replace('passthrough', 'pass')).join()).toContain(
      'expected "passthrough"',
    )
  })
})

test('of several endpoints of the type anthropic the one at Anthropic itself takes a key that is meant for it', () => {
  const other = '{ "name": "b", "type": "anthropic", "baseUrl": "https://b.example" }'
  const takenBy = (...entries: string[]) =>
    load(`{ "endpoints": [${entries.join()}] }`).providers.map(({ takes }) => takes)
  expect(takenBy(other, anthropic)).toEqual([undefined, ['key']])
  expect(takenBy(other)).toEqual([['key']])
})

test.each<[Json]>([
  [Bun.JSON5.parse(fixture) as Json],
  [{}],
  [{ endpoints: {} }],
  [{ endpoints: [{ name: 'a' }] }],
  [{ endpoints: [{ name: 'a', type: 'nobody' }] }],
  [{ endpoints: [{ name: 'a', type: 'openai', auth: 'none' }] }],
  [{ endpoints: [], port: '3000', cache: { enabled: 'yes' } }],
  [{ endpoints: [], port: 70000 }],
  [{ endpoints: [], cache: { ttl: 1.5 }, unknown: 1 }],
])('the schema is judged as TypeBox judges it: %j', (value) => {
  expect(checkAgainst(endpointSchema, value).some(isError)).toBe(!Value.Check(endpointSchema, value))
})
