import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import { codecOf } from '../protocol/index.ts'
import type { Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { Prices } from '../router/price.ts'
import type { Routes } from '../router/route.ts'
import { authenticate } from './authenticate.ts'
import type { CacheSettings } from './cache/reply-cache.ts'
import { authorise, identify, mayUse, type ClientKey } from './client-key.ts'
import { compose, type Handler, type Middleware } from './call.ts'
import { createChooser, routingOf, type Chooser } from './chooser.ts'
import { readCredential, withoutKeys, withoutQueryKeys, withQueryKey } from './credential.ts'
import { createTokenCounter, type TokenCounter } from './count/counter.ts'
import { createOwnCounter, type OwnCounter } from './count/own-count.ts'
import type { Limits } from './limits/limits.ts'
import { createLearnt, type Learnt } from './learnt.ts'
import { createCircuitBoard, type CircuitBoard } from './health/health.ts'
import { createKeyRing } from './health/key-ring.ts'
import { authoriseRoute, authoriseTarget } from './middleware/authorise.ts'
import { createCache } from './middleware/cache.ts'
import { createContinuation } from './middleware/continuation.ts'
import { createFallback } from './middleware/fallback.ts'
import { createCutPromptWarning } from './middleware/cut-prompt.ts'
import { createSeen } from './image/look.ts'
import { createImageAgent } from './middleware/image-agent.ts'
import { createCompactionMiddleware } from './middleware/compaction.ts'
import { createKeeperMiddleware } from './middleware/keeper.ts'
import { createOriginMiddleware } from './middleware/origin.ts'
import { createQueues } from './middleware/queue.ts'
import { createReserve } from './middleware/reserve.ts'
import { createRetryEmpty } from './middleware/retry-empty.ts'
import { createRetry } from './middleware/retry.ts'
import { createRewriteSystem } from './middleware/rewrite-system.ts'
import { createRouteMiddleware } from './middleware/route.ts'
import { createSight } from './middleware/sight.ts'
import { createThoughtMiddleware } from './middleware/thought.ts'
import { nameUserRoute } from './middleware/user-route.ts'
import { createWebSearch, fitSearch } from './middleware/web-search.ts'
import { createWindowGuard } from './middleware/window.ts'
import { withJsonArrays } from './json-array.ts'
import { listModelsReply, modelReply } from './models.ts'
import { openCall, respondWith, type Caller } from './open-call.ts'
import { addressOf, operationOf, type Operation } from './paths.ts'
import { userMiddleware } from './plugin/middleware.ts'
import type { Plugins } from './plugin/plugins.ts'
import { withPresets } from './presets.ts'
import { readBody } from './read-body.ts'
import { compact } from './responses/compact.ts'
import { boundTo, uncounted } from './responses/keeper.ts'
import { relayKept } from './responses/kept.ts'
import { asModelError, errorResponse } from './respond.ts'
import { createChain } from './retry/chain.ts'
import type { WebSearchSettings } from './search/settings.ts'
import { serveEmbeddings } from './serve-embeddings.ts'
import { createUpstream, parseBody } from './upstream.ts'
import { createWarn } from './warn.ts'

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

/** The whole product: a client's request in, the answer of its vendor out. Never rejects. */
export type Gateway = (request: Request) => Promise<Response>

/** A gateway over `config` that touches the world through `ports` alone. `learnt`: what is known already. */
export function createGateway(config: GatewayConfig, ports: Ports, learnt = createLearnt(config.providers)): Gateway {
  return withPresets(gatewayOf(config, ports, learnt), {
    config,
    ports,
    create: (preset, own) => gatewayOf(preset, own, createLearnt(preset.providers, learnt.ledger)),
    protocolOf: ({ url, headers }) => protocolOf(operationOf(addressOf(url).path), headers),
  })
}

function gatewayOf(config: GatewayConfig, ports: Ports, learnt: Learnt): Gateway {
  const { providers, routes, forceUseImageAgent = false, systemPromptFile, prices } = config
  const counter = createTokenCounter(ports, learnt)
  const board = createCircuitBoard(providers, learnt, ports.now)
  const chooser = createChooser(routingOf(config), counter, ports, learnt, board)
  const warn = createWarn(ports)
  const chain = createChain(providers, routes.overflow ?? [], routes.targets.longContext)
  const guards = [
    ...(config.clientKeys ? [authoriseRoute] : []),
    ...(isLimited(config) ? [createReserve({ ...config, ledger: learnt.ledger, ports, warn })] : []),
  ]
  // How one target is asked; what is asked on behalf of a call passes the same.
  const chained = { providers, board, chain, ports }
  const targetGuards = config.clientKeys ? [authoriseTarget] : []
  const asking = [
    ...createQueues(providers, ports),
    createRetry(providers, { board, ring: createKeyRing(providers, board, learnt), ports }),
    createSight(providers),
    createWindowGuard(providers),
    createCutPromptWarning(providers, warn),
    createThoughtMiddleware(providers, ports),
    createOriginMiddleware(ports),
    createRetryEmpty(ports),
  ]
  const upstream = createUpstream(providers, ports, learnt, config.plugins)
  const look = compose([createFallback(chained), ...targetGuards, createSeen(ports), ...asking], upstream)
  const middleware = [
    ...userMiddleware(config, ports, warn),
    ...(systemPromptFile === undefined ? [] : [createRewriteSystem(systemPromptFile, ports, warn)]),
    createRouteMiddleware(chooser, warn, { prices, log: ports.log }),
    ...(config.plugins ? [nameUserRoute] : []),
    createKeeperMiddleware(providers, ports),
    ...guards,
    ...(config.cache ? [createCache(config.cache, providers, ports)] : []),
    createCompactionMiddleware(ports),
    ...(config.webSearch ? [createWebSearch(config.webSearch, providers, ports)] : []),
    ...(config.continuation ? [createContinuation(ports)] : []),
    createFallback({ ...chained, hedgeAfterMs: config.hedgeAfterMs }),
    ...targetGuards,
    ...(config.webSearch ? [fitSearch] : []),
    createImageAgent(providers, forceUseImageAgent, look, { ports, warn, learnt }),
    ...asking,
  ]
  const core: Core = {
    config,
    ports,
    chooser,
    counter,
    board,
    ownCounter: createOwnCounter(providers, { board, ports, learnt }),
    guards,
    handle: compose(middleware, upstream),
  }
  const serveOwn = withJsonArrays(async (request) => {
    const address = addressOf(request.url)
    const operation = operationOf(address.path)
    const protocol = protocolOf(operation, request.headers)
    try {
      return await serve(request, address, operation, protocol, core)
    } catch (cause) {
      const error = asModelError(cause)
      ports.log(error.kind === 'server' ? 'error' : 'warn', error.message, {
        path: address.path,
        status: error.status,
        ...(error.kind === 'server' && { error: String(error.details.cause) }),
      })
      return errorResponse(protocol, error)
    }
  })
  const { plugins } = config
  if (!plugins) return serveOwn
  const withUserCode = import('./plugin/user-endpoint.ts').then(({ withUserEndpoints }) =>
    withUserEndpoints(serveOwn, { ...plugins, providers, apiKey: config.apiKey, ports }),
  )
  return async (request) => (await withUserCode)(request)
}

/** The parts of a gateway. */
interface Core {
  readonly config: GatewayConfig
  readonly ports: Ports
  readonly chooser: Chooser
  readonly counter: TokenCounter
  readonly board: CircuitBoard
  readonly ownCounter: OwnCounter
  readonly handle: Handler
  /** What holds for every call that asks a model. */
  readonly guards: readonly Middleware[]
}

async function serve(
  request: Request,
  address: ReturnType<typeof addressOf>,
  operation: Operation | undefined,
  protocol: Protocol,
  core: Core,
): Promise<Response> {
  const { config } = core
  if (!operation) throw nothingAt(request.method, address.path)
  if (operation.type === 'hello') return new Response(null, { status: 200 })
  const shown = withQueryKey(Object.fromEntries(request.headers), address.query)
  const { apiKey, clientKeys } = config
  // Without further keys nothing is waited for.
  if (!clientKeys) authenticate(shown, apiKey)
  const who = clientKeys ? await identify(shown, apiKey, clientKeys, core.ports.now()) : {}
  const credential = readCredential(shown, who.shown ?? apiKey)
  const caller: Caller = { credential, key: who.key, signal: request.signal }
  const headers = withoutKeys(shown)
  const query = withoutQueryKeys(address.query)
  if (operation.type === 'kept') {
    const asked = { method: request.method, query, headers, credential, signal: request.signal }
    return relayKept(operation, asked, config.providers, core.ports)
  }
  requireMethod(request.method, operation)
  if (operation.type === 'list-models') return Response.json(listModelsReply(config, protocol.id))
  if (operation.type === 'get-model') return Response.json(modelReply(config, operation.model, protocol.id))
  const text = await readBody(request)
  const wire: WireRequest = { path: operation.path, query, headers, body: parseBody(text) }
  if (operation.type === 'count-tokens') return count(wire, protocol, caller, core)
  if (operation.type === 'embed') return serveEmbeddings({ wire, text, protocol, caller }, config, core)
  if (operation.type === 'compact') {
    const ask = (asked: WireRequest, told: string): Promise<Response> => generate(asked, told, protocol, caller, core)
    return compact(wire, text, protocol, ask, { ...core, providers: config.providers })
  }
  return generate(wire, text, protocol, caller, core)
}

async function count(
  wire: WireRequest,
  protocol: Protocol,
  { credential, key, signal }: Caller,
  core: Core,
): Promise<Response> {
  const request = protocol.decodeRequest(wire)
  const { selection } = core.chooser.choose(request, { headers: wire.headers, ...(key && { keyLabel: key.label }) })
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
  return Response.json(protocol.encodeCount?.(tokens) ?? { input_tokens: tokens })
}

function generate(
  wire: WireRequest,
  text: string,
  protocol: Protocol,
  caller: Caller,
  { handle, ports }: Core,
): Promise<Response> {
  const call = openCall({ protocol, wire, text, request: protocol.decodeRequest(wire) }, caller, ports)
  return respondWith(call, handle, ports)
}

function isLimited({ limits, clientKeys = [] }: GatewayConfig): boolean {
  return limits !== undefined || clientKeys.some((key) => key.limits !== undefined)
}

function nothingAt(method: string, path: string): ModelError {
  return new ModelError(`there is nothing at ${method} ${path}`, { kind: 'not-found' })
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
