import type { Ports } from '../platform/ports.ts'
import { compose, type Handler, type Middleware } from './call.ts'
import { createChooser, routingOf, type Chooser } from './chooser.ts'
import { createTokenCounter, type TokenCounter } from './count/counter.ts'
import { createOwnCounter, type OwnCounter } from './count/own-count.ts'
import type { Learnt } from './learnt.ts'
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
import { createOriginLayer } from './middleware/origin.ts'
import { createQueues } from './middleware/queue.ts'
import { createReserve } from './middleware/reserve.ts'
import { createRetryEmpty } from './middleware/retry-empty.ts'
import { createRetry } from './middleware/retry.ts'
import { createRewriteSystem } from './middleware/rewrite-system.ts'
import { createRouteMiddleware } from './middleware/route.ts'
import { sight } from './middleware/sight.ts'
import { createThoughtLayer } from './middleware/thought.ts'
import { nameUserRoute } from './middleware/user-route.ts'
import { createWebSearch, fitSearch } from './middleware/web-search.ts'
import { windowGuard } from './middleware/window.ts'
import { atPlaces } from './place.ts'
import { userMiddleware } from './plugin/middleware.ts'
import { createChain } from './retry/chain.ts'
import { createUpstream } from './upstream.ts'
import { createWarn } from './warn.ts'
import type { GatewayConfig } from './gateway.ts'

/** The parts of a gateway, put together as its config asks for them. */
export function createCore(config: GatewayConfig, ports: Ports, learnt: Learnt): Core {
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
  const chained = { providers, board, chain, ports }
  const targetGuards = config.clientKeys ? [authoriseTarget] : []
  // How one target is asked; what is asked on behalf of a call passes the same.
  const askTarget = atPlaces(
    providers,
    [
      createQueues(providers, ports),
      createRetry({ board, ring: createKeyRing(providers, board, learnt), ports }),
      sight,
      windowGuard,
      createCutPromptWarning(warn),
      createThoughtLayer(ports),
      createOriginLayer(ports),
      createRetryEmpty(ports),
    ],
    createUpstream(ports, learnt, config.plugins),
  )
  const look = compose([createFallback(chained), ...targetGuards, createSeen(ports)], askTarget)
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
  ]
  return {
    config,
    ports,
    chooser,
    counter,
    board,
    ownCounter: createOwnCounter(providers, { board, ports, learnt }),
    guards,
    handle: compose(middleware, askTarget),
  }
}

/** What serves the calls of a gateway. */
export interface Core {
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

function isLimited({ limits, clientKeys = [] }: GatewayConfig): boolean {
  return limits !== undefined || clientKeys.some((key) => key.limits !== undefined)
}
