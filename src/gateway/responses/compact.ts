import type { JsonObject } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Protocol, WireRequest } from '../../protocol/protocol.ts'
import { endpointsFor } from '../../provider/choose-endpoint.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Chooser } from '../chooser.ts'
import { boundTo } from './keeper.ts'

/** An ordinary call of the client's protocol. */
export type Ask = (wire: WireRequest, text: string) => Promise<Response>

/** What a compaction looks at. */
export interface Compaction {
  readonly chooser: Chooser
  readonly providers: readonly Provider[]
  readonly ports: Ports
}

/**
 * Replaces a conversation by a summary: by the provider's own operation where it has one, else in the words of the model
 * that would have answered.
 */
export async function compact(
  wire: WireRequest,
  text: string,
  protocol: Protocol,
  ask: Ask,
  context: Compaction,
): Promise<Response> {
  const { compaction } = protocol
  const relayed = !compaction || (await hasOperation(wire, protocol, context)) ? await ask(wire, text) : undefined
  if (!compaction || (relayed && !LACKS.has(relayed.status))) return relayed as Response
  const asked = compaction.ask(wire.body)
  const answer = await ask({ ...wire, path: parentOf(wire.path), body: asked }, JSON.stringify(asked))
  if (!answer.ok) return answer
  const { ports } = context
  const created = Math.floor(ports.now() / 1000)
  const reply = compaction.reply(wire.body, (await answer.json()) as JsonObject, { id: ports.id, created })
  const headers = new Headers(answer.headers)
  headers.delete('content-length')
  return Response.json(reply, { headers })
}

/** Statuses of those who speak the protocol and do not have all its operations. */
const LACKS: ReadonlySet<number> = new Set([404, 405, 501])

async function hasOperation(
  wire: WireRequest,
  protocol: Protocol,
  { chooser, providers, ports }: Compaction,
): Promise<boolean> {
  const request = protocol.decodeRequest(wire)
  const { selection } = chooser.choose(request, wire)
  const { target } = (await boundTo(protocol.stateOf?.(request), selection, providers, ports)) ?? selection
  const provider = providers.find(({ name }) => name === target.provider)
  return provider !== undefined && endpointsFor(provider, target.model).some((each) => each.protocol === protocol.id)
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
