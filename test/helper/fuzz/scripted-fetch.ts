import type { Ports } from '../../../src/platform/ports.ts'
import { isBytes, toBytes, type Answer } from '../answer.ts'

/** What a provider was asked. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly serial: number
}

/** A provider without a socket: for tests that ask so often that sockets would be most of their time. */
export function scriptedFetch(script: (asked: Asked) => Answer): Ports['fetch'] {
  let serial = 0
  return async (url, init) => {
    const body: unknown = JSON.parse(init.body)
    const answer = script({ method: init.method, path: new URL(url).pathname, body, serial: serial++ })
    const bytes = Buffer.concat(answer.pieces.filter(isBytes).map(toBytes))
    return new Response(new Uint8Array(bytes), { status: answer.status, headers: answer.headers })
  }
}
