import type { GatewayConfig } from '../../../src/gateway/gateway.ts'
import type { Ports } from '../../../src/platform/ports.ts'
import type { Endpoint, Provider } from '../../../src/provider/provider.ts'
import { DEFAULT_RETRY } from '../../../src/provider/resilience.ts'
import type { Answer } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider, type TestGateway } from '../../helper/gateway.ts'
import type { Turn } from '../../helper/turn.ts'
import { createUpstream, type Received, type Upstream } from '../../helper/upstream.ts'

/** What a provider of the stage plays for its `count`th request, from 0. */
export type Play = (request: Received, count: number) => Answer | Turn | Promise<Answer | Turn>

/** A provider of the stage. */
export interface Role {
  readonly name: string
  readonly protocol?: Endpoint['protocol']
  readonly play: Play
  readonly row?: Partial<Provider>
}

/** A gateway in front of several scripted providers; each after the first is a fallback. */
export interface Stage extends TestGateway, AsyncDisposable {
  readonly upstreams: Readonly<Record<string, Upstream>>
  /** How often each provider was asked, in the order of the roles. */
  asked(): number[]
  ask(body?: object, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>
  /** The keys that a provider was shown, in order. */
  keysShown(name: string): string[]
}

export const FAST_RETRY = { ...DEFAULT_RETRY, pauseMs: 2, longestPauseMs: 50 }

export const QUESTION = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

export interface StageOptions {
  readonly config?: Partial<GatewayConfig>
  readonly ports?: Partial<Ports>
}

export async function createStage(roles: readonly Role[], { config, ports }: StageOptions = {}): Promise<Stage> {
  const played = await Promise.all(
    roles.map(async ({ name, protocol = 'openai-chat', play, row }) => {
      const upstream = await createUpstream(async (request) => {
        const answer = await play(request, request.serial)
        return 'pieces' in answer ? answer : answerTurn(request, answer)
      })
      const provider = testProvider(upstream.url, protocol, {
        name,
        models: [`${name}-model`],
        retry: FAST_RETRY,
        ...row,
      })
      return { name, upstream, provider }
    }),
  )
  const [first, ...others] = played.map(({ provider }) => ({
    provider: provider.name,
    model: provider.models[0] ?? 'model',
  }))
  const test = testGateway(
    {
      providers: played.map(({ provider }) => provider),
      routes: {
        targets: first ? { default: first } : {},
        fallbacks: { default: others },
        longContextThreshold: 60_000,
      },
      ...config,
    },
    ports,
  )
  const upstreams = Object.fromEntries(played.map(({ name, upstream }) => [name, upstream]))
  return {
    ...test,
    upstreams,
    asked: () => played.map(({ upstream }) => upstream.requests.length),
    ask: (body, headers, signal) =>
      test.gateway(
        post('/v1/messages', { ...QUESTION, ...body }, { ...(headers && { headers }), ...(signal && { signal }) }),
      ),
    keysShown: (name) =>
      (upstreams[name]?.requests ?? []).map(({ headers }) =>
        String(headers['authorization'] ?? headers['x-api-key']).replace('Bearer ', ''),
      ),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(played.map(({ upstream }) => upstream.close()))
    },
  }
}
