import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { catalog } from '../../src/provider/catalog/index.ts'
import { authOf } from '../../src/provider/endpoint.ts'
import type { CatalogEndpoint, CatalogRow } from '../../src/provider/catalog/row.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const key = 'k3y-of-a-test-0001'
/** Rows whose calls are signed in ways that have their own tests. */
const isPlain = ({ protocol, auth = authOf(protocol) }: CatalogEndpoint): boolean => HEADERS[auth] !== undefined

const HEADERS: Readonly<Record<string, readonly [name: string, value: string]>> = {
  'x-api-key': ['x-api-key', key],
  bearer: ['authorization', `Bearer ${key}`],
  'x-goog-api-key': ['x-goog-api-key', key],
  azure: ['api-key', key],
  google: ['x-goog-api-key', key],
  'cf-aig-authorization': ['cf-aig-authorization', `Bearer ${key}`],
}
const OWN: Readonly<Record<string, string>> = { 'anthropic-messages': 'x-api-key', gemini: 'x-goog-api-key' }

/** What a model is called at an endpoint that serves only some. */
const MODELS: Readonly<Record<string, string>> = {
  '^claude': 'claude-sonnet-4-5',
  claude: 'claude-sonnet-4-5',
  '^(gpt|o\\d|codex)': 'gpt-5.1',
  '^gemini': 'gemini-2.5-flash',
  '^[^/]+$': 'gemini-2.5-flash',
  '/': 'google/gemini-2.5-flash',
}

const cases = catalog.flatMap((row) =>
  row.endpoints.filter(isPlain).map((endpoint) => [row.name, endpoint.protocol, row, endpoint] as const),
)

/** What a row's provider, at `endpoint` alone, is sent for a client's request. */
async function sent(row: CatalogRow, endpoint: CatalogEndpoint, path: string, body: object): Promise<Received> {
  await using upstream = await createUpstream(() => json({ error: { message: 'no' } }, 403))
  const own = Object.entries(row.parameters ?? {}).filter(([, { from }]) => from === undefined)
  const parameters = Object.fromEntries(own.map(([name]) => [name, `my-${name}`]))
  const entry = { name: row.name, api_key: key, origin: upstream.url, parameters, protocols: [endpoint.protocol] }
  const { config, problems } = resolveConfig({ Providers: [entry] }, {})
  expect(problems).toEqual([])
  const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
  const model = MODELS[endpoint.serves ?? ''] ?? 'some-model'
  const response = await gateway(post(path, { ...body, model: `${row.name},${model}` }))
  expect(response.status).toBe(403)
  expect(upstream.requests.length).toBe(1)
  return upstream.request()
}

const PATHS: Readonly<Record<ProtocolId, (model: string) => string>> = {
  'anthropic-messages': () => '/messages',
  'openai-chat': () => '/chat/completions',
  'openai-responses': () => '/responses',
  gemini: (model) => `/models/${model}:generateContent`,
  'bedrock-converse': (model) => `/model/${model}/converse`,
}

const ADDRESSES = {
  own: (path: string) => path,
  'azure-deployments': (path: string, model: string) => `/deployments/${model}${path}`,
  'vertex-claude': (_path: string, model: string) => `/models/${model}:rawPredict`,
  'bedrock-invoke': (_path: string, model: string) => `/model/${model}/invoke`,
} as const

const messages = [{ role: 'user', content: 'hello' }]

describe('a provider of which only the name is written', () => {
  test.each(cases)('%s is called in %s at its path, with its key', async (_name, protocol, row, endpoint) => {
    const request = await sent(row, endpoint, '/v1/messages', { max_tokens: 100, messages })
    const model = MODELS[endpoint.serves ?? ''] ?? 'some-model'
    const path = endpoint.url
      .replace(/^https?:\/\/[^/[]*/, '')
      .replaceAll(/[[\]]/g, '')
      .replaceAll(/\{(\w+)\}/g, 'my-$1')
    expect(request.path.split('?')[0]).toBe(
      path + ADDRESSES[endpoint.addressing ?? 'own'](PATHS[protocol](model), model),
    )
    const [header = '', value] = HEADERS[endpoint.auth ?? OWN[protocol] ?? 'bearer'] ?? []
    expect(request.headers[header]).toBe(value as string)
    for (const [other] of Object.values(HEADERS)) if (other !== header) expect(request.headers[other]).toBeUndefined()
    const body = request.body as Record<string, unknown>
    const isInPath = protocol === 'gemini' || endpoint.addressing === 'vertex-claude'
    expect(body['model']).toBe(isInPath ? undefined : model)
    expect(JSON.stringify(body)).toContain('hello')
  })

  const own = {
    'anthropic-messages': ['/v1/messages', { max_tokens: 100, messages, mark: 'as it came' }],
    'openai-chat': ['/v1/chat/completions', { messages, mark: 'as it came' }],
    'openai-responses': ['/v1/responses', { input: 'hello', mark: 'as it came' }],
  } as const
  const relayed = cases.filter(([, protocol]) => protocol in own)

  test.each(relayed)('%s gets the bytes of a client that speaks %s', async (_name, protocol, row, endpoint) => {
    const [path, body] = own[protocol as keyof typeof own]
    const request = await sent(row, endpoint, path, body)
    const model = MODELS[endpoint.serves ?? ''] ?? 'some-model'
    const isInPath = endpoint.addressing === 'vertex-claude'
    const expected = isInPath ? { anthropic_version: 'vertex-2023-10-16', ...body } : { ...body, model }
    expect(request.text).toBe(JSON.stringify(expected))
  })
})

test('a client whose protocol a provider lacks is served at the first endpoint for that model', async () => {
  await using upstream = await createUpstream(() => json({ error: { message: 'no' } }, 403))
  const entry = { name: 'aihubmix', api_key: key, origin: upstream.url }
  const { config } = resolveConfig({ Providers: [entry] }, {})
  const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
  for (const model of ['claude-sonnet-4-5', 'deepseek-v3.2'])
    await gateway(post('/v1/messages', { model: `aihubmix,${model}`, max_tokens: 10, messages }))
  expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/messages', '/v1/chat/completions'])
})
