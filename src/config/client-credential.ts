import type { JsonObject } from '../canonical/json.ts'
import { isAnthropics } from '../provider/endpoint.ts'
import type { ClientCredential, Endpoint, Provider } from '../provider/provider.ts'
import { isLoopback } from './proxy.ts'

/** What an entry takes from clients, and why it may not take what it wants. */
export interface Taken {
  readonly takes: readonly ClientCredential[]
  readonly problem?: string
}

/**
 * A user's key of Anthropic goes to Anthropic alone: to its own servers, or to where an endpoint of the type `anthropic`
 * says they are. A login is passed on only by `"auth": "passthrough"`, and to no other than Anthropic's own servers or a
 * program of this machine.
 */
export function readTaken(fields: JsonObject, endpoints: readonly Endpoint[]): Taken {
  const all = endpoints.map((endpoint) => takenAt(fields, endpoint))
  const refused = all.find(({ problem }) => problem !== undefined)
  if (refused) return refused
  const [first, ...rest] = all
  return { takes: (first?.takes ?? []).filter((each) => rest.every(({ takes }) => takes.includes(each))) }
}

function takenAt(fields: JsonObject, { protocol, baseUrl }: Endpoint): Taken {
  const url = new URL(baseUrl)
  const isAnthropic = protocol === 'anthropic-messages'
  const wantsLogin = fields['auth'] === 'passthrough'
  const mayHaveLogin = isAnthropic && (isAnthropics(url) || isLoopback(url.hostname))
  const takes: ClientCredential[] = []
  if (isAnthropic && (isAnthropics(url) || fields['type'] === 'anthropic')) takes.push('key')
  if (wantsLogin && mayHaveLogin) takes.push('login')
  if (!wantsLogin || mayHaveLogin) return { takes }
  const why = isAnthropic ? `${url.host} is none of its servers` : 'this endpoint does not speak its protocol'
  return { takes, problem: `"passthrough" would give a login of Anthropic away: ${why}` }
}

/** Where Anthropic's own server is among the providers, no other gets a key that is meant for Anthropic. */
export function withoutSecondAnthropic(providers: readonly Provider[]): Provider[] {
  const isOwn = ({ endpoints }: Provider): boolean => endpoints.some(({ baseUrl }) => isAnthropics(new URL(baseUrl)))
  if (!providers.some(isOwn)) return [...providers]
  return providers.map((provider) => {
    if (!provider.takes || isOwn(provider)) return provider
    const { takes, ...rest } = provider
    const left = takes.filter((credential) => credential !== 'key')
    return left.length > 0 ? { ...rest, takes: left } : rest
  })
}
