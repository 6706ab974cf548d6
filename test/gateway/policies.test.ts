import { expect, test } from 'bun:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const tools = [{ name: 'look', description: 'looks', input_schema: { $schema: 'x', type: 'object', properties: {} } }]

/** What a provider of the catalog is asked for an Anthropic client's request, in `protocol`. */
async function asked(
  name: string,
  protocol: string,
  model: string,
  more: object,
  fields: object = {},
): Promise<Record<string, unknown>> {
  await using upstream = await createUpstream(() => json({ error: { message: 'no' } }, 403))
  const entry = { name, origin: upstream.url, api_key: 'k3y-of-a-test-0001', protocols: [protocol], ...fields }
  const { config, problems } = resolveConfig({ Providers: [entry] }, {})
  expect(problems).toEqual([])
  const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
  const body = {
    model: `${name},${model}`,
    max_tokens: 4000,
    messages: [{ role: 'user', content: 'hi' }],
    tools,
    ...more,
  }
  await gateway(post('/v1/messages', body))
  return (await upstream.request()).body as Record<string, unknown>
}

const forced = { tool_choice: { type: 'tool', name: 'look' } }
const thinking = { thinking: { type: 'enabled', budget_tokens: 2000 } }

test.each([
  ['deepseek', 'openai-chat', 'deepseek-v4-pro', thinking, { thinking: { type: 'enabled' }, reasoning_effort: 'low' }],
  [
    'deepseek',
    'openai-chat',
    'deepseek-v4-pro',
    { thinking: { type: 'disabled' } },
    { thinking: { type: 'disabled' } },
  ],
  ['zai', 'openai-chat', 'glm-4.7', forced, { tool_choice: 'auto', max_tokens: 4000 }],
  ['lmstudio', 'openai-chat', 'some-model', forced, { tool_choice: 'required' }],
  ['groq', 'openai-chat', 'some-model', forced, { tool_choice: { type: 'function', function: { name: 'look' } } }],
  [
    'openai',
    'openai-responses',
    'gpt-5',
    { ...thinking, temperature: 0.5 },
    { reasoning: { effort: 'low', summary: 'auto' }, temperature: undefined },
  ],
  ['xai', 'openai-responses', 'grok-4-fast-reasoning', thinking, { reasoning: undefined }],
  ['xai', 'openai-responses', 'grok-4.3', thinking, { reasoning: { effort: 'low', summary: 'auto' } }],
  ['mistral', 'openai-chat', 'devstral-2512', thinking, { reasoning_effort: undefined }],
  ['mistral', 'openai-chat', 'mistral-small-latest', thinking, { reasoning_effort: 'high' }],
  ['dashscope', 'openai-chat', 'qwen3-max', thinking, { enable_thinking: true, thinking_budget: 2000 }],
  ['openrouter', 'openai-chat', 'z-ai/glm-4.7', thinking, { reasoning: { max_tokens: 2000 } }],
  [
    'moonshot',
    'openai-chat',
    'kimi-k2.5',
    { ...thinking, temperature: 0.5 },
    { thinking: { type: 'enabled' }, temperature: undefined },
  ],
  ['ollama', 'openai-chat', 'qwen3-coder', thinking, { reasoning_effort: 'low' }],
] as const)('%s is asked in %s for %s, with %j, as it wants it: %j', async (name, protocol, model, more, expected) => {
  const body = await asked(name, protocol, model, more)
  expect(Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]]))).toEqual(expected as never)
})

test('Groq gets no `$schema`, though no transformer is configured', async () => {
  const body = await asked('groq', 'openai-chat', 'some-model', {})
  expect(JSON.stringify(body['tools'])).not.toContain('$schema')
})

test('a model that reads text alone is told that there was an image', async () => {
  const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'see' },
        { type: 'image', source },
      ],
    },
  ]
  expect(JSON.stringify(await asked('zai', 'openai-chat', 'glm-4.7', { messages }))).not.toContain('iVBORw0KGgo')
  expect(JSON.stringify(await asked('zai', 'openai-chat', 'glm-4.6v', { messages }))).toContain('iVBORw0KGgo')
  // In the client's own protocol, too, where it would be relayed.
  const own = JSON.stringify(await asked('zai', 'anthropic-messages', 'glm-4.7', { messages }))
  expect(own).not.toContain('iVBORw0KGgo')
  expect(own).toMatch(/image/)
  expect(JSON.stringify(await asked('zai', 'anthropic-messages', 'glm-4.6v', { messages }))).toContain('iVBORw0KGgo')
})

test('Vertex is told of calls and results without their ids, which it refuses', async () => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' }] },
  ]
  const parameters = { project: 'p' }
  const [told, known] = await Promise.all([
    asked('vertex', 'gemini', 'gemini-2.5-pro', { messages }, { parameters }),
    asked('gemini', 'gemini', 'gemini-2.5-pro', { messages }),
  ])
  expect(JSON.stringify(told['contents'])).not.toContain('toolu_1')
  expect(JSON.stringify(known['contents'])).toContain('toolu_1')
})

test('a model that no endpoint of a provider serves is refused, and it is said why', async () => {
  const entry = { name: 'anyone', api_base_url: 'http://127.0.0.1:9/v1', api_key: 'k3y-of-a-test-0001' }
  const { config } = resolveConfig({ Providers: [entry] }, {})
  const providers = config.providers.map((provider) => ({
    ...provider,
    endpoints: provider.endpoints.map((endpoint) => ({ ...endpoint, serves: '^claude' })),
  }))
  const { gateway } = testGateway({ providers, routes: config.routes })
  const response = await gateway(
    post('/v1/messages', { model: 'anyone,gpt-5', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }),
  )
  expect(response.status).toBe(501)
  expect(await response.text()).toContain('none of its endpoints serves a model of this name')
})
