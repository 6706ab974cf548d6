import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import type { Gateway, GatewayConfig } from './gateway.ts'
import { addressOf, type Address } from './paths.ts'
import { presetOf } from './preset-path.ts'
import { errorResponse } from './respond.ts'
import type { Protocol } from '../protocol/protocol.ts'

export interface PresetParts {
  readonly config: GatewayConfig
  readonly ports: Ports
  create(config: GatewayConfig, ports: Ports): Gateway
  /** In which protocol a request is told that there is no such preset. */
  protocolOf(request: Request, address: Address): Protocol
}

/**
 * `main`, and beside it a gateway for each preset, below `/preset/<name>`: with providers and routes of its own and the
 * same client key. It is made when it is first asked.
 */
export function withPresets(main: Gateway, { config, ports, create, protocolOf }: PresetParts): Gateway {
  const gateways = new Map<string, Gateway>()
  const { presets = {}, apiKey, clientKeys, limits, prices, cache } = config
  const rights = {
    ...(apiKey !== undefined && { apiKey }),
    ...(clientKeys && { clientKeys }),
    ...(limits && { limits }),
    ...(prices && { prices }),
    ...(cache && { cache }),
  }
  return (request, address = addressOf(request.url)) => {
    // Nearly every request is for nobody's preset.
    const name = address.path.includes('/preset/') ? presetOf(new URL(request.url).pathname) : undefined
    if (name === undefined) return main(request, address)
    const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
    // Who has not shown the key is not told which there are.
    const names = apiKey === undefined && !clientKeys ? Object.keys(presets) : undefined
    if (!preset) return Promise.resolve(errorResponse(protocolOf(request, address), unknown(name, names)))
    // A project's own routes name providers of the config, not of a preset.
    const own = { ...ports, overridesOf: () => [] }
    const gateway = gateways.get(name) ?? create({ ...preset, ...rights }, own)
    gateways.set(name, gateway)
    return gateway(request, address)
  }
}

function unknown(name: string, names: readonly string[] | undefined): ModelError {
  const known = names && (names.length > 0 ? `: the presets are ${names.join(', ')}` : ': no preset is installed')
  return new ModelError(`there is no preset ${JSON.stringify(name.slice(0, 100))}${known ?? ''}`, {
    kind: 'not-found',
    code: 'unknown_url',
  })
}
