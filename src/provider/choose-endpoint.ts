import type { ProtocolId } from '../canonical/native.ts'
import type { Endpoint, Provider } from './provider.ts'

/** The endpoints of a provider that serve `model`, best first. */
export function endpointsFor({ endpoints }: Pick<Provider, 'endpoints'>, model: string): readonly Endpoint[] {
  return endpoints.some(({ serves }) => serves !== undefined)
    ? endpoints.filter(({ serves }) => serves === undefined || new RegExp(serves, 'i').test(model))
    : endpoints
}

/** The endpoint at which a client's protocol is spoken, else the best for that model; `undefined` if none serves it. */
export function chooseEndpoint(
  provider: Pick<Provider, 'endpoints'>,
  model: string,
  protocol: ProtocolId,
): Endpoint | undefined {
  const serving = endpointsFor(provider, model)
  return serving.find((endpoint) => endpoint.protocol === protocol) ?? serving[0]
}
