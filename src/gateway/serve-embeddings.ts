import type { Ports } from '../platform/ports.ts'
import type { Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { Routes } from '../router/route.ts'
import { embeddingTarget } from '../router/embedding-target.ts'
import { compose, createTrace, type Answer, type Call, type Middleware } from './call.ts'
import type { ClientKey } from './client-key.ts'
import type { TokenCounter } from './count/counter.ts'
import type { Credential } from './credential.ts'
import { asModelRequest, embed } from './embed.ts'
import { logCall } from './middleware/log.ts'
import { respond } from './respond.ts'

/** What a client asks for. */
interface Asked {
  readonly wire: WireRequest
  readonly text: string
  readonly protocol: Protocol
  readonly credential: Credential | undefined
  readonly key: ClientKey | undefined
  readonly signal: AbortSignal
}

interface EmbeddingParts {
  readonly counter: TokenCounter
  readonly ports: Ports
  /** What stands between a client's key and a target. */
  readonly guards: readonly Middleware[]
}

/** The response to a client that wants embeddings, with its line in the log and its record. */
export function serveEmbeddings(
  { wire, text, protocol, credential, key, signal }: Asked,
  routing: { readonly providers: readonly Provider[]; readonly routes: Routes },
  { counter, ports, guards }: EmbeddingParts,
): Promise<Response> {
  const call: Call = {
    id: ports.id('call_'),
    protocol,
    wire,
    text,
    request: requestOf(wire, protocol, guards.length > 0),
    edited: false,
    signal,
    ...(credential && { credential }),
    ...(key && { clientKey: key, keyLabel: key.label }),
    trace: createTrace(ports.now()),
  }
  const answered = async (): Promise<Answer> => {
    const ask = compose(guards, (allowed) => embed(allowed, { routing, counter, ports }))
    const answer = await ask(
      guards.length > 0 ? { ...call, target: embeddingTarget(call.request.model, routing).target } : call,
    )
    call.trace.firstTokenAt = ports.now()
    return answer
  }
  return respond(call, answered(), ports, (outcome) => {
    for (const end of call.trace.atEnd) end()
    logCall(call, outcome, ports)
  })
}

/** Its texts are looked at twice only where they are measured before. */
function requestOf(wire: WireRequest, { embeddings }: Protocol, isMeasured: boolean): Call['request'] {
  const model = embeddings?.modelOf(wire) ?? ''
  if (!isMeasured) return asModelRequest(model)
  return { ...asModelRequest(model, embeddings?.decodeRequest(wire).inputs), maxOutputTokens: 0 }
}
