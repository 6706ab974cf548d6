import type { ModelRequest } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { protocols } from '../../protocol/index.ts'
import { addressed } from '../../provider/addressing.ts'
import { endpointsFor } from '../../provider/choose-endpoint.ts'
import { applyDialects, traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Credential } from '../credential.ts'
import { hopsOf } from '../hops.ts'
import { parseReply } from '../relay.ts'
import { readText, send } from '../send.ts'

/** What of the client's own request matters for a count. */
export interface Client {
  readonly headers: Readonly<Record<string, string>>
  readonly credential?: Credential | undefined
}

export interface CountAsker extends Client {
  readonly signal: AbortSignal
  readonly waitMs: number
  /** Which of the provider's keys is shown. Absent: its first. */
  readonly apiKey?: string | undefined
}

/** A provider's count of a request's tokens; `undefined` if it has no such operation. Rejects with a `ModelError`. */
export async function askForCount(
  request: ModelRequest,
  provider: Provider,
  target: RouteTarget,
  { headers, credential, signal, waitMs, apiKey = provider.apiKey }: CountAsker,
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
  const limited = {
    ...provider,
    ...(apiKey !== undefined && { apiKey }),
    deadlines: { ...provider.deadlines, totalMs: waitMs },
  }
  const incoming = await send(limited, endpoint, target.model, outgoing, signal, ports)
  const context = { provider: target.provider, model: target.model, id: ports.id }
  return protocol.count.decodeReply(parseReply(await readText(incoming.source), context))
}

/** Fields of a beta count only with its name. */
function betaOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const beta = headers['anthropic-beta']
  return beta === undefined ? {} : { 'anthropic-beta': beta }
}
