import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import { codecOf } from '../protocol/index.ts'
import type { Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { Prices } from '../router/price.ts'
import type { Routes } from '../router/route.ts'
import { authenticate } from './authenticate.ts'
import type { CacheSettings } from './cache/reply-cache.ts'
import { authorise, identify, mayUse, type ClientKey, type Identity } from './client-key.ts'
import { readCredential, readHeaders, withoutQueryKeys } from './credential.ts'
import type { Limits } from './limits/limits.ts'
import { createLearnt, type Learnt } from './learnt.ts'
import { withJsonArrays } from './json-array.ts'
import { listModelsReply, modelReply } from './models.ts'
import { openCall, respondWith, type Caller } from './open-call.ts'
import type { Address, Operation } from './paths.ts'
import type { Plugins } from './plugin/plugins.ts'
import { withPresets } from './presets.ts'
import { readBody } from './read-body.ts'
import { compact } from './responses/compact.ts'
import { boundTo, uncounted } from './responses/keeper.ts'
import { relayKept } from './responses/kept.ts'
import { asModelError, decisionHeaders, errorResponse } from './respond.ts'
import type { WebSearchSettings } from './search/settings.ts'
import { serveEmbeddings } from './serve-embeddings.ts'
import { parseBody } from './upstream.ts'
import { type Core, createCore } from './core.ts'

/** What the gateway must know; a part of the config. */
export interface GatewayConfig {
  readonly providers: readonly Provider[]
  readonly routes: Routes
  /** The key that clients must show. Absent: none. */
  readonly apiKey?: string
  /** Further keys that clients may show, each with rights of its own. */
  readonly clientKeys?: readonly ClientKey[]
  /** What all calls together may take. Absent: as much as they want. */
  readonly limits?: Limits
  /** What of answers is kept. Absent: nothing. */
  readonly cache?: CacheSettings
  readonly smallFastModel?: string
  /** Images are described to every model by the target of `image`. Default: only to those that do not see them. */
  readonly forceUseImageAgent?: boolean
  /** The file whose text stands in for Claude Code's own system prompt. */
  readonly systemPromptFile?: string
  /** After so much silence, in milliseconds, a second target is asked besides the first. Absent: never. */
  readonly hedgeAfterMs?: number
  /** A stream of text that breaks off is gone on with by another target. */
  readonly continuation?: boolean
  /** Who searches the web for models that cannot. Absent: nobody. */
  readonly webSearch?: WebSearchSettings
  /** What models cost. Absent: nobody knows. */
  readonly prices?: Prices
  /** Gateways of their own below `/preset/<name>`. */
  readonly presets?: Readonly<Record<string, GatewayConfig>>
  /** What modules of the user add. */
  readonly plugins?: Plugins
}

/** The whole product: a client's request in, the answer of its vendor out. Never rejects. `address`: of the request's URL. */
export type Gateway = (request: Request, address?: Address) => Promise<Response>

/** A gateway over `config` that touches the world through `ports` alone. `learnt`: what is known already. */
export function createGateway(config: GatewayConfig, ports: Ports, learnt = createLearnt(config.providers)): Gateway {
  return withPresets(gatewayOf(config, ports, learnt), {
    config,
    ports,
    create: (preset, own) => gatewayOf(preset, own, createLearnt(preset.providers, learnt.ledger)),
    protocolOf: ({ headers }, { operation }) => protocolOf(operation, headers),
  })
}

function gatewayOf(config: GatewayConfig, ports: Ports, learnt: Learnt): Gateway {
  const { plugins, providers } = config
  const core = createCore(config, ports, learnt)
  const serveOwn = withJsonArrays((request, address) => serve(request, address, core))
  if (!plugins) return serveOwn
  const withUserCode = import('./plugin/user-endpoint.ts').then(({ withUserEndpoints }) =>
    withUserEndpoints(serveOwn, { ...plugins, providers, apiKey: config.apiKey, ports }),
  )
  return async (request, address) => (await withUserCode)(request, address)
}

async function serve(request: Request, { path, query, operation }: Address, core: Core): Promise<Response> {
  const { config, ports } = core
  const protocol = protocolOf(operation, request.headers)
  try {
    if (!operation) throw nothingAt(request.method, path)
    if (operation.type === 'hello') return new Response(null, { status: 200 })
    const { headers, keys } = readHeaders(request.headers, query)
    // Without further keys nothing is waited for.
    if (!config.clientKeys) authenticate(keys, config.apiKey)
    const who = config.clientKeys ? await identify(keys, config.apiKey, config.clientKeys, ports.now()) : NOBODY
    const credential = readCredential(keys, who.shown ?? config.apiKey)
    const caller: Caller = { credential, key: who.key, signal: request.signal }
    const told = withoutQueryKeys(query)
    if (operation.type === 'kept') {
      const asked = { ...caller, method: request.method, query: told, headers }
      return await relayKept(operation, asked, config.providers, ports)
    }
    requireMethod(request.method, operation)
    if (operation.type === 'list-models') return Response.json(listModelsReply(config, protocol.id))
    if (operation.type === 'get-model') return Response.json(modelReply(config, operation.model, protocol.id))
    const text = await readBody(request)
    const wire = { path: operation.path, query: told, headers, body: parseBody(text) }
    return await ANSWERS[operation.type]({ wire, text, protocol, caller }, core)
  } catch (cause) {
    return refusal(cause, path, protocol, ports)
  }
}

const NOBODY: Identity = {}

function refusal(cause: unknown, path: string, protocol: Protocol, ports: Ports): Response {
  const error = asModelError(cause)
  ports.log(error.kind === 'server' ? 'error' : 'warn', error.message, {
    path,
    status: error.status,
    ...(error.kind === 'server' && { error: String(error.details.cause) }),
  })
  return errorResponse(protocol, error)
}

/** What a client asks with a body. */
interface Asked {
  readonly wire: WireRequest
  readonly text: string
  readonly protocol: Protocol
  readonly caller: Caller
}

const ANSWERS: Readonly<Record<AskedWith, (asked: Asked, core: Core) => Promise<Response>>> = {
  generate,
  'count-tokens': count,
  embed: (asked, core) => serveEmbeddings(asked, core.config, core),
  compact: (asked, core) => {
    const { wire, text, protocol } = asked
    const ask = (own: WireRequest, told: string): Promise<Response> =>
      generate({ ...asked, wire: own, text: told }, core)
    return compact(wire, text, protocol, ask, { ...core, providers: core.config.providers })
  },
}

type AskedWith = 'generate' | 'count-tokens' | 'embed' | 'compact'

async function count({ wire, protocol, caller }: Asked, core: Core): Promise<Response> {
  const { credential, key, signal } = caller
  const request = protocol.decodeRequest(wire)
  const { selection } = core.chooser.choose(request, { headers: wire.headers, keyLabel: key?.label })
  const bound = await boundTo(protocol.stateOf?.(request), selection, core.config.providers, core.ports)
  const { target } = bound ?? selection
  authorise(key, target)
  // Whoever would answer counts.
  const further = bound ? [] : selection.fallbacks.filter((each) => mayUse(key, each))
  const sound = [target, ...further].filter((each) => core.board.state(each) !== 'open')
  const targets = sound.length > 0 ? sound : [target]
  const client = { headers: wire.headers, credential, signal, keeper: bound?.keeper }
  const own = await core.ownCounter.count(request, targets, client)
  if (own === undefined && bound) throw uncounted(target)
  const tokens = own ?? (await core.counter.count(request, targets[0]))
  const headers = decisionHeaders({ ...selection, target, dropped: [] })
  return Response.json(protocol.encodeCount?.(tokens) ?? { input_tokens: tokens }, { headers })
}

function generate({ wire, text, protocol, caller }: Asked, { handle, ports }: Core): Promise<Response> {
  const call = openCall({ protocol, wire, text, request: protocol.decodeRequest(wire) }, caller, ports)
  return respondWith(call, handle, ports)
}

/** The code is OpenAI's; other protocols have one word for whatever is not there. */
function nothingAt(method: string, path: string): ModelError {
  return new ModelError(`there is nothing at ${method} ${path}`, { kind: 'not-found', code: 'unknown_url' })
}

function requireMethod(method: string, operation: Operation): void {
  const isRead = operation.type === 'list-models' || operation.type === 'get-model'
  const wanted = isRead ? 'GET' : 'POST'
  if (method === wanted) return
  // `/models/x:unknownAction` looks like a model of that name.
  if (operation.type === 'get-model') throw nothingAt(method, `/models/${operation.model}`)
  throw new ModelError(`${method} is not served here: use ${wanted}`, { kind: 'bad-request', status: 405 })
}

/** In whose words to answer where the path does not say: by headers that only one vendor's own clients send. */
export function protocolOf(operation: Operation | undefined, headers: Headers): Protocol {
  const named = operation && 'protocol' in operation ? operation.protocol : undefined
  if (named) return codecOf(named)
  if (headers.has('anthropic-version')) return codecOf('anthropic-messages')
  return codecOf(headers.has('x-goog-api-key') || headers.has('x-goog-api-client') ? 'gemini' : 'openai-chat')
}
