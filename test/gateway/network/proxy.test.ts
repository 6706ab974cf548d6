import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { networkInterfaces } from 'node:os'
import { resolveConfig } from '../../../src/config/resolve.ts'
import { json } from '../../helper/answer.ts'
import { post, testGateway } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const REPLY = { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }] }

/** An address of this machine that is none of loopback, so that a proxy is asked about. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const VARIABLES = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
]
const kept: Record<string, string | undefined> = {}

beforeEach(() => {
  for (const name of VARIABLES) {
    kept[name] = process.env[name]
    delete process.env[name]
  }
})

afterEach(() => {
  for (const name of VARIABLES) {
    if (kept[name] === undefined) delete process.env[name]
    else process.env[name] = kept[name]
  }
})

interface Case {
  readonly name: string
  /** `name`: a host that only the proxy knows; `loopback`, `address`: this machine. */
  readonly host: 'name' | 'loopback' | 'address'
  /** With PROXY for the address of the proxy. */
  readonly env: Readonly<Record<string, string>>
  readonly provider?: object
  readonly config?: object
  readonly way: 'proxy' | 'direct'
}

const CASES: readonly Case[] = [
  { name: 'HTTP_PROXY takes a name', host: 'name', env: { HTTP_PROXY: 'PROXY' }, way: 'proxy' },
  { name: 'http_proxy takes a name', host: 'name', env: { http_proxy: 'PROXY' }, way: 'proxy' },
  { name: 'ALL_PROXY takes a name', host: 'name', env: { ALL_PROXY: 'PROXY' }, way: 'proxy' },
  {
    name: 'PROXY_URL goes before the environment',
    host: 'name',
    env: { HTTP_PROXY: 'http://127.0.0.1:1' },
    config: { PROXY_URL: 'PROXY' },
    way: 'proxy',
  },
  {
    name: 'the provider’s own goes before PROXY_URL',
    host: 'name',
    env: {},
    config: { PROXY_URL: 'http://127.0.0.1:1' },
    provider: { proxy: 'PROXY' },
    way: 'proxy',
  },
  {
    name: 'the provider’s own holds against NO_PROXY',
    host: 'name',
    env: { NO_PROXY: '*' },
    provider: { proxy: 'PROXY' },
    way: 'proxy',
  },
  {
    name: 'a NO_PROXY for another port is none',
    host: 'name',
    env: { HTTP_PROXY: 'PROXY', NO_PROXY: 'cloud.invalid:81' },
    way: 'proxy',
  },
  { name: 'loopback is direct', host: 'loopback', env: { HTTP_PROXY: 'PROXY', ALL_PROXY: 'PROXY' }, way: 'direct' },
  {
    name: 'loopback is direct whatever the config says',
    host: 'loopback',
    env: {},
    provider: { proxy: 'PROXY' },
    way: 'direct',
  },
  {
    name: 'a CIDR of NO_PROXY is direct',
    host: 'address',
    env: { HTTP_PROXY: 'PROXY', NO_PROXY: 'RANGE' },
    way: 'direct',
  },
  {
    name: 'no_proxy counts beside NO_PROXY',
    host: 'address',
    env: { HTTP_PROXY: 'PROXY', NO_PROXY: 'x', no_proxy: 'ADDRESS' },
    way: 'direct',
  },
  { name: 'NO_PROXY=* is direct', host: 'address', env: { HTTP_PROXY: 'PROXY', NO_PROXY: '*' }, way: 'direct' },
  {
    name: 'proxy: false is direct',
    host: 'address',
    env: { HTTP_PROXY: 'PROXY' },
    provider: { proxy: false },
    way: 'direct',
  },
  { name: 'an address that nothing exempts is not', host: 'address', env: { HTTP_PROXY: 'PROXY' }, way: 'proxy' },
]

describe('the way to a provider', () => {
  test.each(CASES.filter((each) => each.host !== 'address' || ADDRESS !== undefined))(
    '$name',
    async ({ host, env, provider, config, way }) => {
      await using proxy = await createUpstream(() => json(REPLY))
      // On every address: the machine's own is called, too.
      using direct = Bun.serve({
        port: 0,
        hostname: '0.0.0.0',
        fetch: () => Response.json(REPLY, { headers: { 'x-request-id': 'direct' } }),
      })
      const filled = (value: unknown) =>
        JSON.parse(
          JSON.stringify(value ?? {})
            .replaceAll('PROXY_URL', 'proxyUrlKey')
            .replaceAll('"PROXY"', `"${proxy.url}"`)
            .replaceAll('proxyUrlKey', 'PROXY_URL')
            .replaceAll('"RANGE"', `"${ADDRESS?.replace(/\.\d+\.\d+$/, '.0.0/16')}"`)
            .replaceAll('"ADDRESS"', `"${ADDRESS}"`),
        )
      const hosts = {
        name: 'cloud.invalid',
        loopback: `127.0.0.1:${direct.port}`,
        address: `${ADDRESS}:${direct.port}`,
      }
      const variables = filled(env) as Record<string, string>
      // Bun reads them, too: what we decided must hold against that.
      Object.assign(process.env, variables)
      const written = {
        ...filled(config),
        Providers: [
          {
            name: 'p',
            api_base_url: `http://${hosts[host]}/v1`,
            api_key: 'k-1234567890',
            models: ['m'],
            ...filled(provider),
          },
        ],
      }
      const { config: resolved, problems } = resolveConfig(written, variables)
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
      const { gateway } = testGateway({ providers: resolved.providers })
      const response = await gateway(post('/v1/messages', QUESTION))
      expect(response.status).toBe(200)
      expect(response.headers.get('x-request-id')).toBe(way === 'direct' ? 'direct' : null)
      expect(proxy.requests).toHaveLength(way === 'direct' ? 0 : 1)
    },
  )

  test('a proxy gets the user and password of its URL', async () => {
    await using proxy = await createUpstream(() => json(REPLY))
    const url = proxy.url.replace('//', '//user:p%20w@')
    const { config } = resolveConfig(
      { PROXY_URL: url, Providers: [{ name: 'p', api_base_url: 'http://cloud.invalid/v1', models: ['m'] }] },
      {},
    )
    const { gateway } = testGateway({ providers: config.providers })
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(200)
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('user:p w')}`)
  })

  test('a proxy that wants another password is told as such, without the one that it got', async () => {
    await using proxy = await createUpstream(() => json({}, 407))
    const url = proxy.url.replace('//', '//user:hunter2hunter2@')
    const { config } = resolveConfig(
      { PROXY_URL: url, Providers: [{ name: 'p', api_base_url: 'https://cloud.invalid/v1', models: ['m'] }] },
      {},
    )
    const { gateway } = testGateway({ providers: config.providers })
    const response = await gateway(post('/v1/messages', QUESTION))
    const text = await response.text()
    expect([response.status, text.includes('asks for a user and a password'), text.includes('hunter2')]).toEqual([
      502,
      true,
      false,
    ])
  })
})
