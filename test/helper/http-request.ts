import type { Socket } from 'node:net'

/** A request read off a socket, without a server's opinion about it. */
export interface ParsedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The body's own bytes, as text. */
  readonly text: string
  /** The body parsed as JSON; undefined if it is none. */
  readonly body: unknown
}

/** Calls `onRequest` for each request on the socket, one after the other: the next waits until the last is answered. */
export function readRequests(socket: Socket, onRequest: (request: ParsedRequest) => Promise<void>): void {
  let pending: Buffer = Buffer.alloc(0)
  let answering = false
  const advance = async () => {
    if (answering) return
    const next = takeRequest(pending)
    if (!next) return
    pending = next.rest
    answering = true
    await onRequest(next.request)
    answering = false
    await advance()
  }
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk as Buffer])
    void advance()
  })
}

function takeRequest(bytes: Buffer): { request: ParsedRequest; rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [requestLine = '', ...headerLines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = headersOf(headerLines)
  const taken = takeBody(bytes.subarray(headEnd + 4), headers)
  if (!taken) return undefined
  const [method = '', target = '/'] = requestLine.split(' ')
  const url = new URL(target, 'http://upstream')
  const text = taken.body.toString('utf8')
  const request = { method, path: url.pathname, query: url.searchParams, headers, text, body: parsed(text) }
  return { request, rest: taken.rest }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return headers
}

function takeBody(bytes: Buffer, headers: Record<string, string>): { body: Buffer; rest: Buffer } | undefined {
  if (headers['transfer-encoding']?.includes('chunked')) return takeChunks(bytes)
  const length = Number(headers['content-length'] ?? 0)
  return bytes.length < length ? undefined : { body: bytes.subarray(0, length), rest: bytes.subarray(length) }
}

function takeChunks(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(next) }
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
