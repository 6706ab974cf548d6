import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '../../src/canonical/json.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { traitsFor } from '../../src/provider/dialect.ts'
import type { Provider } from '../../src/provider/provider.ts'

function read(entry: Json, env: Record<string, string> = {}) {
  const { config, problems } = resolveConfig({ Providers: [entry], Router: {} }, env)
  const told = problems.map(({ severity, path, message, suggestion }) =>
    [`${severity} ${path.join('.')}: ${message}`, ...(suggestion ? [suggestion] : [])].join('; '),
  )
  return { provider: config.providers[0], told }
}

const urls = (provider: Provider | undefined): string[] =>
  (provider?.endpoints ?? []).map(({ protocol, baseUrl, auth }) => `${protocol} ${baseUrl} ${auth}`)

const key = 'k3y-of-a-test-0001'

describe('a name of the catalog', () => {
  test('is all that an entry needs, with a key', () => {
    const { provider, told } = read({ name: 'deepseek', api_key: key })
    expect(told).toEqual([])
    expect(urls(provider)).toEqual([
      'openai-chat https://api.deepseek.com/v1 bearer',
      'anthropic-messages https://api.deepseek.com/anthropic/v1 x-api-key',
      'openai-responses https://api.deepseek.com/v1 bearer',
    ])
    expect(provider).toMatchObject({ apiKey: key, models: [], catalog: 'deepseek', filled: ['DeepSeek'] })
  })

  test('may be said by `catalog`, so that there can be two of them', () => {
    const { provider, told } = read({ name: 'deepseek-at-work', catalog: 'deepseek', api_key: key })
    expect(told).toEqual([])
    expect(provider).toMatchObject({ name: 'deepseek-at-work', catalog: 'deepseek' })
  })

  test('said by `catalog` beside a URL gives its knowledge alone: nothing goes anywhere else', () => {
    const entry = { name: 'mirror', catalog: 'zai', api_base_url: 'https://mirror.example', api_key: key }
    const { provider, told } = read(entry)
    expect(told).toEqual([])
    expect(urls(provider)).toEqual(['openai-chat https://mirror.example/v1 bearer'])
    expect(provider && traitsFor(provider, 'glm-4.7', 'openai-chat')).toMatchObject({ toolChoice: 'auto' })
    expect(read({ name: 'zai', api_base_url: 'https://mirror.example' }).provider?.catalog).toBeUndefined()
  })

  test('takes the key from the variable in which people keep it', () => {
    const { provider, told } = read({ name: 'deepseek' }, { DEEPSEEK_API_KEY: key })
    expect(told).toEqual([])
    expect(provider?.apiKey).toBe(key)
    expect(provider?.filled).toEqual(['DeepSeek', 'key from $DEEPSEEK_API_KEY'])
  })

  test.each([
    ['a key of its own', { name: 'deepseek', api_key: key }, key],
    ['another origin', { name: 'deepseek', origin: 'https://mirror.example' }, undefined],
    ['a URL of its own', { name: 'deepseek', api_base_url: 'https://mirror.example/v1' }, undefined],
    ['further URLs', { name: 'deepseek', endpoints: { gemini: 'https://mirror.example/v1beta' } }, undefined],
    ['a placeholder for a key', { name: 'deepseek', api_key: 'your-api-key' }, undefined],
  ])('leaves that variable alone where there is %s', (_what, entry, expected) => {
    const { provider } = read(entry, { DEEPSEEK_API_KEY: 'key-of-the-environment' })
    expect(provider?.apiKey).toBe(expected as never)
  })

  test('without a key anywhere is told where one would be found', () => {
    expect(read({ name: 'groq' }).told).toEqual([
      'warning Providers.0: provider `groq`: there is no `api_key`, and it is called without one; write `"api_key": "$GROQ_API_KEY"`, or set GROQ_API_KEY',
    ])
  })

  test.each(['ollama', 'lmstudio', 'vllm', 'llama.cpp'])('needs none for %s', (name) => {
    const { provider, told } = read({ name })
    expect(told).toEqual([])
    expect(provider?.endpoints.every(({ baseUrl }) => baseUrl.startsWith('http://127.0.0.1:'))).toBe(true)
  })

  test('is not taken for what a misspelt key says: the key of the user goes nowhere else', () => {
    const { provider, told } = read({ name: 'deepseek', base_url: 'https://mine.example', api_key: key })
    expect(provider).toBeUndefined()
    expect(told).toEqual([
      'error Providers.0.base_url: `Providers[0]`: expected the key `api_base_url`, found `base_url`; did you mean `api_base_url`?',
    ])
  })

  test('that nobody has is an error, with the nearest one', () => {
    expect(read({ name: 'depseek', api_key: key }).told).toEqual([
      'error Providers.0: `Providers[0]`: the key `api_base_url` is missing; did you mean `deepseek`?',
    ])
    expect(read({ name: 'x', catalog: 'depseek', api_key: key }).told).toEqual([
      'error Providers.0.catalog: provider `x`: the catalog knows nobody named `depseek`; did you mean `deepseek`?',
    ])
  })

  test('keeps the protocol that a transformer chooses', () => {
    const { provider } = read({ name: 'deepseek', api_key: key, transformer: { use: ['Anthropic'] } })
    expect(urls(provider)).toEqual(['anthropic-messages https://api.deepseek.com/anthropic/v1 x-api-key'])
  })
})

describe('parameters', () => {
  test('fill in what the URLs leave open', () => {
    const { provider, told } = read({
      name: 'cloudflare-gateway',
      parameters: { account: 'a1', gateway: 'g1' },
      api_key: key,
    })
    expect(told).toEqual([])
    expect(urls(provider)[0]).toBe('openai-chat https://gateway.ai.cloudflare.com/v1/a1/g1/compat cf-aig-authorization')
  })

  test('come from the environment where the entry has none, and that is told', () => {
    const env = { CLOUDFLARE_ACCOUNT_ID: 'a1', CLOUDFLARE_API_TOKEN: key }
    const { provider, told } = read({ name: 'cloudflare' }, env)
    expect(told).toEqual([])
    expect(provider?.filled).toEqual([
      'Cloudflare',
      'account a1 from $CLOUDFLARE_ACCOUNT_ID',
      'key from $CLOUDFLARE_API_TOKEN',
    ])
    expect(provider?.headers).toEqual({})
  })

  test('go into headers, too, and are left out of them where they are optional', () => {
    const entry = { name: 'cloudflare', parameters: { account: 'a', gateway: 'g' }, api_key: key }
    expect(read(entry).provider?.headers).toEqual({ 'cf-aig-gateway-id': 'g' })
    expect(read({ ...entry, headers: { 'cf-aig-gateway-id': 'own' } }).provider?.headers).toEqual({
      'cf-aig-gateway-id': 'own',
    })
  })

  test.each([
    [{}, 'https://models.github.ai/inference'],
    [{ org: 'mine' }, 'https://models.github.ai/orgs/mine/inference'],
  ])('may be optional: %p', (parameters, url) => {
    const { provider } = read({ name: 'github-models', parameters, api_key: key })
    expect(provider?.endpoints[0]?.baseUrl).toBe(url)
  })

  test.each([
    [
      'are missing',
      { name: 'azure', api_key: key },
      'error Providers.0: provider `azure`: Azure OpenAI needs the name of your Azure resource, as in https://NAME.openai.azure.com; add `"parameters": { "resource": "…" }`, or set AZURE_RESOURCE_NAME',
    ],
    [
      'are not known',
      { name: 'azure', api_key: key, parameters: { resource: 'r', resorce: 'r' } },
      'error Providers.0.parameters.resorce: provider `azure`: Azure OpenAI has no parameter `resorce`; did you mean `resource`?',
    ],
    [
      'are no part of a URL',
      { name: 'azure', api_key: key, parameters: { resource: 'https://r.openai.azure.com' } },
      'error Providers.0.parameters: provider `azure`: no URL of Azure OpenAI can be made of these; write the names alone, without https:// or slashes',
    ],
  ])('are told as an error where they %s', (_what, entry, expected) => {
    expect(read(entry as Json).told).toEqual([expected])
  })
})

describe('a URL of the catalog', () => {
  test.each([
    ['https://api.deepseek.com/v1', ['openai-chat', 'anthropic-messages', 'openai-responses']],
    ['https://api.deepseek.com', ['openai-chat', 'anthropic-messages', 'openai-responses']],
    ['https://api.deepseek.com/anthropic', ['anthropic-messages', 'openai-chat', 'openai-responses']],
    ['https://api.deepseek.com/chat/completions', ['openai-chat']],
    ['https://api.deepseek.com/v1/chat/completions', ['openai-chat']],
    ['https://api.deepseek.com/beta', ['openai-chat']],
    ['https://api.openai.com/v1', ['openai-chat', 'openai-responses']],
    ['http://localhost:11434/v1', ['openai-chat']],
    ['https://other.example/v1', ['openai-chat']],
  ])('%s is spoken to in %j', (url, expected) => {
    const { provider } = read({ name: 'p', api_base_url: url, api_key: key })
    expect(provider?.endpoints.map(({ protocol }) => protocol)).toEqual(expected as never)
  })

  test.each([
    'https://api.deepseek.com/v1',
    'https://api.z.ai',
    'https://api.minimax.io/v1',
    'https://me.openai.azure.com/openai/v1',
    'https://dashscope.aliyuncs.com/compatible-mode/v1',
  ])('%s leads to no other host', (url) => {
    const { provider } = read({ name: 'p', api_base_url: url, api_key: key })
    const hosts = (provider?.endpoints ?? []).map(({ baseUrl }) => new URL(baseUrl).host)
    expect([...new Set(hosts)]).toEqual([new URL(url).host])
    expect(hosts.length).toBeGreaterThan(1)
  })

  test('with transformers is spoken to as they want it, and no other way', () => {
    const entry = {
      name: 'p',
      api_base_url: 'https://api.deepseek.com/v1',
      api_key: key,
      transformer: { use: ['deepseek'] },
    }
    expect(urls(read(entry).provider)).toEqual(['openai-chat https://api.deepseek.com/v1 bearer'])
  })

  test('of Azure takes a key in the header of Azure', () => {
    const url = 'https://me.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21'
    const { provider } = read({ name: 'p', api_base_url: url, api_key: key })
    expect(provider?.endpoints).toEqual([
      {
        protocol: 'openai-chat',
        baseUrl: 'https://me.openai.azure.com/openai/deployments/gpt-4o',
        query: 'api-version=2024-10-21',
        auth: 'azure',
      },
    ])
  })
})

describe('what the user states', () => {
  const base = { name: 'own', api_base_url: 'https://llm.example/v1', api_key: key }

  test('`protocols` are spoken at its URL, in this order', () => {
    const { provider, told } = read({ ...base, protocols: ['anthropic-messages', 'openai-chat', 'openai-responses'] })
    expect(told).toEqual([])
    expect(urls(provider)).toEqual([
      'anthropic-messages https://llm.example/v1 x-api-key',
      'openai-chat https://llm.example/v1 bearer',
      'openai-responses https://llm.example/v1 bearer',
    ])
  })

  test('`endpoints` are further URLs, behind that of the entry', () => {
    const { provider, told } = read({
      ...base,
      endpoints: { 'anthropic-messages': 'https://llm.example/anthropic', gemini: 'https://llm.example/google' },
    })
    expect(told).toEqual([])
    expect(urls(provider)).toEqual([
      'openai-chat https://llm.example/v1 bearer',
      'anthropic-messages https://llm.example/anthropic/v1 x-api-key',
      'gemini https://llm.example/google x-goog-api-key',
    ])
  })

  test('`endpoints` stand in for those of the catalog, `protocols` choose among all', () => {
    const { provider } = read({
      name: 'deepseek',
      api_key: key,
      endpoints: { 'anthropic-messages': 'https://mirror.example/anthropic' },
      protocols: ['anthropic-messages'],
    })
    expect(urls(provider)).toEqual(['anthropic-messages https://mirror.example/anthropic/v1 x-api-key'])
  })

  test('`origin` stands in for scheme and host of every URL of the catalog', () => {
    const { provider, told } = read({ name: 'zai', origin: 'http://127.0.0.1:5499/', api_key: key })
    expect(told).toEqual([])
    expect(urls(provider)).toEqual([
      'openai-chat http://127.0.0.1:5499/api/paas/v4 bearer',
      'anthropic-messages http://127.0.0.1:5499/api/anthropic/v1 bearer',
    ])
  })

  test.each([
    [
      { name: 'deepseek', api_key: key, protocols: ['gemini'] },
      'error Providers.0.protocols: provider `deepseek`: `deepseek` is not known to speak gemini; write its URL into `endpoints`',
    ],
    [
      { ...base, protocols: ['soap'] },
      'error Providers.0.protocols.0: `Providers[0].protocols[0]`: expected one of anthropic-messages, openai-chat, openai-responses, gemini, bedrock-converse, found a text',
    ],
    [
      { ...base, endpoints: { gemini: 'llm.example/google' } },
      'error Providers.0.endpoints.gemini: provider `own`: expected a URL that starts with https:// or http://; did you mean `https://llm.example…`?',
    ],
    [
      { name: 'zai', origin: 'https://mirror.example/zai', api_key: key },
      'error Providers.0.origin: provider `zai`: expected scheme and host alone, `https://host`; write a URL with a path as `api_base_url`',
    ],
  ])('%j is an error', (entry, expected) => {
    expect(read(entry as Json).told).toContain(expected)
  })

  test('a login of Anthropic is passed on only if no endpoint would give it away', () => {
    const entry = { name: 'anthropic', auth: 'passthrough' }
    expect(read(entry).provider?.takes).toEqual(['key', 'login'])
    const further = { ...entry, endpoints: { 'openai-chat': 'https://other.example/v1' } }
    expect(read(further).told[0]).toMatch(/^error Providers\.0\.auth: .*would give a login of Anthropic away/)
  })
})

describe('Vertex', () => {
  const project = (provider: Provider | undefined): string | undefined =>
    /projects\/([^/]+)\/locations\/([^/]+)/
      .exec(provider?.endpoints[0]?.baseUrl ?? '')
      ?.slice(1)
      .join(' ')

  test('takes project and region from the config, as CCR does, before the environment', () => {
    const { config } = resolveConfig(
      { GOOGLE_CLOUD_PROJECT: 'of-config', GOOGLE_CLOUD_LOCATION: 'eu', Providers: [{ name: 'vertex' }] },
      { GOOGLE_CLOUD_PROJECT: 'of-env' },
    )
    expect(project(config.providers[0])).toBe('of-config eu')
  })

  test('needs no key, and says what it needs', () => {
    expect(read({ name: 'vertex' }, { GOOGLE_CLOUD_PROJECT: 'p' }).told).toEqual([])
    expect(project(read({ name: 'vertex' }, { GOOGLE_CLOUD_PROJECT: 'p' }).provider)).toBe('p global')
    expect(read({ name: 'vertex' }).told).toEqual([
      'error Providers.0: provider `vertex`: Google Vertex AI needs the id of your Google Cloud project; add `"parameters": { "project": "…" }`, or set GOOGLE_CLOUD_PROJECT',
    ])
  })

  test('takes the project of the credentials file where nothing else names one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ccr-vertex-'))
    try {
      const credentials = join(folder, 'sa.json')
      writeFileSync(credentials, JSON.stringify({ type: 'service_account', project_id: 'of-file' }))
      const file = join(folder, 'config.json')
      writeFileSync(file, '{ "Providers": [{ "name": "vertex" }] }')
      const env = { GOOGLE_APPLICATION_CREDENTIALS: credentials }
      expect(project(loadConfig({ file, env, home: folder }).providers[0])).toBe('of-file global')
      const named = { ...env, GOOGLE_CLOUD_PROJECT: 'of-env' }
      expect(project(loadConfig({ file, env: named, home: folder }).providers[0])).toBe('of-env global')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("CCR's transformers for Vertex", () => {
  const env = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_APPLICATION_CREDENTIALS: '/sa.json' }
  const entry = (use: Json, url: string): Json => ({ name: 'v', api_base_url: url, transformer: { use: [use] } })

  test.each([
    [
      'vertex-gemini',
      'https://us-central1-aiplatform.googleapis.com',
      'gemini https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google google',
    ],
    [
      'vertex-claude',
      'https://anything-aiplatform.googleapis.com/v1',
      'anthropic-messages https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic google',
    ],
    [
      'vertex-claude',
      'http://127.0.0.1:5499',
      'anthropic-messages http://127.0.0.1:5499/v1/projects/p/locations/us-east5/publishers/anthropic google',
    ],
    [
      'vertex-openai',
      'https://aiplatform.googleapis.com/v1/projects/q/locations/global/endpoints/openapi/chat/completions',
      'openai-chat https://aiplatform.googleapis.com/v1/projects/q/locations/global/endpoints/openapi google',
    ],
  ])('%s at %s', (use, url, expected) => {
    const { provider, told } = read(entry(use, url), env)
    expect(told).toEqual([])
    expect(urls(provider)).toEqual([expected])
  })

  test('take the region of the environment', () => {
    const { provider } = read(entry('vertex-claude', 'https://x-aiplatform.googleapis.com'), {
      ...env,
      GOOGLE_CLOUD_LOCATION: 'global',
    })
    expect(provider?.endpoints[0]).toMatchObject({
      baseUrl: 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic',
      addressing: 'vertex-claude',
      authOptions: { credentials: '/sa.json' },
    })
  })

  test('may name their service account themselves', () => {
    const options = { client_email: 'robot@p.example', private_key: 'secret-line' }
    const url = 'https://aiplatform.googleapis.com/v1/projects/q/locations/global/endpoints/openapi'
    expect(read(entry(['vertex-openai', options], url), {}).provider?.endpoints[0]?.authOptions).toEqual(options)
  })

  test('without a project are an error that says what to set', () => {
    expect(read(entry('vertex-gemini', 'https://x-aiplatform.googleapis.com')).told).toEqual([
      'error Providers.0.transformer: provider `v`: the transformer `vertex-gemini` needs the id of a Google Cloud project; set `GOOGLE_CLOUD_PROJECT` in the config or in the environment',
    ])
  })
})
