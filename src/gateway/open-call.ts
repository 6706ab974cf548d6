import type { Ports } from '../platform/ports.ts'
import { createTrace, type Call, type Handler } from './call.ts'
import type { ClientKey } from './client-key.ts'
import type { Credential } from './credential.ts'
import { unlessCut } from './cut.ts'
import { logCall } from './middleware/log.ts'
import { respond } from './respond.ts'

/** Who asks, and for how long. */
export interface Caller {
  readonly credential: Credential | undefined
  readonly key: ClientKey | undefined
  readonly signal: AbortSignal
}

/** A call that asks a model, as it begins. */
export function openCall(
  asked: Pick<Call, 'protocol' | 'wire' | 'text' | 'request'>,
  { credential, key, signal }: Caller,
  ports: Ports,
): Call {
  const { protocol, wire, text, request } = asked
  return {
    id: ports.id('call_'),
    protocol,
    wire,
    text,
    request,
    edited: false,
    signal,
    credential,
    clientKey: key,
    keyLabel: key?.label,
    trace: createTrace(ports.now()),
  }
}

/** The response to `call`, as `ask` gives it; at its end all who wait for that hear of it, the log last. */
export function respondWith(call: Call, ask: Handler, ports: Ports): Promise<Response> {
  return respond(call, unlessCut(call, ask, ports), ports, (outcome) => {
    for (const end of call.trace.atEnd) end()
    logCall(call, outcome, ports)
  })
}
