import type { Ports } from '../platform/ports.ts'
import type { Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { Routes } from '../router/route.ts'
import { embeddingTarget } from '../router/embedding-target.ts'
import { compose, type Call, type Handler, type Middleware } from './call.ts'
import type { TokenCounter } from './count/counter.ts'
import { asModelRequest, embed } from './embed.ts'
import { openCall, respondWith, type Caller } from './open-call.ts'

/** What a client asks for. */
interface Asked {
  readonly wire: WireRequest
  readonly text: string
  readonly protocol: Protocol
  readonly caller: Caller
}

interface EmbeddingParts {
  readonly counter: TokenCounter
  readonly ports: Ports
  /** What stands between a client's key and a target. */
  readonly guards: readonly Middleware[]
}

/** The response to a client that wants embeddings, with its line in the log and its record. */
export function serveEmbeddings(
  { wire, text, protocol, caller }: Asked,
  routing: { readonly providers: readonly Provider[]; readonly routes: Routes },
  { counter, ports, guards }: EmbeddingParts,
): Promise<Response> {
  const call = openCall({ protocol, wire, text, request: requestOf(wire, protocol, guards.length > 0) }, caller, ports)
  const ask = compose(guards, (allowed) => embed(allowed, { routing, counter, ports }))
  const targeted: Handler = (asked) =>
    ask(guards.length > 0 ? { ...asked, target: embeddingTarget(asked.request.model, routing).target } : asked)
  return respondWith(call, targeted, ports)
}

/** Its texts are looked at twice only where they are measured before. */
function requestOf(wire: WireRequest, { embeddings }: Protocol, isMeasured: boolean): Call['request'] {
  const model = embeddings?.modelOf(wire) ?? ''
  if (!isMeasured) return asModelRequest(model)
  return { ...asModelRequest(model, embeddings?.decodeRequest(wire).inputs), maxOutputTokens: 0 }
}
