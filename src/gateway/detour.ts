import { ModelError } from '../canonical/error.ts'
import { isObject, type Json } from '../canonical/json.ts'
import type { ProtocolId } from '../canonical/native.ts'
import { chooseEndpoint, endpointsFor } from '../provider/choose-endpoint.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { Call, Handler } from './call.ts'
import { createMemory } from './memory.ts'
import type { Place } from './place.ts'
import type { Warn } from './warn.ts'

/** What asks at a place, some of whose provider's endpoints may not be what their protocol promises. */
export type Detour = (place: Place, askAt: (place: Place) => Handler) => Handler

/**
 * Where an endpoint turns out not to be there, or not to take what the client's protocol has, the provider is asked once
 * more at its next one; if that answers it is remembered, else the first refusal is the answer.
 */
export function createDetour(warn: Warn): Detour {
  const avoided = createMemory<readonly ProtocolId[]>(MOST_TARGETS)
  return (place, askAt) => {
    const { provider, target, protocol } = place
    const straight = askAt(place)
    // Nearly all have one endpoint for a model.
    if (endpointsFor(provider, target.model).length < 2) return straight
    const keyOf = (reason: Reason): string => `${reason.name} ${nameOfTarget(target)}`
    const around = new Map([['', straight]])
    const askWithout = (protocols: readonly ProtocolId[]): Handler => {
      const name = protocols.join()
      const handler = around.get(name) ?? askAt({ ...place, provider: without(provider, protocols) })
      around.set(name, handler)
      return handler
    }
    return (call) => {
      const known = avoided.isEmpty()
        ? []
        : reasons.filter(({ concerns }) => concerns(call)).flatMap((reason) => avoided.get(keyOf(reason)) ?? [])
      return askWithout(known)(call).catch(async (cause: unknown) => {
        const there = without(provider, known)
        const chosen = chooseEndpoint(there, target.model, protocol.id)
        const others = chosen && without(there, [chosen.protocol])
        const reason = reasons.find((each) => cause instanceof ModelError && each.concerns(call) && each.is(cause))
        if (!reason || !chosen || !others || endpointsFor(others, target.model).length === 0) throw cause
        const answer = await askWithout([...known, chosen.protocol])(call).catch(() => {
          throw cause
        })
        avoided.set(keyOf(reason), [...(avoided.get(keyOf(reason)) ?? []), chosen.protocol])
        warn(`${provider.name} ${reason.words(chosen)}: ${target.model} is asked in another protocol`)
        return answer
      })
    }
  }
}

/** Why an endpoint is of no use for a call. */
interface Reason {
  readonly name: string
  /** The calls that it may keep away. */
  concerns(call: Call): boolean
  is(error: ModelError): boolean
  words(endpoint: Endpoint): string
}

const reasons: readonly Reason[] = [
  // Not every server that is known by name has each protocol of its newest version: an older Ollama speaks one alone.
  {
    name: 'absent',
    concerns: () => true,
    is: (error) =>
      (error.status === 404 || error.status === 405) && !/\b(model|response|deployment)/i.test(saidIn(error)),
    words: (endpoint) => `has no ${endpoint.protocol} at ${placeOf(endpoint)}`,
  },
  // Many take a vendor's protocol, but not the tools that are the vendor's own: free-form tools of Codex, say.
  {
    name: 'tools',
    concerns: hasOwnTools,
    is: (error) => error.kind === 'bad-request' && /\btools?\b/i.test(saidIn(error)),
    words: (endpoint) => `does not take the tools of this client in ${endpoint.protocol}`,
  },
]

/** Clients may make names of models up. */
const MOST_TARGETS = 1000

function without(provider: Provider, protocols: readonly ProtocolId[]): Provider {
  return { ...provider, endpoints: provider.endpoints.filter(({ protocol }) => !protocols.includes(protocol)) }
}

/** What the provider itself has said. */
function saidIn({ message }: ModelError): string {
  return message.replace(/^.*? answered \d+: /, '')
}

/** Whether a client brings tools that only its own protocol has. */
function hasOwnTools({ protocol, wire }: Call): boolean {
  const plain = plainTools[protocol.id]
  const { tools } = wire.body
  return (
    plain !== undefined && Array.isArray(tools) && tools.some((tool) => isObject(tool) && !plain.includes(tool.type))
  )
}

const plainTools: Readonly<Partial<Record<ProtocolId, readonly (Json | undefined)[]>>> = {
  'anthropic-messages': [undefined, 'custom'],
  'openai-responses': ['function'],
}

function placeOf({ baseUrl }: Endpoint): string {
  const { host, pathname } = new URL(baseUrl)
  return host + pathname
}
