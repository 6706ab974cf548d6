import { ModelError } from '../../canonical/error.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { protocols } from '../../protocol/index.ts'
import { addressed } from '../../provider/addressing.ts'
import { endpointsFor } from '../../provider/choose-endpoint.ts'
import { applyDialects, hasTransformers, traitsFor, unservedDialects } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Credential } from '../credential.ts'
import { hopsOf } from '../hops.ts'
import type { Learnt } from '../learnt.ts'
import { parseReply } from '../relay.ts'
import { readText, send } from '../send.ts'

/** Asks providers how many tokens a request has. */
export interface OwnCounter {
  /** The provider's own count; `undefined` if it has none, or did not give one in time. Never rejects. */
  count(request: ModelRequest, target: RouteTarget, client: Client, signal: AbortSignal): Promise<number | undefined>
}

/** What of the client's own request matters for a count. */
export interface Client {
  readonly headers: Readonly<Record<string, string>>
  readonly credential?: Credential | undefined
}

/** Agents wait for the count before they go on. */
const LONGEST_WAIT_MS = 5000

export function createOwnCounter(providers: readonly Provider[], ports: Ports, learnt: Learnt): OwnCounter {
  return {
    async count(request, target, client, signal) {
      const provider = providers.find(({ name }) => name === target.provider)
      const { countless } = learnt.of(target.provider)
      if (!provider || countless.get(nameOfTarget(target)) || unservedDialects(provider, target.model).length > 0)
        return undefined
      // Where such a provider is, and what it takes, its transformers alone know, and they know nothing of counting.
      if (hasTransformers(provider, target.model)) return undefined
      try {
        return await ask(request, provider, target, client, signal, ports)
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        // It has no such operation, or not for us: not to be asked again. Another client may bring another key.
        const isFinal = cause.status >= 400 && cause.status < 500 && cause.kind !== 'rate-limit'
        if (isFinal && !(cause.kind === 'auth' && provider.takes)) countless.set(nameOfTarget(target), true)
        ports.log('debug', `${nameOfTarget(target)} does not count tokens: they are counted here`, {
          error: cause.message,
        })
        return undefined
      }
    },
  }
}

async function ask(
  request: ModelRequest,
  provider: Provider,
  target: RouteTarget,
  { headers, credential }: Client,
  signal: AbortSignal,
  ports: Ports,
): Promise<number | undefined> {
  const counting = endpointsFor(provider, target.model).filter(
    // What is wrapped has no such operation.
    ({ protocol, addressing }) => protocols[protocol]?.count && addressing !== 'bedrock-invoke',
  )
  const endpoint = counting.find(({ protocol }) => protocol === request.native?.protocol) ?? counting[0]
  const protocol = endpoint && protocols[endpoint.protocol]
  if (!endpoint || !protocol?.count) return undefined
  const { wire } = protocol.encodeRequest(
    { ...request, model: target.model, stream: false },
    { ...target, traits: traitsFor(provider, target.model, endpoint.protocol) },
  )
  const edited = protocol.count.encodeRequest(
    applyDialects(wire, provider, { ...target, protocol: endpoint.protocol }),
    target.model,
  )
  const { path, body } = addressed(edited, endpoint.addressing, target.model)
  const outgoing = {
    path,
    query: edited.query,
    headers: { 'content-type': 'application/json', ...edited.headers, ...betaOf(headers) },
    body: JSON.stringify(body),
    hops: hopsOf(headers),
    credential,
  }
  const limited = { ...provider, deadlines: { ...provider.deadlines, totalMs: LONGEST_WAIT_MS } }
  const incoming = await send(limited, endpoint, target.model, outgoing, signal, ports)
  const context = { provider: target.provider, model: target.model, id: ports.id }
  return protocol.count.decodeReply(parseReply(await readText(incoming.source), context))
}

/** Fields of a beta count only with its name. */
function betaOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const beta = headers['anthropic-beta']
  return beta === undefined ? {} : { 'anthropic-beta': beta }
}
