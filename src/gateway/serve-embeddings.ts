import type { Ports } from '../platform/ports.ts'
import type { Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import type { Routes } from '../router/route.ts'
import { createTrace, type Answer, type Call } from './call.ts'
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
  readonly signal: AbortSignal
}

/** The response to a client that wants embeddings, with its line in the log and its record. */
export function serveEmbeddings(
  { wire, text, protocol, credential, signal }: Asked,
  routing: { readonly providers: readonly Provider[]; readonly routes: Routes },
  { counter, ports }: { readonly counter: TokenCounter; readonly ports: Ports },
): Promise<Response> {
  const call: Call = {
    id: ports.id('call_'),
    protocol,
    wire,
    text,
    request: asModelRequest(protocol.embeddings?.modelOf(wire) ?? ''),
    edited: false,
    signal,
    ...(credential && { credential }),
    trace: createTrace(ports.now()),
  }
  const answered = async (): Promise<Answer> => {
    const answer = await embed(call, { routing, counter, ports })
    call.trace.firstTokenAt = ports.now()
    return answer
  }
  return respond(call, answered(), ports, (outcome) => logCall(call, outcome, ports))
}
