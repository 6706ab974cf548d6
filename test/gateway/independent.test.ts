import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { bunPorts } from '../../src/platform/bun.ts'
import type { Endpoint } from '../../src/provider/provider.ts'
import { serve } from '../../src/server/serve.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { testProvider } from '../helper/gateway.ts'

// Both ends are other people's work: their provider, their clients. Only the middle is ours.

const PROVIDERS: readonly Endpoint['protocol'][] = ['anthropic-messages', 'openai-chat', 'gemini']
const TOOL = {
  name: 'weather',
  description: 'Tells the weather',
  schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
}

interface Stage extends AsyncDisposable {
  readonly mock: LLMock
  readonly anthropic: Anthropic
  readonly openai: OpenAI
}

async function stage(protocol: Endpoint['protocol']): Promise<Stage> {
  const mock = new LLMock({ port: 0 })
  mock.onMessage('hello', { content: 'Hi there, ☂!' })
  mock.onMessage('weather', { toolCalls: [{ name: 'weather', arguments: '{"city":"Zürich"}' }] })
  mock.onMessage('lost', { content: 'This will never be read whole.' }, { truncateAfterChunks: 2, chunkSize: 4 })
  await mock.start()
  const baseUrl = `${mock.url}/${protocol === 'gemini' ? 'v1beta' : 'v1'}`
  const provider = testProvider(mock.url, protocol, {
    endpoints: [{ ...(testProvider(mock.url, protocol).endpoints[0] as Endpoint), baseUrl }],
    models: [protocol === 'gemini' ? 'gemini-2.5-flash' : 'mock-model'],
  })
  const target = { provider: provider.name, model: provider.models[0] as string }
  const server = serve({
    config: { providers: [provider], routes: { targets: { default: target }, longContextThreshold: 60_000 } },
    ports: bunPorts({ log: () => undefined, usage: createMemoryStore(), env: {} }),
    host: '127.0.0.1',
    port: 0,
    version: 'test',
  })
  return {
    mock,
    anthropic: new Anthropic({ apiKey: 'k', authToken: null, baseURL: server.url, maxRetries: 0 }),
    openai: new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1`, maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      await server.stop(0)
      await mock.stop()
    },
  }
}

const ask = (content: string) => ({
  model: 'claude-x',
  max_tokens: 500,
  messages: [{ role: 'user' as const, content }],
})

describe.each(PROVIDERS)('an independent provider of %s', (protocol) => {
  test('answers the Anthropic SDK, streamed and whole', async () => {
    await using set = await stage(protocol)
    const streamed = await set.anthropic.messages.stream(ask('hello')).finalMessage()
    const whole = await set.anthropic.messages.create(ask('hello'))
    for (const message of [streamed, whole]) {
      expect(message.content).toMatchObject([{ type: 'text', text: 'Hi there, ☂!' }])
      expect(message.stop_reason).toBe('end_turn')
    }
  })

  test('calls a tool of the Anthropic SDK', async () => {
    await using set = await stage(protocol)
    const tools = [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }]
    const message = await set.anthropic.messages.stream({ ...ask('weather'), tools }).finalMessage()
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Zürich' } }])
    expect(message.stop_reason).toBe('tool_use')
  })

  test('answers the OpenAI SDK', async () => {
    await using set = await stage(protocol)
    const completion = await set.openai.chat.completions
      .stream({ model: 'mock', messages: [{ role: 'user', content: 'hello' }] })
      .finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hi there, ☂!' } })
  })

  test('that loses its answer is an error for the SDK, never a short message', async () => {
    await using set = await stage(protocol)
    await expect(set.anthropic.messages.stream(ask('lost')).finalMessage()).rejects.toThrow()
  })

  test('that is at its limit says so with its own status', async () => {
    await using set = await stage(protocol)
    set.mock.nextRequestError(429, { message: 'Slow down', type: 'rate_limit_error' })
    const failure = await set.anthropic.messages.create(ask('hello')).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Anthropic.RateLimitError)
    expect((failure as Error).message).toContain('Slow down')
  })
})
