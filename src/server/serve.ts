import type { Ports } from '../platform/ports.ts'
import { createGateway, type GatewayConfig } from '../gateway/gateway.ts'
import { restingOf, type Resting } from '../gateway/health/resting.ts'
import { createLearnt } from '../gateway/learnt.ts'
import { addressOf, type Address } from '../gateway/paths.ts'
import { MOST_BODY_BYTES, TOO_LARGE } from '../gateway/read-body.ts'
import { isPreflight, preflightResponse, withCors } from './cors.ts'
import { createGuard, type Guard } from './guard.ts'
import { createCutters } from './cutters.ts'
import { drain } from './drain.ts'
import { createInstanceRoutes, type Instance } from './instance.ts'
import { hideFolders } from './private-folders.ts'
import { randomText } from './proof.ts'
import { refuse } from './refuse.ts'

/** A server that listens. */
export interface RunningServer {
  readonly port: number
  /** Base URL for clients, without a slash at the end. */
  readonly url: string
  /** How many requests are being answered. */
  running(): number
  /** Calls from now on see this config, whole; those that run end on the one they began with. */
  use(config: ServerConfig, ports: Ports): void
  /** What is left alone because it fails. */
  resting(): Resting[]
  /** Takes no new calls, lets running ones end for at most `graceMs` (10 s), then ends them with an error that says so. */
  stop(graceMs?: number): Promise<void>
}

/** What the server must know; a part of the config. */
export interface ServerConfig extends GatewayConfig {
  /** Names by which the server is called besides those of loopback. */
  readonly allowedHosts?: readonly string[]
  /** Other sites whose pages may use it. */
  readonly allowedOrigins?: readonly string[]
}

export interface ServeOptions {
  readonly config: ServerConfig
  readonly ports: Ports
  /** Address to listen on. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** What `/health` says of this executable. */
  readonly version: string
  /** Absent: nobody can stop it from outside. */
  readonly instance?: Instance
  /** What of this machine's paths others are not told. */
  readonly privateFolders?: readonly string[]
}

/** Listens. Throws what the system says when the address cannot be had (`code` `EADDRINUSE`, `EACCES`, …). */
export function serve(options: ServeOptions): RunningServer {
  const { config, ports, host, port, version, instance = nobody(), privateFolders = [] } = options
  let { providers } = config
  let learnt = createLearnt(providers)
  const cutters = createCutters()
  let gateway = createGateway(config, { ...ports, cutters }, learnt)
  let app: Promise<(request: Request) => Response | Promise<Response>> | undefined
  const answer = (request: Request, address: Address): Response | Promise<Response> => {
    const { path, operation } = address
    if (Number(request.headers.get('content-length')) > MOST_BODY_BYTES)
      return refuse(request, path, 'too-large', TOO_LARGE)
    if (operation) return gateway(request, address)
    const own = instanceRoutes(request, path)
    if (own) return own
    // The framework is loaded by the first request that needs it: model calls do not.
    app ??= import('./app.ts').then(({ createApp }) => createApp((other) => gateway(other), version).fetch)
    return app.then((serveOther) => serveOther(request))
  }
  const answerPage = async (request: Request, address: Address, origin: string): Promise<Response> =>
    isPreflight(request) ? preflightResponse(origin, request) : withCors(await answer(request, address), origin)
  const server = Bun.serve({
    hostname: host,
    port,
    // A second server on the port must fail, not share it; silence is for our own deadlines to judge.
    reusePort: false,
    idleTimeout: 0,
    // We refuse it before, in words.
    maxRequestBodySize: 2 * MOST_BODY_BYTES,
    fetch(request): Response | Promise<Response> {
      const address = addressOf(request.url)
      const { refusal, status, origin } = guard(request)
      if (refusal !== undefined) return refuse(request, address.path, 'permission', refusal, status)
      const answered = origin === undefined ? answer(request, address) : answerPage(request, address, origin)
      return hide ? Promise.resolve(answered).then(hide) : answered
    },
    error(error) {
      ports.log('error', 'a request failed inside the server', { error: error.stack ?? error.message })
      return Response.json(
        { error: { type: 'api_error', message: 'an error inside the router; its log says more' } },
        { status: 500 },
      )
    },
  })
  const guardOf = ({ allowedHosts = [], allowedOrigins = [] }: ServerConfig): Guard =>
    createGuard({ host, port: server.port as number, allowedHosts, allowedOrigins })
  let guard = guardOf(config)
  const hiderOf = ({ allowedHosts = [] }: ServerConfig) => hideFolders(privateFolders, { host, allowedHosts })
  let hide = hiderOf(config)
  const instanceRoutes = createInstanceRoutes({ instance, version, port: server.port as number, now: ports.now })
  return {
    port: server.port as number,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    running: () => server.pendingRequests,
    resting: () => restingOf(providers, learnt, ports.now()),
    use(nextConfig, nextPorts) {
      providers = nextConfig.providers
      learnt = learnt.with(providers)
      gateway = createGateway(nextConfig, { ...nextPorts, cutters }, learnt)
      guard = guardOf(nextConfig)
      hide = hiderOf(nextConfig)
    },
    async stop(graceMs = 10_000) {
      await drain(server.stop(), graceMs, cutters.cutAll, ports)
      await server.stop(true)
    },
  }
}

function nobody(): Instance {
  return { id: randomText(), describe: () => ({}), stop: () => {} }
}
