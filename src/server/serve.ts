import type { Ports } from '../platform/ports.ts'
import { createGateway, type GatewayConfig } from '../gateway/gateway.ts'
import { operationOf } from '../gateway/paths.ts'
import { createGuard } from './guard.ts'
import { createInstanceRoutes, type Instance } from './instance.ts'
import { randomText } from './proof.ts'

/** A server that listens. */
export interface RunningServer {
  readonly port: number
  /** Base URL for clients, without a slash at the end. */
  readonly url: string
  /** How many requests are being answered. */
  running(): number
  /** Calls from now on see this config, whole; those that run end on the one they began with. */
  use(config: GatewayConfig, ports: Ports): void
  /** Takes no new calls, lets running ones end for at most `graceMs` (10 s), then cuts them. */
  stop(graceMs?: number): Promise<void>
}

export interface ServeOptions {
  readonly config: GatewayConfig
  readonly ports: Ports
  /** Address to listen on. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** What `/health` says of this executable. */
  readonly version: string
  /** Absent: nobody can stop it from outside. */
  readonly instance?: Instance
}

/** Listens. Throws what the system says when the address cannot be had (`code` `EADDRINUSE`, `EACCES`, …). */
export function serve({ config, ports, host, port, version, instance = nobody() }: ServeOptions): RunningServer {
  let gateway = createGateway(config, ports)
  let app: Promise<(request: Request) => Response | Promise<Response>> | undefined
  const server = Bun.serve({
    hostname: host,
    port,
    // A second server on the port must fail, not share it; silence is for our own deadlines to judge.
    reusePort: false,
    idleTimeout: 0,
    maxRequestBodySize: MAX_BODY_BYTES,
    async fetch(request) {
      const refusal = guard(request)
      if (refusal !== undefined)
        return Response.json({ error: { type: 'permission_error', message: refusal } }, { status: 403 })
      const path = pathOf(request.url)
      if (operationOf(path)) return gateway(request)
      const answer = instanceRoutes(request, path)
      if (answer) return answer
      // The framework is loaded by the first request that needs it: model calls do not.
      app ??= import('./app.ts').then(({ createApp }) => createApp((other) => gateway(other), version).fetch)
      return (await app)(request)
    },
    error(error) {
      ports.log('error', 'a request failed inside the server', { error: error.stack ?? error.message })
      return Response.json(
        { error: { type: 'api_error', message: 'an error inside the router; its log says more' } },
        { status: 500 },
      )
    },
  })
  const guard = createGuard(host, server.port as number)
  const instanceRoutes = createInstanceRoutes({ instance, version, port: server.port as number, now: ports.now })
  return {
    port: server.port as number,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    running: () => server.pendingRequests,
    use(nextConfig, nextPorts) {
      gateway = createGateway(nextConfig, nextPorts)
    },
    async stop(graceMs = 10_000) {
      const patience = new AbortController()
      await Promise.race([server.stop(), ports.sleep(graceMs, patience.signal)])
      patience.abort()
      await server.stop(true)
    },
  }
}

function nobody(): Instance {
  return { id: randomText(), describe: () => ({}), stop: () => {} }
}

/** Long sessions with images are large; beyond this the server answers 413 itself. */
const MAX_BODY_BYTES = 256 * 1024 * 1024

/** The path of an absolute URL, without the cost of parsing it whole. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  return start < 0 ? '/' : url.slice(start, end < 0 ? undefined : end)
}
