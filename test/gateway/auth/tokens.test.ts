import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../../../src/config/resolve.ts'
import { bunPorts } from '../../../src/platform/bun.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { json, silence, type Answer } from '../../helper/answer.ts'
import { post, testGateway } from '../../helper/gateway.ts'
import { createUpstream, type Received } from '../../helper/upstream.ts'

let folder = ''
let pem = ''
let publicKey: CryptoKey

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-tokens-'))
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  publicKey = pair.publicKey
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  const lines = btoa(String.fromCharCode(...bytes)).replaceAll(/.{64}/g, '$&\n')
  pem = `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const reply = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'x',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}
const messages = [{ role: 'user', content: 'hello' }]

interface Scene {
  readonly entry: Record<string, unknown>
  readonly env: Record<string, string>
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** A gateway whose only provider is at `url`; a call gives the status and what the client is told. */
function scene(url: string, { entry, env, now }: Scene) {
  const { config, problems } = resolveConfig({ Providers: [{ origin: url, ...entry }] }, env)
  const ports = { ...bunPorts({ log: () => {}, usage: createMemoryStore(), env }), ...(now && { now }) }
  const { gateway, lines } = testGateway({ providers: config.providers, routes: config.routes }, ports)
  return {
    problems,
    lines,
    async call(model: string, more: object = {}) {
      const response = await gateway(
        post('/v1/messages', { model: `${String(entry['name'])},${model}`, max_tokens: 10, messages, ...more }),
      )
      return { status: response.status, text: await response.text() }
    },
  }
}

const tokenOf = (count: number): Answer =>
  json({ access_token: `ya29.token-${count}-of-a-test`, expires_in: 3600, token_type: 'Bearer' })
const isToken = ({ path }: Received): boolean =>
  path.startsWith('/token') || path.startsWith('/computeMetadata') || path.includes('/oauth2/')
const formOf = ({ text }: Received): Record<string, string> => Object.fromEntries(new URLSearchParams(text))

/** A cloud that gives numbered tokens and answers every call; `refuse` stands in for the answer to a token request. */
const cloud = (refuse?: (count: number) => Answer | undefined) => {
  let count = 0
  return createUpstream((request) => {
    if (!isToken(request)) return json(reply)
    count += 1
    return refuse?.(count) ?? tokenOf(count)
  })
}

const vertex = { name: 'vertex', parameters: { project: 'my-project', region: 'us-east5' } }

describe('a service account of Google', () => {
  const account = (url: string) => ({
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'kid-1',
    private_key: pem,
    client_email: 'robot@my-project.iam.gserviceaccount.com',
    token_uri: `${url}/token`,
  })

  test('signs for a token, which serves all calls until it runs out', async () => {
    await using upstream = await cloud()
    let now = Date.UTC(2026, 0, 1)
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('sa.json', account(upstream.url)) }
    const { call, problems } = scene(upstream.url, { entry: vertex, env, now: () => now })
    expect(problems).toEqual([])
    const told = await Promise.all([call('claude-sonnet-4-5@20250929'), call('claude-sonnet-4-5@20250929')])
    expect(told.map(({ status }) => status)).toEqual([200, 200])
    now += 3000_000
    await call('claude-sonnet-4-5@20250929')
    expect(upstream.requests.filter(isToken).length).toBe(1)
    now += 500_000
    await call('claude-sonnet-4-5@20250929')
    expect(upstream.requests.filter(isToken).length).toBe(2)
    const shown = upstream.requests
      .filter((request) => !isToken(request))
      .map(({ headers }) => headers['authorization'])
    expect(shown).toEqual([1, 1, 1, 2].map((count) => `Bearer ya29.token-${count}-of-a-test`))
  })

  test('states who it is, for what and for how long, so that Google can verify it', async () => {
    await using upstream = await cloud()
    const now = Date.UTC(2026, 0, 1)
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('sa.json', account(upstream.url)) }
    await scene(upstream.url, { entry: vertex, env, now: () => now }).call('claude-opus-4-6')
    const request = upstream.requests.find(isToken)
    const { grant_type: grant, assertion = '' } = request ? formOf(request) : {}
    expect(grant).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    const [header = '', claims = '', signature = ''] = assertion.split('.')
    expect(JSON.parse(atob(header))).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' })
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: 'robot@my-project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: `${upstream.url}/token`,
      iat: now / 1000,
      exp: now / 1000 + 3600,
    })
    const bytes = new TextEncoder().encode(`${header}.${claims}`)
    expect(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', publicKey, Buffer.from(signature, 'base64url'), bytes)).toBe(
      true,
    )
  })

  test('may stand in the config, as a file or itself', async () => {
    await using upstream = await cloud()
    const credentials = file('own.json', account(upstream.url))
    const parameters = { ...vertex.parameters, credentials }
    expect(
      (await scene(upstream.url, { entry: { ...vertex, parameters }, env: {} }).call('claude-opus-4-6')).status,
    ).toBe(200)
    const entry = { ...vertex, api_key: JSON.stringify(account(upstream.url)) }
    expect((await scene(upstream.url, { entry, env: {} }).call('claude-opus-4-6')).status).toBe(200)
    expect(upstream.requests.filter(isToken).length).toBe(2)
  })

  test('whose file changes signs anew', async () => {
    await using upstream = await cloud()
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('rotated.json', account(upstream.url)) }
    const { call } = scene(upstream.url, { entry: vertex, env })
    await call('claude-opus-4-6')
    file('rotated.json', { ...account(upstream.url), client_email: 'other-robot@my-project.iam.gserviceaccount.com' })
    await call('claude-opus-4-6')
    expect(upstream.requests.filter(isToken).length).toBe(2)
  })

  test('that Google refuses is told with Google’s reason, and no secret', async () => {
    await using upstream = await cloud(() =>
      json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400),
    )
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('sa.json', account(upstream.url)) }
    const { status, text } = await scene(upstream.url, { entry: vertex, env }).call('claude-opus-4-6')
    expect(status).toBe(401)
    expect(text).toContain('vertex was not called: ')
    expect(text).toContain('gave no token (400): Invalid JWT Signature.')
    expect(text).not.toContain('PRIVATE')
    expect(upstream.requests.every(isToken)).toBe(true)
  })

  test('keeps its old token while that is good, if a new one cannot be had', async () => {
    await using upstream = await cloud((count) => (count > 1 ? json({ error: 'try_later' }, 503) : undefined))
    let now = Date.UTC(2026, 0, 1)
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('sa.json', account(upstream.url)) }
    const { call } = scene(upstream.url, { entry: vertex, env, now: () => now })
    expect((await call('claude-opus-4-6')).status).toBe(200)
    now += 3500_000
    expect((await call('claude-opus-4-6')).status).toBe(200)
    now += 200_000
    const { status, text } = await call('claude-opus-4-6')
    expect(status).not.toBe(200)
    expect(text).toContain('try_later')
  })

  test.each([
    ['no JSON', 'secret-line', /is no JSON file of credentials/],
    [
      'another type',
      { type: 'external_account' },
      /credentials of the type external_account: only service_account and authorized_user/,
    ],
    ['no key', { type: 'service_account', client_email: 'a@b' }, /has no private_key/],
    [
      'a broken key',
      { type: 'service_account', client_email: 'a@b', private_key: 'secret-line' },
      /the private key of the service account cannot be read/,
    ],
  ])('with %s is a clear error', async (_what, content, message) => {
    await using upstream = await cloud()
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file('broken.json', content) }
    const { status, text } = await scene(upstream.url, { entry: vertex, env }).call('claude-opus-4-6')
    expect(status).toBe(401)
    expect(text).toMatch(message)
    expect(text).not.toContain('secret-line')
    expect(upstream.requests.length).toBe(0)
  })

  test('whose file is not there is a clear error', async () => {
    await using upstream = await cloud()
    const env = { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'nowhere.json') }
    expect((await scene(upstream.url, { entry: vertex, env }).call('claude-opus-4-6')).text).toMatch(
      /nowhere\.json cannot be read/,
    )
  })
})

describe('without a service account', () => {
  test('the login of gcloud counts', async () => {
    await using upstream = await cloud()
    const login = {
      type: 'authorized_user',
      client_id: 'id',
      client_secret: 'not-shown',
      refresh_token: 'r',
      token_uri: `${upstream.url}/token`,
    }
    file('application_default_credentials.json', login)
    await scene(upstream.url, { entry: vertex, env: { CLOUDSDK_CONFIG: folder } }).call('gemini-2.5-pro')
    const [token, called] = upstream.requests
    expect(token && formOf(token)).toEqual({
      grant_type: 'refresh_token',
      client_id: 'id',
      client_secret: 'not-shown',
      refresh_token: 'r',
    })
    expect(called?.path).toBe(
      '/v1/projects/my-project/locations/us-east5/publishers/google/models/gemini-2.5-pro:generateContent',
    )
    expect(called?.headers['authorization']).toBe('Bearer ya29.token-1-of-a-test')
  })

  test('the metadata server of the machine is asked', async () => {
    await using upstream = await cloud()
    const env = { GCE_METADATA_HOST: new URL(upstream.url).host }
    await scene(upstream.url, { entry: vertex, env }).call('google/gemini-2.5-pro')
    const [token, called] = upstream.requests
    expect([token?.method, token?.path, token?.headers['metadata-flavor']]).toEqual([
      'GET',
      '/computeMetadata/v1/instance/service-accounts/default/token',
      'Google',
    ])
    expect(called?.path).toBe('/v1/projects/my-project/locations/us-east5/endpoints/openapi/chat/completions')
    expect(called?.headers['authorization']).toBe('Bearer ya29.token-1-of-a-test')
  })

  test('and without a metadata server it is told what to set', async () => {
    await using upstream = await cloud(() => json({ error: 'no such account' }, 404))
    const env = { GCE_METADATA_HOST: new URL(upstream.url).host }
    const { status, text } = await scene(upstream.url, { entry: vertex, env }).call('claude-opus-4-6')
    expect(status).toBe(401)
    expect(text).toMatch(/set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account/)
  })

  test('a client that goes away does not wait, nor stop what others wait for', async () => {
    await using upstream = await createUpstream((request) => (isToken(request) ? silence() : json(reply)))
    const env = { GCE_METADATA_HOST: new URL(upstream.url).host }
    const { config } = resolveConfig({ Providers: [{ ...vertex, origin: upstream.url }] }, env)
    const { gateway } = testGateway(
      { providers: config.providers, routes: config.routes },
      bunPorts({ log: () => {}, usage: createMemoryStore(), env }),
    )
    const gone = new AbortController()
    const body = { model: 'vertex,claude-opus-4-6', max_tokens: 10, messages }
    const answer = gateway(post('/v1/messages', body, { signal: gone.signal }))
    const token = await upstream.request()
    gone.abort()
    await answer
    expect(token.abortedAt).toBeUndefined()
  })

  test.each([
    ['AIzaSyA-key-of-a-test', 'x-goog-api-key', 'AIzaSyA-key-of-a-test'],
    ['ya29.token-of-a-test', 'authorization', 'Bearer ya29.token-of-a-test'],
  ])('the key %s of the config is shown as %s', async (api_key, header, value) => {
    await using upstream = await cloud()
    await scene(upstream.url, { entry: { ...vertex, api_key }, env: {} }).call('gemini-2.5-pro')
    expect(upstream.requests[0]?.headers[header]).toBe(value)
  })
})

describe('Claude on Vertex', () => {
  test('is asked in its own protocol, with the model in the path and the version in the body', async () => {
    await using upstream = await cloud()
    const { call } = scene(upstream.url, { entry: { ...vertex, api_key: 'ya29.token' }, env: {} })
    await call('claude-sonnet-4-5@20250929', { metadata: { user_id: 'u' } })
    const [request] = upstream.requests
    expect(request?.path).toBe(
      '/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict',
    )
    expect(request?.body).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 10,
      messages,
      metadata: { user_id: 'u' },
    })
  })

  test('streams from another path', async () => {
    await using upstream = await createUpstream(() => json({ error: { message: 'no' } }, 403))
    const { call } = scene(upstream.url, { entry: { ...vertex, api_key: 'ya29.token' }, env: {} })
    await call('claude-opus-4-6', { stream: true })
    expect(upstream.requests[0]?.path).toBe(
      '/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/claude-opus-4-6:streamRawPredict',
    )
    expect(upstream.requests[0]?.body).toMatchObject({ stream: true })
  })

  test('counts tokens itself', async () => {
    await using upstream = await createUpstream(() => json({ input_tokens: 77 }))
    const { config } = resolveConfig({ Providers: [{ ...vertex, origin: upstream.url, api_key: 'ya29.token' }] }, {})
    const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
    const response = await gateway(post('/v1/messages/count_tokens', { model: 'vertex,claude-opus-4-6', messages }))
    expect(await response.json()).toEqual({ input_tokens: 77 })
    const [request] = upstream.requests
    expect(request?.path).toBe(
      '/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict',
    )
    expect(request?.body).toMatchObject({ model: 'claude-opus-4-6' })
  })
})

describe('Azure', () => {
  const azure = { name: 'azure', parameters: { resource: 'mine' } }
  const entra = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' }

  test('is shown a token of Entra ID for the application of the environment', async () => {
    await using upstream = await cloud()
    const env = { ...entra, AZURE_CLIENT_SECRET: 'never-shown-0001', AZURE_AUTHORITY_HOST: `${upstream.url}/` }
    const { call, problems } = scene(upstream.url, { entry: azure, env })
    expect(problems).toEqual([])
    await call('gpt-5.1')
    await call('claude-opus-4-6')
    const [token, ...called] = upstream.requests
    expect(token?.path).toBe('/tenant-1/oauth2/v2.0/token')
    expect(token && formOf(token)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_secret: 'never-shown-0001',
      scope: 'https://cognitiveservices.azure.com/.default',
    })
    const paths = called.map(({ path }) => path)
    expect([paths[0], paths.at(-1)]).toEqual(['/openai/v1/responses', '/anthropic/v1/messages'])
    for (const { headers } of called) expect(headers['authorization']).toBe('Bearer ya29.token-1-of-a-test')
  })

  test('is shown what a federated token of the machine is changed for', async () => {
    await using upstream = await cloud()
    const AZURE_FEDERATED_TOKEN_FILE = file('federated', 'eyJ.federated.token\n')
    const env = { ...entra, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST: upstream.url }
    await scene(upstream.url, { entry: azure, env }).call('gpt-5.1')
    expect(upstream.requests[0] && formOf(upstream.requests[0])).toMatchObject({
      client_assertion: 'eyJ.federated.token',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
  })

  test.each([
    ['k3y-of-azure-0001', 'api-key', 'k3y-of-azure-0001'],
    ['eyJ0eXAi.of.entra', 'authorization', 'Bearer eyJ0eXAi.of.entra'],
  ])('is shown the key %s as %s', async (api_key, header, value) => {
    await using upstream = await cloud()
    await scene(upstream.url, { entry: { ...azure, api_key }, env: {} }).call('gpt-5.1')
    expect(upstream.requests[0]?.headers[header]).toBe(value)
  })

  test('whose token a proxy keeps away is told with the proxy, without its password', async () => {
    const env = { ...entra, AZURE_CLIENT_SECRET: 'never-shown-0001', AZURE_AUTHORITY_HOST: 'https://login.invalid' }
    const entry = { ...azure, proxy: 'http://user:hunter2hunter2@127.0.0.1:1' }
    const { text } = await scene('https://azure.invalid', { entry, env }).call('gpt-5.1')
    expect(text).toContain('login.invalid cannot be reached for a token: the proxy http://127.0.0.1:1 refused')
    expect(text).not.toContain('hunter2')
  })

  test('without a key or an application is not called, and it is told what to set', async () => {
    await using upstream = await cloud()
    const { status, text } = await scene(upstream.url, { entry: azure, env: {} }).call('gpt-5.1')
    expect(status).toBe(401)
    expect(text).toMatch(/azure was not called: it has no key: set `api_key`, or AZURE_TENANT_ID/)
    expect(upstream.requests.length).toBe(0)
  })

  test('with dated versions has the deployment in the path', async () => {
    await using upstream = await cloud()
    const entry = {
      name: 'azure-deployments',
      parameters: { resource: 'mine', version: '2025-04-01-preview' },
      api_key: 'k3y-of-azure-0001',
    }
    await scene(upstream.url, { entry, env: {} }).call('my gpt/4o')
    const [request] = upstream.requests
    expect(request?.path).toMatch(/^\/openai\/deployments\/my%20gpt%2F4o\/chat\/completions/)
    expect(request?.query.get('api-version')).toBe('2025-04-01-preview')
  })
})
