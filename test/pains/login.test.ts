import { expect, test } from 'bun:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import type { Ports } from '../../src/platform/ports.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { anthropicError, anthropicMessage } from '../helper/turn-anthropic.ts'

const LOGIN = 'sk-ant-oat01-login-of-the-user-1'
const KEY = 'key-of-the-config-1'
const ANTHROPIC = 'api.anthropic.com'

/** Anthropic itself, with the user's login, and another server of the same protocol, with a key. */
const config = {
  Providers: [
    { name: 'own', api_base_url: `https://${ANTHROPIC}/v1/messages`, models: ['claude-x'], auth: 'passthrough' },
    {
      name: 'other',
      api_base_url: 'https://other.test/anthropic',
      api_key: KEY,
      models: ['m'],
      transformer: { use: ['Anthropic'] },
    },
  ],
  Router: { default: 'own,claude-x', background: 'other,m' },
  fallback: { default: ['other,m'] },
  retry: { attempts: 1 },
  continuation: true,
}

test.each([
  ['a request that is routed to Anthropic', 'claude-x', 200, [ANTHROPIC]],
  ['one that is routed elsewhere', 'claude-haiku-x', 200, ['other.test']],
  ['one that another provider answers in the end', 'claude-x', 529, [ANTHROPIC, 'other.test']],
] as const)('pains #68: the user’s own login reaches Anthropic alone: %s', async (_name, model, status, hosts) => {
  const sent: { host: string; headers: string }[] = []
  const fetch: Ports['fetch'] = (url, { headers }) => {
    const { hostname: host } = new URL(url)
    sent.push({ host, headers: JSON.stringify([...new Headers(headers)]) })
    const isRefused = host === ANTHROPIC && status !== 200
    return Promise.resolve(
      isRefused
        ? Response.json(anthropicError('overloaded_error', `busy ${LOGIN}`), { status })
        : Response.json(anthropicMessage({ text: 'Hello' })),
    )
  }
  const { gateway, lines, calls } = testGateway(resolveConfig(config, {}).config, { fetch })
  const body = { model, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
  const headers = { authorization: `Bearer ${LOGIN}`, 'anthropic-beta': 'oauth-2025-04-20' }
  const response = await gateway(post('/v1/messages', body, { headers }))
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')])
  expect(sent.map(({ host }) => host)).toEqual([...hosts])
  for (const { host, headers: shown } of sent) {
    expect([shown.includes(LOGIN), shown.includes(KEY)]).toEqual([host === ANTHROPIC, host !== ANTHROPIC])
  }
  expect(JSON.stringify([lines, calls, [...response.headers]])).not.toContain(LOGIN)
})
