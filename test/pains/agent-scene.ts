import type { ProtocolId } from '../../src/canonical/native.ts'
import type { GatewayConfig } from '../../src/gateway/gateway.ts'
import type { Ports } from '../../src/platform/ports.ts'
import type { Provider } from '../../src/provider/provider.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json, type Answer } from '../helper/answer.ts'
import { post, testGateway, testProvider, type TestGateway } from '../helper/gateway.ts'
import type { Turn } from '../helper/turn.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'
import { anthropicFaults } from '../protocol/validate/anthropic.ts'
import { converseFaults } from '../protocol/validate/bedrock.ts'
import { chatFaults } from '../protocol/validate/chat.ts'
import { geminiFaults } from '../protocol/validate/gemini.ts'
import { responsesFaults } from '../protocol/validate/responses.ts'
import { hear, type Agent, type Asked, type Heard } from './agent.ts'
import { AGENTS } from './agents.ts'
import type { Loose } from './scene.ts'

/** A gateway before one scripted provider, asked by agents of any protocol. */
export interface AgentScene extends TestGateway, AsyncDisposable {
  readonly upstream: Upstream
  ask(agent: Agent, asked?: Asked): Promise<Heard>
  /** The body of the last request that the provider got. */
  sent(): Loose
}

interface SceneOptions {
  readonly provider?: Partial<Provider>
  readonly ports?: Partial<Ports>
  /** Targets by the names of their scenarios. */
  readonly routes?: GatewayConfig['routes']['targets']
}

/** The protocols of providers, each with a model of its own vendor. */
export const PROVIDERS: readonly (readonly [ProtocolId, string])[] = [
  ['anthropic-messages', 'claude-sonnet-4-5'],
  ['openai-chat', 'gpt-5.1'],
  ['openai-responses', 'gpt-5.1'],
  ['gemini', 'gemini-3-pro'],
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
]

/** Every agent before every provider that it is not simply relayed to, by their names. */
export const PAIRS = AGENTS.flatMap((agent) =>
  PROVIDERS.filter(([protocol]) => protocol !== agent.protocol).map(
    ([protocol, model]) => [agent.protocol, protocol, agent, model] as const,
  ),
)

/** The agents by their names. */
export const EACH = AGENTS.map((agent) => [agent.protocol, agent] as const)

/** A provider that speaks `protocol`, plays `script` and refuses what breaks its published specification. */
export async function createAgentScene(
  protocol: ProtocolId,
  script: Turn | ((request: Received) => Turn | Answer),
  model: string = PROVIDERS.find(([each]) => each === protocol)?.[1] ?? 'mock-model',
  { provider, ports, routes }: SceneOptions = {},
): Promise<AgentScene> {
  const upstream = await createUpstream((request) => {
    const played = typeof script === 'function' ? script(request) : strict(protocol, model, request, script)
    return 'pieces' in played ? played : answerTurn(request, played)
  })
  const providers = [testProvider(upstream.url, protocol, { models: [model], ...provider })]
  const config = { providers, ...(routes && { routes: { targets: routes, longContextThreshold: 60_000 } }) }
  const test = testGateway(config, ports)
  return {
    ...test,
    upstream,
    ask: async (agent, asked = {}) => hear(agent, await test.gateway(requestOf(agent, asked))),
    sent: () => JSON.parse(upstream.requests.at(-1)?.text ?? 'null'),
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

/** What the agent sends. */
export function requestOf(agent: Agent, asked: Asked = {}): Request {
  const request = post(agent.path(asked), agent.body(asked))
  if (agent.protocol !== 'anthropic-messages') request.headers.delete('anthropic-version')
  return request
}

/** What the provider's specification finds wrong with a request. */
export function faultsOf(protocol: ProtocolId, model: string, request: Pick<Received, 'text'>): string[] {
  return FAULTS[protocol](JSON.parse(request.text), model)
}

const FAULTS: Readonly<Record<ProtocolId, (body: Loose, model: string) => string[]>> = {
  'anthropic-messages': anthropicFaults,
  'openai-chat': chatFaults,
  'openai-responses': responsesFaults,
  gemini: geminiFaults,
  'bedrock-converse': converseFaults,
}

function strict(protocol: ProtocolId, model: string, request: Received, turn: Turn): Turn | Answer {
  const faults = faultsOf(protocol, model, request)
  return faults.length > 0 ? json({ error: { message: faults.join('; '), code: 400 } }, 400) : turn
}
