import { type IncomingMessage, request } from 'node:http'
import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { FetchInit, Ports } from './ports.ts'
import { createSocketOpener, proxyAuthorization } from './socket.ts'

/**
 * Requests without Bun's `fetch`, which lets only so many run at once in a process. It is slower, and each request has a
 * connection of its own; in all else it does the same.
 */
export function createUncappedFetch(): Ports['fetch'] {
  const open = createSocketOpener()
  return async (url, init) => {
    const target = new URL(url)
    const socket = await open(target, init)
    init.onConnected?.()
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = request({
      method: init.method,
      ...lineOf(target, init),
      createConnection: () => socket,
      signal: init.signal,
    })
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.once('close', () => reject(closed()))
    outgoing.end(init.body)
    return responseOf(await promise, () => outgoing.destroy())
  }
}

/** Path and headers as the server, or the proxy before it, expects them. */
function lineOf(target: URL, { headers, body, proxy }: FetchInit) {
  const own = {
    host: target.host,
    'accept-encoding': 'gzip, br',
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  }
  if (proxy === false || target.protocol === 'https:') return { path: target.pathname + target.search, headers: own }
  return { path: target.href, headers: { ...own, ...proxyAuthorization(new URL(proxy)) } }
}

/** Also for servers that compress as nobody asked. */
const DECOMPRESSORS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** Statuses that have no body. */
const BARE: ReadonlySet<number> = new Set([204, 205, 304])

function responseOf(message: IncomingMessage, end: () => void): Response {
  const { statusCode: status = 0 } = message
  if (status < 200 || status > 599) {
    end()
    throw new Error(`the server answered with the status ${status}, which does not exist`)
  }
  const headers = new Headers()
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2)
    headers.append(message.rawHeaders[index] as string, message.rawHeaders[index + 1] as string)
  if (BARE.has(status)) end()
  return new Response(BARE.has(status) ? null : bodyOf(message, end), { status, headers })
}

/** The body as it is asked for: what nobody reads is not fetched. */
function bodyOf(message: IncomingMessage, end: () => void): ReadableStream<Uint8Array> {
  const pieces = decompressed(message)[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next().catch(asDamage)
        if (done) controller.close()
        else controller.enqueue(value as Uint8Array)
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

function decompressed(message: IncomingMessage): Readable {
  // Whoever reads is told; that nobody does must not end the process.
  message.on('error', () => {})
  const decompress = DECOMPRESSORS[(message.headers['content-encoding'] ?? '').toLowerCase().trim()]
  if (!decompress) return message
  const decompressor = decompress()
  pipeline(message, decompressor, () => {})
  return decompressor
}

/** Each decompressor has codes of its own; those of Bun's `fetch` are known to whoever reads. */
function asDamage(cause: unknown): never {
  const code = String((cause as { code?: unknown }).code)
  throw /^Z_|^ZSTD|^ERR__/.test(code) ? Object.assign(new Error(code), { code: 'ZlibError' }) : cause
}

function closed(): Error {
  return Object.assign(new Error('the connection was closed before an answer came'), { code: 'ConnectionClosed' })
}
