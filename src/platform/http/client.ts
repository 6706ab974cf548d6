import type { HttpBody, HttpReply, Log, Ports } from '../ports.ts'
import { type Connection, type HttpAnswer, openConnection } from './connection.ts'
import { openLine } from './direct-line.ts'
import { proxyError, proxyRefusal } from './error.ts'
import { createHalt, type Halt } from './halt.ts'
import type { Line, LineListener } from './line.ts'
import { createPool } from './pool.ts'
import { encodeRequest } from './request.ts'
import { createWays, isAddress, type Way } from './way.ts'

/**
 * HTTP/1.1 over sockets of our own. Bun's `fetch` works in a thread of its own, which costs as much as a small call, runs
 * but so many requests at once, and tells neither when a connection stands nor that a kept one was dead.
 */
export function createHttpClient(now: () => number, log: Log): Ports['fetch'] {
  const pool = createPool(now)
  const tripOf = createWays()
  const open = createOpener()
  return async (url, init) => {
    const { signal, onConnected, onBegin } = init
    signal.throwIfAborted()
    const halt = createHalt(signal, onBegin)
    const trip = tripOf(url, init)
    const { way } = trip
    const request = encodeRequest(trip, init)
    const kept = pool.take(way)
    if (kept) {
      const started = now()
      try {
        onConnected?.()
        return replyOf(await ask(kept, request, way, halt))
      } catch (cause) {
        // It has not delivered the call, unless the server may have been at work.
        if (halt.reason || kept.hasAnswered() || now() - started > AT_ONCE_MS) throw cause
        log('debug', 'a kept-alive connection was dead: asking again on a fresh one')
      }
    }
    const fresh: Connection = await openConnection((listener) => open(way, halt, listener), {
      idle: (keptMs) => pool.add(way, fresh, keptMs),
      gone: () => pool.remove(way, fresh),
    })
    onConnected?.()
    return replyOf(await ask(fresh, request, way, halt))
  }
}

/** A proxy that opens no tunnel answers itself where it has nobody's answer to pass on. */
function ask(connection: Connection, request: Uint8Array, { proxy, isSecure }: Way, halt: Halt): Promise<HttpAnswer> {
  const answer = connection.exchange(request, halt)
  if (proxy === false || isSecure) return answer
  return answer.then(
    (answered) => {
      if (answered.head.status !== 407) return answered
      connection.close()
      throw proxyError(proxy, proxyRefusal(407))
    },
    (cause: unknown) => {
      throw halt.reason ?? proxyError(proxy, cause)
    },
  )
}

/** A dead connection shows within a round trip; a reset that takes longer may come from a server that was at work. */
const AT_ONCE_MS = 2000

type Open = (way: Way, halt: Halt, listener: LineListener) => Promise<Line>

/** What only some ways need is loaded when the first of them is taken. */
function createOpener(): Open {
  let nodes: Promise<Open> | undefined
  return async (way, halt, listener) => {
    const isDirect = way.proxy === false && !(way.isSecure && isAddress(way.host))
    if (isDirect) return openLine(way, await tlsOf(way), halt, listener)
    nodes ??= import('./node-line.ts').then(({ createNodeLines }) => createNodeLines())
    return (await nodes)(way, halt, listener)
  }
}

async function tlsOf({ isSecure, host, ca }: Way): Promise<Bun.TLSOptions | undefined> {
  if (!isSecure) return undefined
  const trusted = ca === undefined ? {} : { ca: (await import('./trust.ts')).trustedWith(ca) }
  // The list of protocols as TLS writes it.
  return { serverName: host, ALPNProtocols: '\x08http/1.1', ...trusted }
}

function replyOf({ head: { status, headers }, body: sent }: HttpAnswer): HttpReply | Promise<HttpReply> {
  const coding = headers.get('content-encoding')
  const withBody = (body: HttpBody): HttpReply => ({
    status,
    ok: status >= 200 && status < 300,
    headers,
    body,
    text: () => textOf(body),
  })
  if (coding === undefined) return withBody(sent)
  return import('./decompress.ts').then(({ decompressed }) => withBody(decompressed(coding, sent)))
}

async function textOf(body: HttpBody): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  for (let next = await reader.read(); !next.done; next = await reader.read())
    text += decoder.decode(next.value, { stream: true })
  return text + decoder.decode()
}
