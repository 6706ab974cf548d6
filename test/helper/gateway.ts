import { createGateway, type Gateway, type GatewayConfig } from '../../src/gateway/gateway.ts'
import { bunPorts } from '../../src/platform/bun.ts'
import type { Ports } from '../../src/platform/ports.ts'
import type { Endpoint, Provider } from '../../src/provider/provider.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { CallRecord } from '../../src/store/usage-store.ts'

/** A line that the gateway logged. */
export interface Line {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface TestGateway {
  readonly gateway: Gateway
  readonly lines: readonly Line[]
  readonly calls: readonly CallRecord[]
}

/** A gateway with real ports whose log and records can be looked at; `ports` replaces single ones (the clock, say). */
export function testGateway(
  config: Partial<GatewayConfig> & Pick<GatewayConfig, 'providers'>,
  ports: Partial<Ports> = {},
): TestGateway {
  const store = createMemoryStore()
  const lines: Line[] = []
  const log: Ports['log'] = (level, message, fields = {}) => lines.push({ level, message, fields })
  const [first] = config.providers
  const target = first && { provider: first.name, model: first.models[0] ?? 'model' }
  const routes = { targets: target ? { default: target } : {}, longContextThreshold: 60_000 }
  const gateway = createGateway({ routes, ...config }, { ...bunPorts({ log, usage: store, env: {} }), ...ports })
  return { gateway, lines, calls: store.calls }
}

/** A provider at `url` that speaks `protocol`. */
export function testProvider(url: string, protocol: Endpoint['protocol'], more: Partial<Provider> = {}): Provider {
  return {
    name: 'mock',
    endpoints: [
      { protocol, baseUrl: `${url}/v1`, query: '', auth: protocol === 'anthropic-messages' ? 'x-api-key' : 'bearer' },
    ],
    apiKey: 'upstream-key',
    models: ['mock-model'],
    dialects: [],
    modelDialects: {},
    traits: {},
    headers: {},
    proxy: false,
    deadlines: { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 },
    ...more,
  }
}

/** A client's request, as it reaches the gateway. */
export function post(
  path: string,
  body: unknown,
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Request {
  return new Request(`http://127.0.0.1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...init.headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    ...(init.signal && { signal: init.signal }),
  })
}
