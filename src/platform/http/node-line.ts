import { request } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure, createSecureContext, type SecureContext } from 'node:tls'
import { closedError, proxyError, proxyRefusal } from './error.ts'
import { type Halt, nothing } from './halt.ts'
import type { Line, LineListener } from './line.ts'
import { trustedWith } from './trust.ts'
import { credentials, isAddress, type Place, placeOf, type Way } from './way.ts'

/**
 * Opens the lines that Bun's own sockets cannot: through proxies (to the proxy itself for `http:`, which is told whole URLs,
 * through a tunnel for `https:`), and TLS to an IP address, which must not be told as the name of a server.
 */
export function createNodeLines(): (way: Way, halt: Halt, listener: LineListener) => Promise<Line> {
  // What is trusted is read once for each set of authorities.
  const contexts = new Map<string | undefined, SecureContext>()
  const contextOf = (ca: string | undefined): SecureContext => {
    const context = contexts.get(ca) ?? createSecureContext({ ca: trustedWith(ca) })
    contexts.set(ca, context)
    return context
  }
  return async (way, halt, listener) => {
    const open = (place: Place, over?: Socket): Promise<Socket> =>
      whenOpen(place.isSecure ? secure(place, contextOf(way.ca), over) : plain(place), place, halt)
    const name = way.proxy
    if (name === false) return lineOver(await open(way), listener)
    const proxy = new URL(name)
    const asProxys = (cause: unknown): never => {
      throw halt.reason ?? proxyError(name, cause)
    }
    const through = await open(placeOf(proxy)).catch(asProxys)
    if (!way.isSecure) return lineOver(through, listener)
    return lineOver(await open(way, await tunnel(through, way, proxy, halt).catch(asProxys)), listener)
  }
}

function lineOver(socket: Socket, listener: LineListener): Line {
  let cause: Error | undefined
  socket.on('data', ({ buffer, byteOffset, length }: Buffer) =>
    listener.data(new Uint8Array(buffer, byteOffset, length)),
  )
  socket.on('error', (error) => (cause = error))
  socket.once('close', () => listener.closed(cause))
  return {
    send: (bytes) => void socket.write(bytes),
    isSent: () => socket.writableLength === 0,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    hold: (isHeld) => void (isHeld ? socket.ref() : socket.unref()),
    close: () => void socket.destroy(),
  }
}

function plain({ host, port }: Place): Socket {
  return connectPlain({ host, port, noDelay: true })
}

function secure({ host, port }: Place, secureContext: SecureContext, over: Socket | undefined): Socket {
  return connectSecure({
    host,
    ...(over ? { socket: over } : { port }),
    secureContext,
    ...(!isAddress(host) && { servername: host }),
    ALPNProtocols: ['http/1.1'],
  })
}

/** Resolves when the connection stands, and TLS where there is any. */
function whenOpen(socket: Socket, { isSecure }: Place, halt: Halt): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(socket))
  // It stays: an error after this one concerns nobody, and must not end the process.
  socket.on('error', reject)
  socket.once('close', () => reject(closedError()))
  halt.run = (reason) => void socket.destroy(reason)
  if (halt.reason) halt.run(halt.reason)
  return promise.then(
    (open) => {
      halt.run = nothing
      open.setNoDelay(true)
      return open
    },
    (cause: unknown) => {
      halt.run = nothing
      socket.destroy()
      throw cause
    },
  )
}

/** Has a proxy pass on what is sent. */
function tunnel(through: Socket, { host, port }: Place, proxy: URL, halt: Halt): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const ask = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...credentials('proxy-authorization', proxy) },
    createConnection: () => through,
  })
  halt.run = (reason) => {
    through.destroy()
    reject(reason)
  }
  const refuse = (status: number | undefined): void => {
    through.destroy()
    reject(proxyRefusal(status))
  }
  const open = (socket: Socket): void => {
    halt.run = nothing
    resolve(socket)
  }
  ask.once('connect', ({ statusCode }, socket) => (statusCode === 200 ? open(socket) : refuse(statusCode)))
  ask.once('response', ({ statusCode }) => refuse(statusCode))
  ask.on('error', reject)
  ask.once('close', () => reject(closedError()))
  ask.end()
  return promise
}
