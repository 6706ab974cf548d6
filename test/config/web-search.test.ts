import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../src/config/diagnostic.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

const row = { name: 'a', api_base_url: 'https://a.example/v1', models: ['m'], api_key: 'key-0' }
const resolve = (web_search: object, env = {}, top: object = {}) => {
  const written = { Providers: [row], Router: { default: 'a,m' }, web_search, ...top }
  const { config, problems } = resolveConfig(JSON.parse(JSON.stringify(written)), env)
  return { search: config.webSearch, told: problems.map(({ severity, message }) => `${severity}: ${message}`) }
}

/** Of an authority that nobody knows. */
const CERTIFICATE = [
  'MIIBbzCCARWgAwIBAgIUXKa0LjWc0Qp97jLXxwteNvl9aZUwCgYIKoZIzj0EAwIw',
  'DDEKMAgGA1UEAwwBeDAgFw0yNjExMjIxMzI4NTdaGA8yMTI2MTAyOTEzMjg1N1ow',
  'DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABE48jiJgAXR5',
  'UWgCglia1XeC1QjKBDzStCRH4hMCEKQQVf569QI70lnLjT5cOywzItwsKZXPYq8y',
  'k3m/hS+AcMWjUzBRMB0GA1UdDgQWBBRmQ/HscNB5dUAg5ftBVIf92D3YNTAfBgNV',
  'HSMEGDAWgBRmQ/HscNB5dUAg5ftBVIf92D3YNTAPBgNVHRMBAf8EBTADAQH/MAoG',
  'CCqGSM49BAMCA0gAMEUCICQBobOCMc0SlgC9ZhJfd10LxyEeVpyGBaEuBkWOrAm5',
  'AiEAv+8lvcm4obP7JtEHpCsRvbmir1QrUoM9w7NLm5goEQc=',
]

describe('`web_search`', () => {
  test.each([
    ['tavily', { backend: 'tavily', api_key: 'tvly-1' }, {}, 'https://api.tavily.com', 'tvly-1'],
    [
      'brave with the usual variable',
      { backend: 'brave' },
      { BRAVE_API_KEY: 'b-1' },
      'https://api.search.brave.com',
      'b-1',
    ],
    ['a variable', { backend: 'tavily', api_key: '$OWN' }, { OWN: 'own-1' }, 'https://api.tavily.com', 'own-1'],
    [
      'a mirror',
      { backend: 'brave', api_key: 'b', base_url: 'https://m.example/brave/' },
      {},
      'https://m.example/brave',
      'b',
    ],
    ['the full URL', { backend: 'searxng', base_url: 'http://10.0.0.2/search' }, {}, 'http://10.0.0.2', undefined],
    [
      'a key for searxng',
      { backend: 'searxng', base_url: 'https://s.example', api_key: 'k' },
      {},
      'https://s.example',
      'k',
    ],
  ] as const)('takes %s', (_, written, env, baseUrl, apiKey) => {
    const { search, told } = resolve(written, env)
    expect(told).toEqual([])
    expect([search?.baseUrl, search?.apiKey]).toEqual([baseUrl, apiKey])
    expect(search).toMatchObject({ backend: written.backend, maxResults: 5, timeoutMs: 10_000, proxy: false })
  })

  test.each([
    [
      'no engine of that name',
      { backend: 'gogle', api_key: 'k' },
      'error: `web_search.backend`: expected one of tavily, brave, searxng, found a text',
    ],
    ['no engine', { api_key: 'k' }, 'error: `web_search`: the key `backend` is missing'],
    ['no key', { backend: 'tavily' }, 'warning: `web_search`: tavily needs a key; nobody searches'],
    [
      'a variable that is not set',
      { backend: 'tavily', api_key: '$NOT_SET' },
      'warning: `web_search.api_key`: the variable NOT_SET of this key is not set; it counts as no key',
    ],
    [
      'nowhere to ask',
      { backend: 'searxng' },
      'error: `web_search`: there is no `base_url`, and searxng is nowhere by itself',
    ],
    [
      'an address that is none',
      { backend: 'searxng', base_url: 'localhost:8888' },
      'error: `web_search.base_url`: expected a URL that starts with https:// or http://',
    ],
    [
      'a key that everybody could read',
      { backend: 'brave', api_key: 'k', base_url: 'http://brave.example' },
      'error: `web_search.base_url`: the key would go over the network unencrypted',
    ],
    ['an unknown key', { backend: 'brave', api_key: 'k', count: 3 }, 'error: `web_search`: there is no key `count`'],
  ])('is told of %s, and nobody searches', (_, written, message) => {
    const { search, told } = resolve(written)
    expect(told).toEqual([expect.stringContaining(message)])
    if (!message.includes('no key `count`')) expect(search).toBeUndefined()
  })

  test('goes through the proxy of all, but not to this machine', () => {
    const proxy = { PROXY_URL: 'http://proxy.example:3128' }
    expect(resolve({ backend: 'tavily', api_key: 'k' }, {}, proxy).search?.proxy).toBe('http://proxy.example:3128')
    expect(resolve({ backend: 'searxng', base_url: 'http://127.0.0.1:1' }, {}, proxy).search?.proxy).toBe(false)
    const env = { HTTPS_PROXY: 'socks5://127.0.0.1:1' }
    expect(resolve({ backend: 'tavily', api_key: 'k' }, env).told).toContain(
      "error: `web_search`: the environment's HTTPS_PROXY: a socks5 proxy cannot be used, only an HTTP proxy",
    )
  })

  test('is told of with its line, and trusts the authorities of all', () => {
    const home = mkdtempSync(join(tmpdir(), 'ccr-search-'))
    const file = join(home, 'config.json')
    const load = (search: string): ReturnType<typeof loadConfig> => {
      const text = `{\n  "Providers": [${JSON.stringify(row)}],\n  "CA_FILES": "ca.pem",\n  "web_search": ${search}\n}`
      writeFileSync(file, text)
      return loadConfig({ file, env: {}, home })
    }
    try {
      const pem = ['-----BEGIN CERTIFICATE-----', ...CERTIFICATE, '-----END CERTIFICATE-----'].join('\n')
      writeFileSync(join(home, 'ca.pem'), pem)
      expect(load('{ "backend": "tavily", "api_key": "k" }').webSearch?.ca).toBe(pem)
      expect(() => load('{ "backend": "bing" }')).toThrow(ConfigError)
      expect(() => load('{ "backend": "bing" }')).toThrow(`${file}:4:`)
    } finally {
      rmSync(home, { recursive: true })
    }
  })
})
