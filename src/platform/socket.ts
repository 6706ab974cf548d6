import { request } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { FetchInit } from './ports.ts'

/** How a server is reached. */
export type Way = Pick<FetchInit, 'proxy' | 'ca' | 'signal'>

/** Opens connections; what is trusted is read once for each set of authorities. */
export function createSocketOpener(): (target: URL, way: Way) => Promise<Socket> {
  const contexts = new Map<string | undefined, SecureContext>()
  const contextOf = (ca: string | undefined): SecureContext => {
    const context = contexts.get(ca) ?? createSecureContext({ ca: [...trusted(), ...(ca === undefined ? [] : [ca])] })
    contexts.set(ca, context)
    return context
  }
  return async (target, { proxy, ca, signal }) => {
    const open = (url: URL, over?: Socket): Promise<Socket> =>
      whenOpen(url.protocol === 'https:' ? secure(url, contextOf(ca), over) : plain(url), url, signal)
    if (proxy === false) return open(target)
    const through = await open(new URL(proxy))
    if (target.protocol !== 'https:') return through
    return open(target, await tunnel(through, target, new URL(proxy), signal))
  }
}

/** The header that shows a proxy the user and password of its URL. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** What Bun's `fetch` trusts: on Linux also the system's, which a process may be given by `SSL_CERT_FILE`. */
function trusted(): Set<string> {
  const system = process.platform === 'linux' ? getCACertificates('system') : []
  return new Set([...getCACertificates('default'), ...system])
}

function plain(url: URL): Socket {
  return connectPlain({ host: hostOf(url), port: portOf(url), noDelay: true })
}

function secure(url: URL, secureContext: SecureContext, over: Socket | undefined): Socket {
  const host = hostOf(url)
  const isName = !/^[\d.]+$|:/.test(host)
  return connectSecure({
    host,
    ...(over ? { socket: over } : { port: portOf(url) }),
    secureContext,
    ...(isName && { servername: host }),
    ALPNProtocols: ['http/1.1'],
  })
}

/** Resolves when the connection stands, and TLS where there is any. */
function whenOpen(socket: Socket, { protocol }: URL, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const abort = (): void => void socket.destroy(signal.reason as Error)
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => resolve(socket))
  // It stays: an error after this one concerns nobody, and must not end the process.
  socket.on('error', reject)
  socket.once('close', () => reject(new Error('the connection was closed while it was opened')))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return promise.then(
    (open) => {
      signal.removeEventListener('abort', abort)
      open.setNoDelay(true)
      return open
    },
    (cause: unknown) => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      throw cause
    },
  )
}

/** Has a proxy pass on what is sent to `target`. */
function tunnel(through: Socket, target: URL, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const authority = `${target.hostname}:${portOf(target)}`
  const ask = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    createConnection: () => through,
    signal,
  })
  const refuse = (status: number | undefined): void => {
    through.destroy()
    reject(Object.assign(new Error(`the proxy answered ${status}`), { code: 'ERR_PROXY_TUNNEL' }))
  }
  ask.once('connect', ({ statusCode }, socket) => (statusCode === 200 ? resolve(socket) : refuse(statusCode)))
  ask.once('response', ({ statusCode }) => refuse(statusCode))
  ask.on('error', reject)
  ask.once('close', () => reject(new Error('the proxy closed the connection')))
  ask.end()
  return promise
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}
