import type { Protocol } from '../../protocol/protocol.ts'
import { ModelError } from '../../canonical/error.ts'

/** Whether the client asks to go on over a WebSocket, as Codex does where its config says that the provider can. */
export function asksForUpgrade(request: Request): boolean {
  return request.method === 'GET' && request.headers.get('upgrade')?.toLowerCase() === 'websocket'
}

/**
 * Says no. Codex takes this status, and no other, as a word about the transport: it goes on over HTTP at once, without a
 * warning. Any other makes it try again first.
 */
export function refuseUpgrade(protocol: Protocol): Response {
  const error = new ModelError('WebSockets are not served here: use HTTP', { kind: 'bad-request', status: 426 })
  return Response.json(protocol.encodeError(error), { status: error.status, headers: { upgrade: 'HTTP/1.1' } })
}
