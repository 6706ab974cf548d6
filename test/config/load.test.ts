import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import { ConfigError, formatDiagnostic } from '../../src/config/diagnostic.ts'
import { configFile, loadConfig, repeatedKeys } from '../../src/config/load.ts'
import { DEFAULT_BREAKER, DEFAULT_RETRY } from '../../src/provider/resilience.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-config-'))
afterAll(() => rmSync(home, { recursive: true }))

const fixture = (name: string) => join(import.meta.dir, '../fixture/config', name)
const config = join(home, 'config.json')

function load(text: string, env: Record<string, string> = {}): Config {
  writeFileSync(config, text)
  return loadConfig({ file: config, env, home })
}

const told = (warnings: Config['warnings']) =>
  warnings.map((warning) => `${warning.line}:${warning.column} ${warning.path}`)

function errorsOf(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${config}:`, '')
    throw error
  }
  return 'no error'
}

const provider = (more = '') =>
  `"Providers": [{ "name": "p", "api_base_url": "https://p.example/v1", "api_key": "k3y-of-p-0001", "models": ["m"]${more} }]`

describe('sizes of models', () => {
  test.each([
    ['', {}, undefined],
    [
      ', "contextWindow": 32768, "maxOutputTokens": "4096"',
      { contextWindow: 32_768, maxOutputTokens: 4096 },
      undefined,
    ],
    [', "contextWindow": "$WINDOW"', { contextWindow: 8192 }, undefined],
    [
      ', "contextWindow": { "m": 8192, "a/b:c": "16384" }, "maxOutputTokens": { "m": 1024 }',
      {},
      { m: { contextWindow: 8192, maxOutputTokens: 1024 }, 'a/b:c': { contextWindow: 16_384 } },
    ],
    [
      ', "contextWindow": { "m": 8192 }, "maxOutputTokens": 2048',
      { maxOutputTokens: 2048 },
      { m: { contextWindow: 8192 } },
    ],
    [', "contextWindow": null, "maxOutputTokens": { "m": null }', {}, { m: {} }],
  ])('are stated for all models of a provider, or by model: %s', (written, traits, modelTraits) => {
    const [loaded] = load(`{ ${provider(written)} }`, { WINDOW: '8192' }).providers
    expect(loaded?.traits).toEqual(traits)
    expect(loaded?.modelTraits).toEqual(modelTraits as never)
  })
})

describe('files of users', () => {
  test('the config of a Gemini user loads and routes as written', () => {
    const loaded = loadConfig({ file: fixture('gemini.jsonc'), env: {}, home })
    const target = { provider: 'gemini', model: 'gemini-2.5-flash' }
    expect(loaded.routes).toEqual({
      targets: { default: target, background: target, think: target, longContext: target },
      longContextThreshold: 60_000,
    })
    expect(loaded.providers).toEqual([
      {
        name: 'gemini',
        catalog: 'gemini',
        keyPlace: `Providers[0].api_key (${fixture('gemini.jsonc')}:3:124)`,
        endpoints: [
          {
            protocol: 'gemini',
            baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
            query: '',
            auth: 'x-goog-api-key',
          },
        ],
        models: ['gemini-2.5-flash'],
        dialects: [{ name: 'gemini', options: {} }],
        modelDialects: {},
        retry: DEFAULT_RETRY,
        breaker: DEFAULT_BREAKER,
        traits: {},
        headers: {},
        proxy: 'http://127.0.0.1:1087',
        deadlines: { connectMs: 15_000, firstByteMs: 600_000, idleMs: 600_000 },
      },
    ])
    expect(loaded).toMatchObject({ log: false, host: '127.0.0.1', port: 3456, proxyUrl: 'http://127.0.0.1:1087' })
    expect(loaded.warnings.map(formatDiagnostic)).toEqual([
      `${fixture('gemini.jsonc')}:3:124: provider \`gemini\`: the key is a placeholder; it counts as no key`,
    ])
  })

  test('a config with everything in it is resolved whole', () => {
    const env = {
      CLIENT_KEY: 'client-key-1',
      CCR_PORT: '4000',
      DEEPSEEK_API_KEY: 'key-of-deepseek',
      OPENROUTER_API_KEY: 'key-of-openrouter',
      VENDOR: 'anthropic',
      TITLE: 'ccr',
      PROXY_HOST: 'proxy.example',
      HOME_DIR: '/home/u',
    }
    const loaded = loadConfig({ file: fixture('full.jsonc'), env, home })
    expect(loaded).toMatchObject({
      apiKey: 'client-key-1',
      host: '0.0.0.0',
      port: 4000,
      log: true,
      logLevel: 'debug',
      timeoutMs: 120_000,
      nonInteractive: true,
      claudePath: '/opt/claude',
      smallFastModel: 'deepseek,deepseek-chat',
      proxyUrl: 'http://proxy.example:8080',
      forceUseImageAgent: false,
      systemPromptFile: fixture('prompt.md'),
    })
    expect(loaded.raw).toMatchObject({
      CUSTOM_ROUTER_PATH: '/home/u/router.js',
      transformers: [{ path: '/mine.js' }],
      fallback: { default: [expect.any(String)] },
    })
    expect(
      loaded.providers.map(({ name, apiKey, proxy, endpoints }) => [
        name,
        apiKey,
        proxy,
        endpoints[0]?.baseUrl,
        endpoints[0]?.auth,
      ]),
    ).toEqual([
      ['deepseek', 'key-of-deepseek', 'http://proxy.example:8080', 'https://api.deepseek.com', 'bearer'],
      ['openrouter', 'key-of-openrouter', false, 'https://openrouter.ai/api/v1', 'bearer'],
      ['anthropic', 'key-of-anthropic-1234', 'http://proxy.example:8080', 'https://api.anthropic.com/v1', 'bearer'],
      ['ollama', undefined, false, 'http://localhost:11434/v1', 'bearer'],
    ])
    expect(loaded.providers[0]).toMatchObject({
      dialects: [{ name: 'deepseek', options: {} }],
      modelDialects: { 'deepseek-chat': [{ name: 'tooluse', options: {} }] },
    })
    expect(loaded.providers[1]).toMatchObject({
      headers: { 'x-title': 'ccr' },
      dialects: [
        { name: 'openrouter', options: { provider: { only: ['anthropic'] } } },
        { name: 'maxtoken', options: { max_tokens: 16_384 } },
      ],
    })
    expect(loaded.routes).toEqual({
      longContextThreshold: 80_000,
      targets: {
        default: { provider: 'deepseek', model: 'deepseek-chat' },
        background: { provider: 'ollama', model: 'qwen3-coder' },
        think: { provider: 'deepseek', model: 'deepseek-reasoner' },
        longContext: { provider: 'openrouter', model: 'a,model,with,commas' },
      },
      fallbacks: { default: [{ provider: 'openrouter', model: 'anthropic/claude-opus-4.8' }] },
    })
    expect(told(loaded.warnings)).toEqual([])
  })

  test('no file in the home directory is an empty config, and none is made', () => {
    const loaded = loadConfig({ env: {}, home: join(home, 'nobody') })
    expect(loaded).toMatchObject({
      exists: false,
      providers: [],
      routes: { targets: {} },
      port: 3456,
      host: '127.0.0.1',
      warnings: [],
    })
    expect(() => readFileSync(loaded.file)).toThrow('ENOENT')
  })

  test('CCR_HOME and the home directory say where the file is', () => {
    expect(configFile({ env: {}, home: '/h' })).toBe('/h/.claude-code-router/config.json')
    expect(configFile({ env: { CCR_HOME: '/elsewhere' }, home: '/h' })).toBe('/elsewhere/config.json')
    expect(configFile({ env: { CCR_HOME: '/elsewhere' }, home: '/h', file: '/f.json' })).toBe('/f.json')
  })

  test.each(['utf16le', 'utf16be'])('a file may be %s, as Windows writes it', (encoding) => {
    const bytes = Buffer.from('\ufeff{ "CLAUDE_PATH": "/é/中" }', 'utf16le')
    writeFileSync(config, encoding === 'utf16be' ? bytes.swap16() : bytes)
    expect(loadConfig({ file: config, env: {}, home }).claudePath).toBe('/é/中')
  })

  test.each(['there is no such file', 'this is a directory'])(
    'a named file that cannot be read is an error: %s',
    (message) => {
      const file = message.includes('directory') ? home : join(home, 'none.json')
      expect(() => loadConfig({ file, env: {}, home })).toThrow(`${file}:1:1: ${message}`)
    },
  )

  test.skipIf(process.getuid?.() === 0)('a file without permission is an error', () => {
    const file = join(home, 'secret.json')
    writeFileSync(file, '{}')
    chmodSync(file, 0)
    expect(() => loadConfig({ file, env: {}, home })).toThrow('permission denied')
  })
})

describe('values', () => {
  test.each<[string, string, Record<string, string>, object]>([
    [
      'an empty object',
      '{}',
      {},
      {
        port: 3456,
        host: '127.0.0.1',
        log: true,
        logLevel: 'info',
        timeoutMs: 600_000,
        nonInteractive: false,
        providers: [],
      },
    ],
    ['a byte order mark and carriage returns', '\ufeff{\r\n "PORT": 1 }\r\n', {}, { port: 1 }],
    [
      'null as absent',
      '{"PORT":null,"HOST":null,"Providers":null,"Router":null,"LOG":null,"APIKEY":null,"LOG_LEVEL":null}',
      {},
      { port: 3456, log: true },
    ],
    [
      'empty texts as absent',
      '{"PORT":"","HOST":"","CLAUDE_PATH":"","PROXY_URL":"","API_TIMEOUT_MS":"","LOG":""}',
      {},
      { port: 3456, host: '127.0.0.1', log: true, timeoutMs: 600_000 },
    ],
    ['SERVICE_PORT of the environment first', '{"PORT":1}', { SERVICE_PORT: '2' }, { port: 2 }],
    ['LOG as text', '{"LOG":"false"}', {}, { log: false }],
    ['LOG_LEVEL silent', '{"LOG_LEVEL":"silent"}', {}, { log: false }],
    ['a loopback HOST without a key', '{"HOST":"::1"}', {}, { host: '::1' }],
    ['a drain that is longer than any timer', '{"drain":1e12}', {}, { drainMs: 2 ** 31 - 1 }],
    ['HOST as a URL has it', '{"HOST":"[::1]"}', {}, { host: '::1' }],
    [
      'names and origins in a spelling that no client sends',
      '{"ALLOWED_HOSTS":["a.example.","b.:80"],"ALLOWED_ORIGINS":["https://a:443","http://a:80","http://a:443"]}',
      {},
      { allowedHosts: ['a.example', 'b:80'], allowedOrigins: ['https://a', 'http://a', 'http://a:443'] },
    ],
    [
      'an open HOST with a key',
      '{"HOST":"0.0.0.0","APIKEY":"client-key-1"}',
      {},
      { host: '0.0.0.0', apiKey: 'client-key-1' },
    ],
    [
      '`providers` in lower case',
      `{${provider().replace('"P', '"p')}}`,
      {},
      { providers: [expect.objectContaining({ name: 'p' })] },
    ],
    [
      '`API_TIMEOUT_MS` for every provider',
      `{API_TIMEOUT_MS: 5000, ${provider()}, Router: {default: "p,m"}}`,
      {},
      { providers: [expect.objectContaining({ deadlines: { connectMs: 15_000, firstByteMs: 5000, idleMs: 5000 } })] },
    ],
    [
      '`timeouts` of a provider, where 0 is none',
      `{${provider(', "timeouts": { "connect": "100", "idle": 0, "total": 9 }')}, API_TIMEOUT_MS: 5000, Router: {default: "p,m"}}`,
      {},
      { providers: [expect.objectContaining({ deadlines: { connectMs: 100, firstByteMs: 5000, totalMs: 9 } })] },
    ],
  ])('reads %s', (_, text, env, expected) => {
    const loaded = load(text, env)
    expect(loaded).toMatchObject(expected)
  })

  test('a variable that is not set stays as it is written', () => {
    const loaded = load(
      '{"CLAUDE_PATH":"$NOT_SET/claude","REWRITE_SYSTEM_PROMPT":"${not set}","a":["$SET","${SET}x","$lower","$$SET"]}',
      { SET: 'v' },
    )
    expect(loaded.raw).toEqual({
      CLAUDE_PATH: '$NOT_SET/claude',
      REWRITE_SYSTEM_PROMPT: '${not set}',
      a: ['v', 'vx', '$lower', '$v'],
    })
  })

  test('a variable whose value looks like a variable is not replaced again', () => {
    expect(load('{"CLAUDE_PATH":"$A"}', { A: '$B', B: 'c' }).claudePath).toBe('$B')
  })

  test('a key named __proto__ is only a key', () => {
    const loaded = load('{"__proto__": {"PORT": 1}}')
    expect([loaded.port, Object.getPrototypeOf(loaded.raw)]).toEqual([3456, Object.prototype])
  })
})

describe('warnings', () => {
  test.each<[string, string, string[]]>([
    ['an open address without a key', '{"HOST":"0.0.0.0"}', ['1:9 HOST']],
    [
      'an open address whose key is a placeholder',
      '{"HOST":"0.0.0.0",\n"APIKEY":"your-secret-key"}',
      ['1:9 HOST', '2:10 APIKEY'],
    ],
    [
      'an open address whose key is a variable that is not set',
      '{"HOST":"0.0.0.0",\n"APIKEY":"$NOT_SET"}',
      ['1:9 HOST', '2:10 APIKEY'],
    ],
    ['a system prompt that is not there', '{\n "REWRITE_SYSTEM_PROMPT": "~/none.md"}', ['2:27 REWRITE_SYSTEM_PROMPT']],
    ['a system prompt that is a folder', '{\n "REWRITE_SYSTEM_PROMPT": "."}', ['2:27 REWRITE_SYSTEM_PROMPT']],
    ['an image agent without a model', '{\n "forceUseImageAgent": "true"}', ['2:2 forceUseImageAgent']],
    ['unknown keys', '{"Foo":1,\n "bar": {"baz": 1}}', ['1:2 Foo', '2:2 bar']],
    [
      'unknown keys inside',
      `{${provider(',\n"weight": 1')}, "Router": {"default":"p,m",\n"fast":"p,m"}}`,
      ['2:1 Providers[0].weight', '3:1 Router.fast'],
    ],
    [
      'a key that is a variable that is not set',
      `{${provider().replace('"k3y-of-p-0001"', '\n"$NOPE"')}, "Router": {"default":"p,m"}}`,
      ['2:1 Providers[0].api_key'],
    ],
    ['a number that is a variable that is not set', '{"LOG":true,\n"PORT":"${NOPE}"}', ['2:8 PORT']],
    ['a switch that is no variable', '{"LOG":"$nope"}', ['1:8 LOG']],
    ['no key', `{"Providers":[{"name":"p","api_base_url":"https://p.example"}]}`, ['1:15 Providers[0]']],
    ['a model that is not listed', `{${provider()},\n"Router": {"default":"p,other"}}`, ['2:22 Router.default']],
    ['another case', `{${provider()},\n"Router": {"default":"P,M"}}`, ['2:22 Router.default']],
    ['no default route', `{${provider()},\n"Router": {}}`, ['2:1 Router']],
    ['no routes', `{${provider()}}`, ['1:1 ']],
    [
      'a dialect of another case',
      `{${provider(',\n"transformer":{"use":["DeepSeek"]}')}, Router:{default:"p,m"}}`,
      ['2:23 Providers[0].transformer.use[0]'],
    ],
    [
      'a dialect that is not known',
      `{${provider(',\n"transformer":{"use":["gemini-clo"]}')}, Router:{default:"p,m"}}`,
      ['2:23 Providers[0].transformer.use[0]'],
    ],
    [
      'a dialect without its option',
      `{${provider(',\n"transformer":{"use":["maxtoken"]}')}, Router:{default:"p,m"}}`,
      ['2:23 Providers[0].transformer.use[0]'],
    ],
    [
      'dialects of a model that is not listed',
      `{${provider(',\n"transformer":{"n":{"use":[]}}')}, Router:{default:"p,m"}}`,
      ['2:16 Providers[0].transformer.n'],
    ],
    ['both spellings of Providers', `{${provider()},\n"providers":[], Router:{default:"p,m"}}`, ['2:1 providers']],
    [
      'a provider that is the router itself',
      `{"Providers":[{"name":"p","api_base_url":\n"http://localhost:3456"}]}`,
      ['2:1 Providers[0].api_base_url'],
    ],
  ])('names the place of %s', (_, text, places) => {
    expect(told(load(text).warnings)).toEqual(places)
  })

  test('an open address is closed for want of a key, and the warning says why', () => {
    const { host, warnings } = load('{"HOST":"0.0.0.0"}')
    expect(host).toBe('127.0.0.1')
    expect(warnings[0]?.message).toContain('0.0.0.0, because without an `APIKEY`')
  })

  test('a good config has none', () => {
    expect(load(`{${provider()}, "Router": {"default":"p,m"}}`).warnings).toEqual([])
  })

  test('keys that stand twice are told when asked for', () => {
    load(`{"PORT": 1,\n "LOG": true,\n "PORT": 2}`)
    expect(told(repeatedKeys({ file: config, env: {}, home }))).toEqual(['3:2 PORT'])
  })
})

describe('who may call', () => {
  test('names and origins are a list, or a text with commas', () => {
    expect(
      load(
        '{"ALLOWED_HOSTS": "ccr.example, .lan,*", "ALLOWED_ORIGINS": ["https://app.example/", "chrome-extension://*"]}',
      ),
    ).toMatchObject({
      allowedHosts: ['ccr.example', '.lan', '*'],
      allowedOrigins: ['https://app.example', 'chrome-extension://*'],
    })
    expect(load('{}')).toMatchObject({ allowedHosts: [], allowedOrigins: [] })
  })

  test.each([
    ['"ALLOWED_HOSTS": ["https://ccr.example:1/x"]', 'write `ccr.example:1`'],
    ['"ALLOWED_HOSTS": "a b"', 'is no host name'],
    ['"ALLOWED_HOSTS": 1', 'expected a list of texts'],
    ['"ALLOWED_ORIGINS": "*"', 'every page on the web'],
    ['"ALLOWED_ORIGINS": ["app.example"]', 'write `https://app.example`'],
    ['"ALLOWED_ORIGINS": ["null"]', 'is no origin'],
    ['"APIKEY": "钥匙-of-clients-1"', '`APIKEY`: the key holds a character that cannot be sent (U+94A5)'],
    ['"APIKEY": "$QUOTED"', '`APIKEY`: the key holds a character that cannot be sent (U+201C)'],
  ])('%s is refused', (text, message) => {
    expect(errorsOf(`{${text}}`, { QUOTED: '“key-of-clients”' })).toContain(message)
  })
})

test.each([
  ['0', 'https://p.example/v1', ['NODE_TLS_REJECT_UNAUTHORIZED is 0 in the environment: no certificate is checked']],
  ['0', 'http://p.example/v1', []],
  ['1', 'https://p.example/v1', []],
])('NODE_TLS_REJECT_UNAUTHORIZED=%s is told where it matters: %s', (value, url, messages) => {
  const text = `{${provider().replace('https://p.example/v1', url)}, Router:{default:"p,m"}}`
  const texts = load(text, { NODE_TLS_REJECT_UNAUTHORIZED: value }).warnings.map(({ message }) => message)
  expect(texts).toEqual(messages.map((message) => expect.stringContaining(message)))
})

describe('proxies', () => {
  const proxyOf = (url: string, more: string, env: Record<string, string> = {}) =>
    load(`{${provider().replace('https://p.example/v1', url)}, Router:{default:"p,m"} ${more}}`, env).providers[0]
      ?.proxy

  test.each<[string, string, Record<string, string>, string | false]>([
    ['https://p.example', '', {}, false],
    ['https://p.example', ',PROXY_URL:"http://c:1"', {}, 'http://c:1'],
    ['https://p.example', ',PROXY_URL:"http://c:1",HTTPS_PROXY:"http://d:1"', {}, 'http://d:1'],
    ['https://p.example', ',https_proxy:"http://c:1"', {}, 'http://c:1'],
    ['https://p.example', ',httpsProxy:"http://c:1"', {}, 'http://c:1'],
    ['http://localhost:1', ',PROXY_URL:"http://c:1"', { HTTP_PROXY: 'http://e:1' }, false],
    ['http://127.0.0.2:1', ',PROXY_URL:"http://c:1"', {}, false],
    ['http://[::1]:1', ',PROXY_URL:"http://c:1"', {}, false],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1' }, 'http://e:1'],
    ['https://p.example', '', { https_proxy: 'e:1' }, 'http://e:1'],
    ['https://p.example', '', { HTTP_PROXY: 'http://e:1' }, false],
    ['http://p.example', '', { http_proxy: 'http://e:1' }, 'http://e:1'],
    ['https://p.example', '', { ALL_PROXY: 'http://e:1' }, 'http://e:1'],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', ALL_PROXY: 'socks5://s:1' }, 'http://e:1'],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'a, .example' }, false],
    ['https://p.example', ',PROXY_URL:"http://c:1"', { NO_PROXY: 'p.example:443' }, false],
    ['https://p.example', ',PROXY_URL:"http://c:1"', { NO_PROXY: 'p.example:80,x.p.example' }, 'http://c:1'],
    ['https://p.example', ',PROXY_URL:"http://c:1"', { no_proxy: '*' }, false],
    ['https://p.example', '', { ALL_PROXY: 'socks5://s:1', NO_PROXY: 'p.example' }, false],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'a', no_proxy: 'p.example' }, false],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'p.example', no_proxy: 'a' }, false],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '*.example' }, false],
    ['https://p.example', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'xample' }, 'http://e:1'],
    ['https://p.example', '', { HTTPS_PROXY: ' ' }, false],
    ['https://10.1.2.3', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '10.0.0.0/8' }, false],
    ['https://11.1.2.3', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '10.0.0.0/8' }, 'http://e:1'],
    ['https://10.1.2.3', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '10.1.2.3' }, false],
    ['https://10.1.2.30', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '10.1.2.3' }, 'http://e:1'],
    ['https://10.1.2.3', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '0.0.0.0/0' }, false],
    [
      'https://10.1.2.3',
      '',
      { HTTPS_PROXY: 'http://e:1', NO_PROXY: '10.0.0.0/33,10.0.0.0/,300.0.0.0/1' },
      'http://e:1',
    ],
    ['https://[fd00::2]', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'fd00::/8' }, false],
    ['https://[fd00::2]', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: 'fd00:0::0002' }, false],
    ['https://[fd00::2]:8443', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '[fd00::2]:8443' }, false],
    ['https://[fd00::2]', '', { HTTPS_PROXY: 'http://e:1', NO_PROXY: '[fd00::2]:8443' }, 'http://e:1'],
    ['http://0.0.0.0:1', ',PROXY_URL:"http://c:1"', {}, false],
    ['http://[::ffff:127.0.0.1]:1', ',PROXY_URL:"http://c:1"', {}, false],
    ['http://box.localhost:1', ',PROXY_URL:"http://c:1"', {}, false],
  ])('%s with %s and %j goes through %s', (url, more, env, proxy) => {
    expect(proxyOf(url, more, env)).toBe(proxy)
  })

  test("a provider's own proxy counts whatever NO_PROXY says, and `false` is none", () => {
    const own = (proxy: string, env: Record<string, string>) =>
      load(`{${provider(`, "proxy": ${proxy}`)}}`, env).providers[0]?.proxy
    expect(own('"http://c:1"', { NO_PROXY: '*' })).toBe('http://c:1')
    expect(own('false', { HTTPS_PROXY: 'http://e:1' })).toBe(false)
  })

  test.each([
    [', "proxy": "http://localhost:3456"', {}, '1:'],
    ['', { HTTPS_PROXY: '127.0.0.1:3456' }, '1:'],
  ])('a proxy that is the router itself is refused: %s %j', (more, env, place) => {
    const message = errorsOf(`{${provider(more)}}`, env)
    expect(message).toStartWith(place)
    expect(message).toContain('where this router itself listens')
  })

  test.each(['socks5://s:1', 'socks5h://s:1', 'socks4a://s:1', 'SOCKS://s:1'])(
    'a SOCKS proxy of the config is refused: %s',
    (proxy) => {
      expect(errorsOf(`{${provider(`, "proxy": "${proxy}"`)}}`)).toContain('only an HTTP proxy')
      expect(errorsOf(`{${provider()}, PROXY_URL: "${proxy}"}`)).toContain('only an HTTP proxy')
    },
  )

  test('a SOCKS proxy of the environment is refused where a provider would use it', () => {
    expect(errorsOf(`{${provider()}}`, { ALL_PROXY: 'socks5h://u:secret@s:1' })).toBe(
      "1:16: provider `p`: the environment's ALL_PROXY: a socks5h proxy cannot be used, only an HTTP proxy; set `PROXY_URL` in the config, or name the host in NO_PROXY",
    )
  })
})

describe('secrets', () => {
  test.each(['sk-planted\nsecret', 'sk-planted\u200bsecret'])('a key that no header can hold is told: %j', (key) => {
    const message = errorsOf(`{${provider().replace('"k3y-of-p-0001"', JSON.stringify(key))}}`)
    expect(message).toContain('provider `p`: the key holds a character that cannot be sent (U+')
    expect(message).not.toContain('planted')
  })

  test('no message holds a key or a password', () => {
    const secrets = ['planted-secret-1', 'planted-secret-2', 'planted-secret-3', 'planted-secret-4']
    const message =
      errorsOf(`{"APIKEY": ["planted-secret-1"], "PROXY_URL": "socks5://u:planted-secret-2@h:1", "LOG": "planted-secret-3",
      "Providers": [{"name": "p", "api_base_url": "https://x:planted-secret-4@h", "api_key": {"k": "planted-secret-1"}}]}`)
    expect(message.split('\n')).toHaveLength(5)
    expect(secrets.filter((secret) => message.includes(secret))).toEqual([])
  })
})
