import type { ProtocolId } from '../canonical/native.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Handler } from './call.ts'

/** A target as clients of one protocol ask it: what the config alone decides of a call is decided once for each. */
export interface Place {
  readonly provider: Provider
  readonly target: RouteTarget
  /** The protocol that the client speaks. */
  readonly protocol: Protocol
}

/** A layer around what asks at a place; `next` itself where it has nothing to do. */
export type PlaceLayer = (place: Place, next: Handler) => Handler

/** Asks a call's target through `layers`, the first outermost; `innermost` is what asks it in the end. */
export function atPlaces(
  providers: readonly Provider[],
  layers: readonly PlaceLayer[],
  innermost: (place: Place) => Handler,
): Handler {
  const rows = new Map(providers.map((provider) => [provider.name, { provider, handlers: new Map() as Handlers }]))
  const handlerAt = (place: Place): Handler =>
    layers.reduceRight<Handler>((next, layer) => layer(place, next), innermost(place))
  return (call) => {
    const { target, protocol } = call
    const row = target && rows.get(target.provider)
    if (!target || !row) return Promise.reject(new Error('a call is to be made without a target'))
    const handlers = row.handlers.get(protocol.id) ?? new Map<string, Handler>()
    const known = handlers.get(target.model)
    if (known) return known(call)
    const handler = handlerAt({ provider: row.provider, target, protocol })
    if (handlers.size >= MOST_MODELS) handlers.clear()
    row.handlers.set(protocol.id, handlers.set(target.model, handler))
    return handler(call)
  }
}

type Handlers = Map<ProtocolId, Map<string, Handler>>

/** Clients may make names up. */
const MOST_MODELS = 1000
