import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dir, '../fixture/models', `${name}.json`), 'utf8'))

const config = (url: string) => ({
  providers: [
    testProvider(url, 'openai-chat', { name: 'openrouter', models: ['z-ai/glm-4.6', 'anthropic/claude-sonnet-4.5'] }),
    testProvider(url, 'openai-chat', {
      name: 'local',
      models: ['qwen-mine', 'gpt-oss-120b', 'unknown'],
      modelTraits: { 'qwen-mine': { contextWindow: 32_768 }, 'gpt-oss-120b': { contextWindow: 65_536 } },
    }),
  ],
  routes: {
    targets: {
      default: { provider: 'local', model: 'gpt-oss-120b' },
      think: { provider: 'local', model: 'kimi-k2.6' },
    },
    longContextThreshold: 60_000,
  },
})

/** What each sends when it asks for the models. */
const callers: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ['anthropic', { 'user-agent': 'claude-cli/2.1.280 (external, cli)', 'anthropic-version': '2023-06-01' }],
  ['anthropic', { 'user-agent': 'Anthropic/JS 0.80.0', 'anthropic-version': '2023-06-01', 'x-api-key': 'k' }],
  ['openai', { 'user-agent': 'codex_cli_rs/0.120.0' }],
  ['openai', { 'user-agent': 'OpenAI/JS 6.0.0', authorization: 'Bearer k' }],
  ['openai', { 'user-agent': 'opencode/1.18.0 ai-sdk/openai-compatible' }],
  ['openai', {}],
  ['gemini', { 'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/v22', 'x-goog-api-key': 'k' }],
]

const MISSING = expect.stringContaining('nobody')

describe('pains #51: the list of models', () => {
  test.each(callers)('in the shape of %s, for %j', async (name, headers) => {
    const { gateway } = testGateway(config('http://127.0.0.1:1'))
    const response = await gateway(new Request('http://127.0.0.1/v1/models', { headers }))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(golden(name))
  })

  test.each(['anthropic', 'openai'])('whatever it lists for %s can be asked for by that id', async (name) => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = testGateway(config(upstream.url))
    const { data } = golden(name) as { data: { id: string; display_name?: string }[] }
    for (const { id, display_name = id } of data) {
      const question = { model: id, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
      const response = await gateway(post('/v1/messages', question))
      expect(response.headers.get('x-ccr-model')).toBe(display_name)
    }
  })

  test('Google’s version of the path is answered in Google’s shape, whoever asks', async () => {
    const { gateway } = testGateway(config('http://127.0.0.1:1'))
    const response = await gateway(new Request('http://127.0.0.1/v1beta/models?pageSize=2&key=k'))
    expect(await response.json()).toEqual(golden('gemini'))
  })

  test.each(callers)('and each of them alone in the shape of %s, for %j', async (name, headers) => {
    const { gateway } = testGateway(config('http://127.0.0.1:1'))
    const listed = golden(name) as { data?: { id: string }[]; models?: { name: string }[] }
    for (const model of listed.data ?? listed.models ?? []) {
      const path = 'id' in model ? `models/${encodeURIComponent(model.id)}` : model.name
      const response = await gateway(new Request(`http://127.0.0.1/v1/${path}`, { headers }))
      expect(await response.json()).toEqual(model)
    }
  })

  test.each([
    ['in OpenAI’s words', '/v1/models/nobody', { error: { type: expect.any(String), message: MISSING } }],
    ['in Google’s words', '/v1beta/models/nobody', { error: { code: 404, status: 'NOT_FOUND', message: MISSING } }],
  ])('a model that there is not is told %s', async (_, path, told) => {
    const { gateway } = testGateway(config('http://127.0.0.1:1'))
    const response = await gateway(new Request(`http://127.0.0.1${path}`))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject(told)
  })

  test('an action that there is not is no model', async () => {
    const { gateway } = testGateway(config('http://127.0.0.1:1'))
    const response = await gateway(post('/v1beta/models/unknown:generateMusic', {}))
    expect(response.status).toBe(404)
  })
})
