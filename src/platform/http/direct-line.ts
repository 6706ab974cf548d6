import { closedError } from './error.ts'
import { type Halt, nothing } from './halt.ts'
import type { Line, LineListener } from './line.ts'
import type { Place } from './way.ts'

/** A line straight to a server. Resolves when it stands, and its TLS has shown who the server is. */
export function openLine(
  { host, port }: Pick<Place, 'host' | 'port'>,
  tls: Bun.TLSOptions | undefined,
  halt: Halt,
  listener: LineListener,
): Promise<Line> {
  const { promise, resolve, reject } = Promise.withResolvers<Line>()
  if (halt.reason) {
    reject(halt.reason)
    return promise
  }
  const end: End = {
    opened: (socket) => {
      halt.run = nothing
      const line = lineOf(socket, end)
      end.data = (bytes) => listener.data(bytes)
      end.closed = (cause) => listener.closed(cause)
      resolve(line)
    },
    data: nothing,
    drained: nothing,
    closed: (cause) => reject(cause ?? closedError()),
    failed: reject,
    isSecure: tls !== undefined,
  }
  halt.run = (reason) => {
    end.opened = (socket) => socket.terminate()
    end.closed = nothing
    reject(reason)
  }
  Bun.connect<End>({ hostname: host, port, data: end, socket: HANDLERS, ...(tls && { tls }) }).catch(reject)
  return promise
}

/** Our end of a socket, as its handlers call it. */
interface End {
  readonly isSecure: boolean
  opened: (socket: Bun.Socket<End>) => void
  data: (bytes: Uint8Array) => void
  drained: () => void
  closed: (cause: Error | undefined) => void
  readonly failed: (cause: Error) => void
}

const HANDLERS: Bun.SocketHandler<End> = {
  open(socket) {
    socket.setNoDelay(true)
    // Where a router on the way forgets the connection, the system finds out.
    socket.setKeepAlive(true, 60_000)
    if (!socket.data.isSecure) socket.data.opened(socket)
  },
  handshake(socket, isTrusted, error) {
    if (isTrusted) return socket.data.opened(socket)
    socket.data.failed(error ?? new Error('the server could not prove who it is'))
    socket.terminate()
  },
  // To cut a `Buffer` costs several times as much.
  data: (socket, { buffer, byteOffset, length }) => socket.data.data(new Uint8Array(buffer, byteOffset, length)),
  drain: (socket) => socket.data.drained(),
  close: (socket, cause) => socket.data.closed(cause),
  error: (socket, cause) => socket.data.failed(cause),
}

function lineOf(socket: Bun.Socket<End>, end: End): Line {
  let unsent: Uint8Array | undefined
  const send = (bytes: Uint8Array): void => {
    const taken = Math.max(0, socket.write(bytes))
    unsent = taken < bytes.length ? bytes.subarray(taken) : undefined
  }
  end.drained = () => {
    if (unsent) send(unsent)
  }
  return {
    send,
    isSent: () => unsent === undefined,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    hold: (isHeld) => (isHeld ? socket.ref() : socket.unref()),
    close: () => socket.terminate(),
  }
}
