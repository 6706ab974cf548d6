import { createServer, type AddressInfo, type Socket } from 'node:net'

import { isBytes, lengthOf, toBytes, type Answer, type Piece } from './answer.ts'
import { readRequests, type ParsedRequest } from './http-request.ts'

/** One request as the scripted upstream received it. Times are `performance.now()`, in milliseconds. */
export interface Received extends ParsedRequest {
  /** How many requests this upstream had before. */
  readonly serial: number
  /** How many requests came before on the same connection. */
  readonly turn: number
  readonly receivedAt: number
  /** When the caller went away before the answer was complete; absent: it stayed to the end. */
  abortedAt?: number
  /** When the last byte of the answer was handed to the socket. */
  answeredAt?: number
  /** Settles when the answer is complete or the caller is gone, whichever comes first. */
  readonly settled: Promise<'answered' | 'aborted'>
}

/** Decides the answer to a request. */
export type Script = (request: Received) => Answer | Promise<Answer>

/** A provider on 127.0.0.1 that answers what a test scripted, byte for byte, and remembers what it was asked. */
export interface Upstream {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string
  readonly port: number
  readonly requests: readonly Received[]
  /** TCP connections accepted so far. */
  readonly connections: () => number
  /** The first, or `count`th, request: at once if it is here already, else when it comes. */
  readonly request: (count?: number) => Promise<Received>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a scripted upstream on a free port. A script that throws is answered with a plain 500 that says why. */
export async function createUpstream(script: Script): Promise<Upstream> {
  const requests: Received[] = []
  const sockets = new Set<Socket>()
  const waiting: { count: number; resolve: (request: Received) => void }[] = []
  let accepted = 0

  const server = createServer({ noDelay: true }, (socket) => {
    accepted += 1
    let turns = 0
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    readRequests(socket, async (parsed) => {
      const exchange = openExchange(parsed, { serial: requests.length, turn: turns++ }, socket)
      requests.push(exchange.received)
      for (const { count, resolve } of waiting) if (count === requests.length) resolve(exchange.received)
      await exchange.send(await answerOf(script, exchange.received))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => accepted,
    request: (count = 1) => {
      const known = requests[count - 1]
      return known ? Promise.resolve(known) : new Promise((resolve) => waiting.push({ count, resolve }))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function answerOf(script: Script, request: Received): Promise<Answer> {
  try {
    return await script(request)
  } catch (error) {
    const text = `the test's script failed: ${error instanceof Error ? error.stack : String(error)}`
    return { status: 500, headers: { 'content-type': 'text/plain' }, framing: 'whole', pieces: [text] }
  }
}

function openExchange(parsed: ParsedRequest, place: Pick<Received, 'serial' | 'turn'>, socket: Socket) {
  let settle: (outcome: 'answered' | 'aborted') => void = () => {}
  let gone = () => {}
  const leaving = new Promise<void>((resolve) => (gone = resolve))
  const received: Received = {
    ...parsed,
    ...place,
    receivedAt: performance.now(),
    settled: new Promise((resolve) => (settle = resolve)),
  }
  const onLeave = () => {
    if (received.answeredAt === undefined) received.abortedAt ??= performance.now()
    settle('aborted')
    gone()
  }
  socket.once('end', onLeave)
  socket.once('close', onLeave)

  const send = async (answer: Answer) => {
    await sendAnswer(socket, answer, leaving, () => {
      received.answeredAt = performance.now()
      settle('answered')
    })
    socket.off('end', onLeave)
    socket.off('close', onLeave)
  }
  return { received, send }
}

async function sendAnswer(socket: Socket, answer: Answer, leaving: Promise<void>, onSent: () => void): Promise<void> {
  const { head, wrap, tail } = FRAMINGS[answer.framing](answer)
  const play = (piece: Exclude<Piece, { stop: unknown }>) => {
    if (isBytes(piece)) return write(socket, wrap(toBytes(piece)), leaving)
    return 'until' in piece ? Promise.race([leaving, piece.until]) : pause(piece.pauseMs, leaving)
  }
  if (head) await write(socket, head, leaving)
  for (const piece of answer.pieces) {
    if (socket.destroyed) return
    if (typeof piece === 'object' && 'stop' in piece) return stop(socket, piece.stop, tail, onSent)
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other is what the test asked for
    await play(piece)
  }
  if (socket.destroyed) return
  onSent()
  if (tail) await write(socket, tail, leaving)
  if (answer.framing === 'raw') socket.end()
}

function stop(socket: Socket, how: 'cut' | 'reset' | 'end', tail: string, onSent: () => void): void {
  onSent()
  if (how === 'reset') socket.resetAndDestroy()
  else socket.end(how === 'end' ? tail : '')
}

const FRAMINGS = {
  whole: (answer: Answer) => ({
    head: headOf(answer, { 'content-length': String(lengthOf(answer)) }),
    wrap: (bytes: Uint8Array): Uint8Array => bytes,
    tail: '',
  }),
  chunked: (answer: Answer) => ({
    head: headOf(answer, { 'transfer-encoding': 'chunked' }),
    wrap: (bytes: Uint8Array): Uint8Array =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
    tail: '0\r\n\r\n',
  }),
  raw: () => ({ head: '', wrap: (bytes: Uint8Array): Uint8Array => bytes, tail: '' }),
} satisfies Record<Answer['framing'], (answer: Answer) => unknown>

function headOf(answer: Answer, extra: Record<string, string>): string {
  const lines = Object.entries({ ...extra, ...answer.headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${answer.status} Scripted\r\n${lines.join('')}\r\n`
}

/** Resolves when the socket took the bytes, so that back-pressure reaches the script and pieces are not glued together. */
async function write(socket: Socket, bytes: string | Uint8Array, leaving: Promise<void>): Promise<void> {
  if (socket.destroyed || bytes.length === 0) return
  if (socket.write(bytes)) await new Promise(setImmediate)
  else await Promise.race([leaving, new Promise((resolve) => socket.once('drain', resolve))])
}

async function pause(ms: number, leaving: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([leaving, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
