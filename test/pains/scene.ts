import type { GatewayConfig } from '../../src/gateway/gateway.ts'
import type { Ports } from '../../src/platform/ports.ts'
import type { Provider } from '../../src/provider/provider.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import type { Answer } from '../helper/answer.ts'
import { post, testGateway, testProvider, type TestGateway } from '../helper/gateway.ts'
import type { Turn } from '../helper/turn.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'
import { readAnswer, type Told } from './told.ts'

/** The protocols that a provider of these tests speaks. */
export const PROTOCOLS = ['anthropic-messages', 'openai-chat', 'gemini'] as const
export type SpokenProtocol = (typeof PROTOCOLS)[number]

/** What `JSON.parse` gives: a test looks into it without ceremony. */
export type Loose = ReturnType<typeof JSON.parse>

/** A gateway in front of one scripted provider. */
export interface Scene extends TestGateway, AsyncDisposable {
  readonly upstream: Upstream
  /** Sends a client's request and reads the whole answer. */
  ask(body: object, headers?: Record<string, string>): Promise<Told>
  /** The body of the `count`th request that the provider got, from 0; the last one if it is not said. */
  sent(count?: number): Loose
}

export interface SceneOptions {
  readonly model?: string
  readonly provider?: Partial<Provider>
  readonly config?: Partial<GatewayConfig>
  readonly ports?: Partial<Ports>
}

/** A provider that speaks `protocol`, plays `script` and stands behind a gateway. */
export async function createScene(
  protocol: SpokenProtocol,
  script: Turn | ((request: Received) => Turn | Answer),
  { model = MODELS[protocol], provider, config, ports }: SceneOptions = {},
): Promise<Scene> {
  const upstream = await createUpstream((request) => {
    const played = typeof script === 'function' ? script(request) : script
    return 'pieces' in played ? played : answerTurn(request, played)
  })
  const row = testProvider(upstream.url, protocol, { models: [model], ...provider })
  const test = testGateway({ providers: [row], ...config }, ports)
  return {
    ...test,
    upstream,
    ask: async (body, headers) =>
      readAnswer(await test.gateway(post('/v1/messages', { ...QUESTION, ...body }, { ...(headers && { headers }) }))),
    sent: (count = upstream.requests.length - 1) => JSON.parse(upstream.requests[count]?.text ?? 'null'),
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

/** A request of an Anthropic client; what a test says comes over it. */
export const QUESTION = {
  model: 'claude-opus-5-5',
  max_tokens: 8000,
  stream: true,
  messages: [{ role: 'user', content: 'Hi' }],
}

/** A tool of the client. */
export function tool(name: string, properties: object = { path: { type: 'string' } }, more: object = {}): object {
  return { name, description: `${name} does it`, input_schema: { type: 'object', properties, ...more } }
}

/** A turn of the assistant that calls tools, and the user's turn with their results. */
export function toolTurn(calls: readonly { id: string; name: string; input?: object; result?: unknown }[]): object[] {
  return [
    { role: 'assistant', content: calls.map(({ id, name, input = {} }) => ({ type: 'tool_use', id, name, input })) },
    {
      role: 'user',
      content: calls.map(({ id, result = 'done' }) => ({ type: 'tool_result', tool_use_id: id, content: result })),
    },
  ]
}

const MODELS: Readonly<Record<SpokenProtocol, string>> = {
  'anthropic-messages': 'claude-opus-5-5',
  'openai-chat': 'mock-model',
  gemini: 'gemini-3-pro',
}
