import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/canonical/json.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const MODELS = { models: ['mock-model'] }
const bodyOf = (request: Received | undefined): JsonObject => JSON.parse(request?.text ?? '{}') as JsonObject

/** A provider of vectors, in OpenAI's and in Google's words: each holds the length of its text. */
function embedder(request: Received) {
  const body = bodyOf(request)
  if (request.path.endsWith('/embeddings')) {
    const inputs = [body.input].flat() as (string | number[])[]
    const data = inputs.map((input, index) => ({ object: 'embedding', index, embedding: [input.length, 0.5] }))
    return json({ object: 'list', data: data.toReversed(), model: 'm-1', usage: { prompt_tokens: 7, total_tokens: 7 } })
  }
  type One = { content: { parts: { text: string }[] } }
  const valuesOf = ({ content }: One) => ({ values: [content.parts[0]?.text.length, 0.5] })
  const requests = body.requests as unknown as One[] | undefined
  return json(requests ? { embeddings: requests.map(valuesOf) } : { embedding: valuesOf(body as unknown as One) })
}

const single = { content: { parts: [{ text: 'abc' }] }, taskType: 'RETRIEVAL_QUERY', outputDimensionality: 2 }
const batch = (...texts: string[]) => ({
  requests: texts.map((text) => ({ model: 'models/mock-model', content: { parts: [{ text }] } })),
})

describe('embeddings are relayed to a provider that speaks the client’s protocol', () => {
  test.each(['openai-chat', 'openai-responses'] as const)(
    'OpenAI’s (%s): only the model is replaced',
    async (protocol) => {
      await using upstream = await createUpstream(embedder)
      const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, protocol, MODELS)] })
      const text = '{ "input" : "H\\u0069", "model":"mock,e-1", "new_field":[1.0] }'
      const response = await gateway(post('/v1/embeddings', text))
      expect(await response.json()).toMatchObject({ data: [{ embedding: [2, 0.5] }] })
      expect(upstream.requests[0]?.path).toBe('/v1/embeddings')
      expect(upstream.requests[0]?.text).toBe(text.replace('mock,e-1', 'e-1'))
      expect(calls[0]).toMatchObject({ relayed: true, provider: 'mock', model: 'e-1', usage: { input: 7 } })
    },
  )

  test('Gemini’s: the model of the path, and of each request, which must be the same', async () => {
    await using upstream = await createUpstream(embedder)
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini', MODELS)] })
    await gateway(post('/v1beta/models/mock,e-1:batchEmbedContents', batch('abc')))
    expect(upstream.requests[0]?.path).toBe('/v1/models/e-1:batchEmbedContents')
    expect(bodyOf(upstream.requests[0])).toMatchObject({ requests: [{ model: 'models/e-1' }] })
    const image = { content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { text: 'x' }] } }
    await gateway(post('/v1/models/mock-model:embedContent', JSON.stringify(image, undefined, 1)))
    expect(upstream.requests[1]?.text).toBe(JSON.stringify(image, undefined, 1))
  })
})

describe('embeddings are translated', () => {
  test('from OpenAI’s words to Gemini’s, a hundred at a time', async () => {
    await using upstream = await createUpstream(embedder)
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini', MODELS)] })
    const input = Array.from({ length: 250 }, (_, index) => 'x'.repeat(index + 1))
    const response = await gateway(post('/v1/embeddings', { model: 'mock-model', input, dimensions: 2, user: 'u' }))
    const { data, usage } = (await response.json()) as {
      data: { index: number; embedding: number[] }[]
      usage: JsonObject
    }
    expect(data.map(({ embedding, index }) => [index, embedding[0]])).toEqual(
      input.map((text, index) => [index, text.length]),
    )
    expect(usage.prompt_tokens).toBeGreaterThan(100)
    expect(upstream.requests.map(({ path }) => path)).toEqual(
      Array.from({ length: 3 }, () => '/v1/models/mock-model:batchEmbedContents'),
    )
    expect(bodyOf(upstream.requests[0])).toMatchObject({
      requests: { 0: { model: 'models/mock-model', outputDimensionality: 2 } },
    })
    expect(response.headers.get('x-ccr-dropped')).toBe('user')
  })

  test('and back, for one content and for many', async () => {
    await using upstream = await createUpstream(embedder)
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat', MODELS)] })
    const one = await gateway(post('/v1beta/models/mock-model:embedContent', single))
    expect(await one.json()).toEqual({ embedding: { values: [3, 0.5] }, usageMetadata: { promptTokenCount: 7 } })
    expect(one.headers.get('x-ccr-dropped')).toBe('taskType')
    expect(bodyOf(upstream.requests[0])).toEqual({
      model: 'mock-model',
      input: ['abc'],
      dimensions: 2,
      encoding_format: 'float',
    })
    const many = await gateway(post('/v1beta/models/mock-model:batchEmbedContents', batch('a', 'bb')))
    expect(await many.json()).toMatchObject({ embeddings: [{ values: [1, 0.5] }, { values: [2, 0.5] }] })
  })

  test('in the packed form that OpenAI’s own client asks for', async () => {
    await using upstream = await createUpstream(embedder)
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini', MODELS)] })
    const client = new OpenAI({
      apiKey: 'k',
      baseURL: 'http://127.0.0.1/v1',
      fetch: (input, init) => gateway(new Request(input, init)),
    })
    const { data, model } = await client.embeddings.create({ model: 'mock-model', input: ['abc', 'x'] })
    expect(data.map(({ embedding }) => [...embedding])).toEqual([
      [3, 0.5],
      [1, 0.5],
    ])
    expect(model).toBe('mock-model')
  })
})

describe('what cannot be embedded is told in the client’s words', () => {
  const refused: readonly (readonly [string, string, unknown, number, string])[] = [
    ['a provider without embeddings', '/v1/embeddings', { model: 'ant,m', input: 'x' }, 400, 'has no embeddings'],
    [
      'a model that nobody lists',
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'x' },
      404,
      'no provider lists',
    ],
    ['a model that two list', '/v1/embeddings', { model: 'twice', input: 'x' }, 404, 'can be'],
    ['an unknown provider', '/v1beta/models/who,m:embedContent', single, 404, 'no provider'],
    ['no input', '/v1/embeddings', { model: 'gem,m' }, 400, 'input'],
    ['no model', '/v1/embeddings', { input: 'x' }, 400, 'model'],
    ['tokens for Gemini', '/v1/embeddings', { model: 'gem,m', input: [[1, 2]] }, 400, 'tokens'],
    [
      'dimensions that are no number',
      '/v1/embeddings',
      { model: 'gem,m', input: 'x', dimensions: 'many' },
      400,
      'dimensions',
    ],
    [
      'a picture for OpenAI',
      '/v1beta/models/oai,m:embedContent',
      { content: { parts: [{ inlineData: {} }] } },
      400,
      'texts',
    ],
    ['nothing for OpenAI', '/v1beta/models/oai,m:embedContent', {}, 400, 'content'],
    ['an empty batch', '/v1beta/models/oai,m:batchEmbedContents', { requests: [] }, 400, 'requests'],
  ]
  test.each(refused)('%s', async (_, path, body, status, words) => {
    const models = ['m', 'twice']
    const url = 'http://127.0.0.1:1'
    const providers = [
      testProvider(url, 'anthropic-messages', { name: 'ant', models: ['m'] }),
      testProvider(url, 'gemini', { name: 'gem', models }),
      testProvider(url, 'openai-chat', { name: 'oai', models }),
    ]
    const response = await testGateway({ providers }).gateway(post(path, body))
    const { error } = (await response.json()) as { error: { message: string; code?: unknown } }
    expect({ status: response.status, message: error.message.toLowerCase() }).toEqual({
      status,
      message: expect.stringContaining(words.toLowerCase()),
    })
    if (path.includes('v1beta')) expect(error.code).toBe(status)
  })

  test.each([
    ['no vectors', { data: [] }],
    ['words for a vector', { data: [{ embedding: ['a'] }] }],
    ['no answer at all', 7],
  ])('%s from the provider', async (_, answer) => {
    await using upstream = await createUpstream(() => json(answer))
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat', MODELS)] })
    const response = await gateway(post('/v1beta/models/mock-model:embedContent', single))
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { status: 'UNAVAILABLE' } })
    expect(calls[0]?.error).toContain('malformed')
  })

  test('and a refusal of the provider, with its status', async () => {
    await using upstream = await createUpstream(() =>
      json({ error: { message: 'no such model', code: 404, status: 'NOT_FOUND' } }, 404),
    )
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'gemini', MODELS)] })
    const response = await gateway(post('/v1/embeddings', { model: 'mock-model', input: 'x' }))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('no such model') } })
  })
})
