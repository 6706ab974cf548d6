import type { Ports } from '../../platform/ports.ts'
import type { Middleware } from '../call.ts'
import type { GatewayConfig } from '../gateway.ts'
import { createUserRoute } from '../middleware/user-route.ts'
import type { Warn } from '../warn.ts'

/** What code of the user puts around calls: its middleware, and behind that the question who shall answer. */
export function userMiddleware({ plugins, providers }: GatewayConfig, ports: Ports, warn: Warn): Middleware[] {
  if (!plugins) return []
  const { middleware, routers } = plugins
  return [
    ...middleware.map((make) => make(ports)),
    ...(routers.length === 0
      ? []
      : [
          createUserRoute(
            routers.map((make) => make(ports)),
            providers,
            ports,
            warn,
          ),
        ]),
  ]
}
