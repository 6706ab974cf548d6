import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { encodeSse } from '../../src/protocol/framing/sse.ts'
import { json, split, stopAfter, stream, type Answer } from '../helper/answer.ts'
import { eventOf, exceptionOf } from '../helper/event-stream.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream, type Script } from '../helper/upstream.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'us.amazon.nova-2-lite-v1:0'
const key = 'ABSK-key-of-a-test-0001'
const messages = [{ role: 'user', content: 'Hi' }]
const EVENT_STREAM = { 'content-type': 'application/vnd.amazon.eventstream' }

/** A gateway whose only provider is Bedrock, played by `script`. */
async function bedrock(script: Script, more: JsonObject = {}, env: Record<string, string> = {}) {
  const upstream = await createUpstream(script)
  const entry = { name: 'bedrock', region: 'eu-west-3', origin: upstream.url, api_key: key, ...more }
  const { config, problems } = resolveConfig({ Providers: [entry] }, env)
  expect(problems).toEqual([])
  const { gateway, lines } = testGateway({ providers: config.providers, routes: config.routes })
  return { upstream, gateway, lines, [Symbol.asyncDispose]: () => upstream.close() }
}

const anthropicEvents: JsonObject[] = [
  {
    type: 'message_start',
    message: {
      id: 'msg_bdrk_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5-20250929',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
  { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 3 } },
]
const relayed = anthropicEvents.map((event) => encodeSse({ event: String(event['type']), data: JSON.stringify(event) }))
const chunk = (event: JsonObject): Uint8Array =>
  eventOf('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abc' })
const invoked: Answer = { ...stream(anthropicEvents.map(chunk)), headers: EVENT_STREAM }

const converseEvents = [
  eventOf('messageStart', { role: 'assistant' }),
  eventOf('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grü' } }),
  eventOf('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'ße' } }),
  eventOf('contentBlockStop', { contentBlockIndex: 0 }),
  eventOf('messageStop', { stopReason: 'end_turn' }),
  eventOf('metadata', { usage: { inputTokens: 5, outputTokens: 3, totalTokens: 8 }, metrics: { latencyMs: 9 } }),
]
const conversed: Answer = { ...stream(converseEvents), headers: EVENT_STREAM }

describe('a Claude model and a client of Anthropic', () => {
  const body = { model: `bedrock,${CLAUDE}`, max_tokens: 10, messages, system: 'Be kind', odd: 1 }

  test('go by invoke: the body is the client’s, but for the model, which stands in the path', async () => {
    await using scene = await bedrock(() => invoked)
    const betas = 'claude-code-20250219,interleaved-thinking-2025-05-14,context-1m-2025-08-07'
    const response = await scene.gateway(
      post('/v1/messages', { ...body, stream: true }, { headers: { 'anthropic-beta': betas } }),
    )
    expect(await response.text()).toBe(relayed.join(''))
    const request = await scene.upstream.request()
    expect(request.path).toBe(`/model/${encodeURIComponent(CLAUDE)}/invoke-with-response-stream`)
    expect(request.body).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14', 'context-1m-2025-08-07'],
      max_tokens: 10,
      messages,
      system: 'Be kind',
      odd: 1,
    })
    expect(request.headers['authorization']).toBe(`Bearer ${key}`)
    expect(request.headers['accept']).toBe('application/vnd.amazon.eventstream')
    expect(Object.keys(request.headers).filter((name) => name.startsWith('anthropic-'))).toEqual([])
  })

  test.each([1, 7, 100])('the stream may come in pieces of %i bytes', async (size) => {
    await using scene = await bedrock(() => split(invoked, size))
    const response = await scene.gateway(post('/v1/messages', { ...body, stream: true }))
    expect(await response.text()).toBe(relayed.join(''))
  })

  test('a body that an accent edits goes by invoke, too, and its stream is read', async () => {
    await using scene = await bedrock(() => split(invoked, 64), { transformer: { use: ['cleancache'] } })
    const system = [{ type: 'text', text: 'Be kind', cache_control: { type: 'ephemeral' } }]
    const response = await scene.gateway(post('/v1/messages', { ...body, system, stream: true }))
    expect(await response.text()).toContain('"text":"Grüße"')
    const request = await scene.upstream.request()
    expect(request.path).toEndWith('/invoke-with-response-stream')
    expect(request.body).toMatchObject({
      anthropic_version: 'bedrock-2023-05-31',
      odd: 1,
      system: [{ type: 'text', text: 'Be kind' }],
    })
    for (const field of ['model', 'stream']) expect(request.body).not.toHaveProperty(field)
    expect(request.text).not.toContain('cache_control')
  })

  test('a whole answer is untouched', async () => {
    const reply = {
      ...(anthropicEvents[0]?.['message'] as JsonObject),
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
    }
    await using scene = await bedrock(() => json(reply))
    const response = await scene.gateway(post('/v1/messages', body))
    expect(await response.text()).toBe(JSON.stringify(reply))
    const request = await scene.upstream.request()
    expect(request.path).toBe(`/model/${encodeURIComponent(CLAUDE)}/invoke`)
    expect(request.body).not.toHaveProperty('stream')
  })

  test('an exception in mid-stream is Anthropic’s error event', async () => {
    const pieces = [
      ...invoked.pieces.slice(0, 3),
      exceptionOf('throttlingException', { message: 'Too many tokens, please wait' }),
    ]
    await using scene = await bedrock(() => ({ ...invoked, pieces }))
    const text = await (await scene.gateway(post('/v1/messages', { ...body, stream: true }))).text()
    expect(text).toContain('"type":"rate_limit_error"')
    expect(text).toContain('Too many tokens, please wait')
    expect(text).not.toContain('message_stop')
  })

  test.each([
    ['inside a message', stopAfter(split(invoked, 50), 12, 'end')],
    ['between two', stopAfter(invoked, 3, 'end')],
    ['by a broken connection', stopAfter(invoked, 3, 'cut')],
    ['by bytes that are none of it', { ...invoked, pieces: [...invoked.pieces.slice(0, 3), 'something else'] }],
    [
      'by a chunk without its event',
      { ...invoked, pieces: [...invoked.pieces.slice(0, 3), eventOf('chunk', { bytes: '*' })] },
    ],
  ])('a stream that ends early, %s, ends in an error', async (_name, answer) => {
    await using scene = await bedrock(() => answer)
    const text = await (await scene.gateway(post('/v1/messages', { ...body, stream: true }))).text()
    expect(text).toContain('"type":"error"')
    expect(text).not.toContain('message_stop')
  })
})

describe('other models, and other clients', () => {
  test('go by Converse', async () => {
    await using scene = await bedrock(() => conversed)
    const response = await scene.gateway(
      post('/v1/chat/completions', { model: `bedrock,${CLAUDE}`, messages, stream: true }),
    )
    const text = await response.text()
    expect(text).toContain('"content":"Grü"')
    expect(text).toContain('"finish_reason":"stop"')
    const request = await scene.upstream.request()
    expect(request.path).toBe(`/model/${encodeURIComponent(CLAUDE)}/converse-stream`)
    expect(request.body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] })
    expect(request.headers['authorization']).toBe(`Bearer ${key}`)
  })

  test('an Anthropic client of another model gets Anthropic’s events', async () => {
    await using scene = await bedrock(() => split(conversed, 9))
    const body = { model: `bedrock,${NOVA}`, max_tokens: 10, messages, stream: true }
    const text = await (await scene.gateway(post('/v1/messages', body))).text()
    expect(text).toContain('"text":"ße"')
    expect(text).toContain('"stop_reason":"end_turn"')
    expect((await scene.upstream.request()).path).toBe(`/model/${encodeURIComponent(NOVA)}/converse-stream`)
  })

  test('the ARN of a profile is one segment of the path', async () => {
    const arn = 'arn:aws:bedrock:eu-west-3:123456789012:application-inference-profile/abc123'
    await using scene = await bedrock(() => conversed)
    await scene.gateway(post('/v1/messages', { model: `bedrock,${arn}`, max_tokens: 10, messages, stream: true }))
    expect((await scene.upstream.request()).path).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`)
  })

  test('an exception before the first word has its own status', async () => {
    const throttled: Answer = { ...conversed, pieces: [exceptionOf('throttlingException', { message: 'slow down' })] }
    await using scene = await bedrock(() => throttled)
    const response = await scene.gateway(
      post('/v1/messages', { model: `bedrock,${NOVA}`, max_tokens: 9, messages, stream: true }),
    )
    expect([response.status, await response.json()]).toMatchObject([429, { error: { type: 'rate_limit_error' } }])
  })
})

test.each([
  [CLAUDE, 'invoke'],
  [NOVA, 'converse'],
])('what %s refuses is read in AWS’s words', async (model, action) => {
  const headers = { 'x-amzn-errortype': 'AccessDeniedException:http://internal.amazon.com/', 'x-amzn-requestid': 'r-1' }
  await using scene = await bedrock(() => json({ message: "You don't have access to the model." }, 403, headers))
  const response = await scene.gateway(post('/v1/messages', { model: `bedrock,${model}`, max_tokens: 9, messages }))
  expect(response.status).toBe(403)
  const error = { type: 'permission_error', message: expect.stringContaining("You don't have access to the model.") }
  expect(await response.json()).toMatchObject({ error })
  expect((await scene.upstream.request()).path).toEndWith(`/${action}`)
})

test('tokens are counted by the model itself', async () => {
  await using scene = await bedrock(() => json({ inputTokens: 42 }))
  const body = { model: `bedrock,${CLAUDE}`, messages, system: 'Be kind' }
  const response = await scene.gateway(post('/v1/messages/count_tokens', body))
  expect(await response.json()).toEqual({ input_tokens: 42 })
  const request = await scene.upstream.request()
  expect(request.path).toBe(`/model/${encodeURIComponent(CLAUDE)}/count-tokens`)
  expect(request.body).toEqual({
    input: { converse: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }], system: [{ text: 'Be kind' }] } },
  })
})

test('what a model refuses is left out, and the call is made again', async () => {
  const refused = { message: "This model doesn't support the stopSequences field. Remove stopSequences and try again." }
  const reply = {
    output: { message: { role: 'assistant', content: [{ text: 'Yo' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  }
  await using scene = await bedrock(({ serial }) =>
    serial === 0 ? json(refused, 400, { 'x-amzn-errortype': 'ValidationException' }) : json(reply),
  )
  const body = { model: `bedrock,${NOVA}`, max_tokens: 9, messages, stop_sequences: ['X'] }
  const response = await scene.gateway(post('/v1/messages', body))
  expect([response.status, await response.json()]).toMatchObject([200, { content: [{ text: 'Yo' }] }])
  expect(scene.upstream.requests.map((request) => JSON.stringify(request.body).includes('stopSequences'))).toEqual([
    true,
    false,
  ])
})

test('a model that does not stream calls is asked for the whole answer, and the client gets its stream', async () => {
  const refused = { message: "This model doesn't support tool use in streaming mode." }
  const content = [{ toolUse: { toolUseId: 't1', name: 'look', input: { at: 'x' } } }]
  const reply = {
    output: { message: { role: 'assistant', content } },
    stopReason: 'tool_use',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  }
  await using scene = await bedrock(({ serial }) => (serial === 0 ? json(refused, 400) : json(reply)))
  const tools = [{ name: 'look', input_schema: { type: 'object' } }]
  const body = { model: `bedrock,${NOVA}`, max_tokens: 9, messages, tools, stream: true }
  const text = await (await scene.gateway(post('/v1/messages', body))).text()
  expect(text).toContain('"stop_reason":"tool_use"')
  expect(scene.upstream.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['converse-stream', 'converse'])
})

test('a beta that a model refuses without a name is no reason to fail', async () => {
  const reply = {
    ...(anthropicEvents[0]?.['message'] as JsonObject),
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
  }
  await using scene = await bedrock(({ serial }) =>
    serial === 0 ? json({ message: 'invalid beta flag' }, 400) : json(reply),
  )
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07' }
  const body = { model: `bedrock,${CLAUDE}`, max_tokens: 9, messages }
  expect((await scene.gateway(post('/v1/messages', body, { headers }))).status).toBe(200)
  const sent = scene.upstream.requests.map((request) => (request.body as JsonObject)['anthropic_beta'])
  expect(sent).toEqual([['context-1m-2025-08-07'], undefined])
})

test('thoughts come back to Claude with their signature, through a client that knows nothing of Bedrock', async () => {
  const arn = 'arn:aws:bedrock:eu-west-3:123456789012:inference-profile/x.claude-sonnet-4-5'
  const thought = { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2lnbmVk' } } }
  const use = { toolUse: { toolUseId: 't1', name: 'look', input: {} } }
  const reply = {
    output: { message: { role: 'assistant', content: [thought, use] } },
    stopReason: 'tool_use',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  }
  await using scene = await bedrock(() => json(reply))
  const ask = async (history: unknown[]): Promise<JsonObject> => {
    const tools = [{ name: 'look', input_schema: { type: 'object' } }]
    const body = {
      model: `bedrock,${arn}`,
      max_tokens: 3000,
      messages: history,
      tools,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    }
    return (await scene.gateway(post('/v1/messages', body))).json() as Promise<JsonObject>
  }
  const { content } = await ask(messages)
  await ask([
    ...messages,
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] },
  ])
  const body = scene.upstream.requests[1]?.body as { messages: { content: JsonObject[] }[] }
  expect(body.messages[1]?.content).toEqual([thought, use])
})

test('without a key requests are signed with the key pair of the config', async () => {
  const parameters = {
    access_key_id: 'AKIDTEST0001',
    secret_access_key: 'secret-of-a-test-0001',
    session_token: 'token-of-a-test',
  }
  const refused = { message: 'The security token token-of-a-test of AKIDTEST0001 is invalid' }
  await using scene = await bedrock(() => json(refused, 403, { 'x-amzn-errortype': 'UnrecognizedClientException' }), {
    api_key: undefined,
    parameters,
  })
  const response = await scene.gateway(post('/v1/messages', { model: `bedrock,${NOVA}`, max_tokens: 9, messages }))
  const request = await scene.upstream.request()
  expect(request.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDTEST0001\/\d{8}\/eu-west-3\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  )
  expect(request.headers['x-amz-security-token']).toBe('token-of-a-test')
  expect(response.status).toBe(403)
  const told = (await response.text()) + JSON.stringify(scene.lines)
  expect(told).toContain('[redacted]')
  expect(told).toContain('authentication_error')
  for (const secret of Object.values(parameters)) expect(told).not.toContain(secret)
})

describe('how a config names it', () => {
  const read = (entry: JsonObject, env: Record<string, string> = {}) => {
    const { config, problems } = resolveConfig({ Providers: [{ name: 'bedrock', ...entry }], Router: {} }, env)
    const [provider] = config.providers
    const urls = provider?.endpoints.map(({ protocol, baseUrl, auth, addressing = '' }) =>
      `${protocol} ${baseUrl} ${auth} ${addressing}`.trim(),
    )
    return { provider, urls, told: problems.map(({ severity, message }) => `${severity}: ${message}`) }
  }
  const both = (base: string): string[] => [
    `bedrock-converse ${base} aws-sigv4`,
    `anthropic-messages ${base} aws-sigv4 bedrock-invoke`,
  ]

  test.each<[string, JsonObject, Record<string, string>]>([
    ['by name and region', { region: 'eu-west-3' }, {}],
    ['with the region as parameter', { parameters: { region: 'eu-west-3' } }, {}],
    ['with the region of the environment', {}, { AWS_REGION: 'eu-west-3' }],
    ['by its URL', { name: 'mine', api_base_url: 'https://bedrock-runtime.eu-west-3.amazonaws.com' }, {}],
  ])('%s', (_name, entry, env) => {
    const { urls, told } = read(entry, env)
    expect(told).toEqual([])
    expect(urls).toEqual(both('https://bedrock-runtime.eu-west-3.amazonaws.com'))
  })

  test.each([
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse',
      'https://bedrock-runtime.us-east-1.amazonaws.com',
    ],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    [
      'https://vpce-0a1b.bedrock-runtime.us-east-1.vpce.amazonaws.com',
      'https://vpce-0a1b.bedrock-runtime.us-east-1.vpce.amazonaws.com',
    ],
  ])('%s speaks Converse', (url, base) => {
    expect(read({ name: 'mine', api_base_url: url }).urls?.[0]).toBe(`bedrock-converse ${base} aws-sigv4`)
  })

  test('its OpenAI-compatible URL speaks Chat', () => {
    const url = 'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1'
    expect(read({ name: 'mine', api_base_url: url, api_key: key }).urls).toEqual([`openai-chat ${url} bearer`])
  })

  test('without a region anywhere it is told what is missing', () => {
    expect(read({}).told).toEqual(['error: provider `bedrock`: Amazon Bedrock needs the region, `us-east-1` say'])
  })

  test('the transformer `bedrock` makes any URL one of it', () => {
    const { urls } = read({
      name: 'mine',
      api_base_url: 'http://127.0.0.1:9/',
      api_key: 'k',
      transformer: { use: ['bedrock'] },
    })
    expect(urls).toEqual(['bedrock-converse http://127.0.0.1:9 aws-sigv4'])
  })
})
