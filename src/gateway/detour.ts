import { ModelError } from '../canonical/error.ts'
import type { ProtocolId } from '../canonical/native.ts'
import { chooseEndpoint, endpointsFor } from '../provider/choose-endpoint.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Answer, Call } from './call.ts'
import { createMemory } from './memory.ts'
import type { Warn } from './warn.ts'

/** Asks a provider, some of whose endpoints may not be there. */
export type Detour = (
  call: Call,
  provider: Provider,
  target: RouteTarget,
  ask: (provider: Provider) => Promise<Answer>,
) => Promise<Answer>

/**
 * Not every server that is known by name has every protocol of its newest version: an older Ollama speaks one alone. An
 * endpoint that is not there is told by a 404 that says nothing of a model. Then another is tried, once, and remembered if
 * it answers; if it does not, the first refusal is the answer.
 */
export function createDetour(warn: Warn): Detour {
  const absent = createMemory<readonly ProtocolId[]>(MOST_TARGETS)
  return async (call, provider, target, ask) => {
    const name = nameOfTarget(target)
    const there = without(provider, absent.get(name))
    try {
      return await ask(there)
    } catch (cause) {
      const chosen = chooseEndpoint(there, target.model, call.protocol.id)
      const others = chosen && without(there, [chosen.protocol])
      if (!isAbsence(cause) || !chosen || !others || endpointsFor(others, target.model).length === 0) throw cause
      const answer = await ask(others).catch(() => {
        throw cause
      })
      absent.set(name, [...(absent.get(name) ?? []), chosen.protocol])
      warn(
        `${provider.name} has no ${chosen.protocol} at ${placeOf(chosen)}: ${target.model} is asked in another protocol`,
      )
      return answer
    }
  }
}

/** Clients may make names of models up. */
const MOST_TARGETS = 1000

function without(provider: Provider, protocols: readonly ProtocolId[] | undefined): Provider {
  if (!protocols) return provider
  return { ...provider, endpoints: provider.endpoints.filter(({ protocol }) => !protocols.includes(protocol)) }
}

function isAbsence(cause: unknown): boolean {
  if (!(cause instanceof ModelError) || (cause.status !== 404 && cause.status !== 405)) return false
  return !/\b(model|response|deployment)/i.test(cause.message.replace(/^.*? answered \d+: /, ''))
}

function placeOf({ baseUrl }: Endpoint): string {
  const { host, pathname } = new URL(baseUrl)
  return host + pathname
}
