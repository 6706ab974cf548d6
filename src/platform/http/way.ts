import type { FetchInit } from '../ports.ts'

/** Where a server listens. */
export interface Place {
  readonly isSecure: boolean
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** How requests get to one origin. */
export interface Way extends Place {
  readonly proxy: FetchInit['proxy']
  readonly ca: string | undefined
  /** What stands before the path in the first line: a proxy that opens no tunnel is told the whole URL. */
  readonly prefix: string
  /** Headers that yield to those of the request. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request as it goes: the same way is the same object. */
export interface Trip {
  readonly way: Way
  /** Path and query. */
  readonly path: string
}

/** Reads URLs, which come from the config and so are few but for their paths. Throws a `TypeError` for what is none. */
export function createWays(): (url: string, init: Pick<FetchInit, 'proxy' | 'ca'>) => Trip {
  const known = new Map<string, Map<string, Way>>()
  return (url, { proxy, ca }) => {
    const end = endOfOrigin(url)
    const origin = url.slice(0, end)
    const ways = known.get(origin) ?? new Map<string, Way>()
    const manner = proxy === false && ca === undefined ? '' : `${proxy} ${ca}`
    const way = ways.get(manner) ?? createWay(new URL(origin), proxy, ca)
    if (known.size < MOST_KNOWN) known.set(origin, ways.set(manner, way))
    return { way, path: pathOf(url, end) }
  }
}

/** Whoever has more of them makes each anew, and does without kept connections. */
const MOST_KNOWN = 10_000

function endOfOrigin(url: string): number {
  const slash = url.indexOf('/', url.indexOf('//') + 2)
  const query = url.indexOf('?')
  const end = slash < 0 ? url.length : slash
  return query >= 0 && query < end ? query : end
}

function pathOf(url: string, end: number): string {
  const path = url.slice(end)
  if (path.startsWith('/') && PLAIN.test(path)) return path
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** A path and a query that need no encoding. */
const PLAIN = /^[\w/:.,;~!$&'()*+=@?%-]*$/

function createWay(origin: URL, proxy: FetchInit['proxy'], ca: string | undefined): Way {
  const place = placeOf(origin)
  const isTold = proxy !== false && !place.isSecure
  return {
    ...place,
    proxy,
    ca,
    prefix: isTold ? `http://${origin.host}` : '',
    headers: {
      host: origin.host,
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br, zstd',
      'user-agent': `Bun/${Bun.version}`,
      ...credentials('authorization', origin),
      ...(isTold && credentials('proxy-authorization', new URL(proxy))),
    },
  }
}

/** Where the URL of a server, or of a proxy, leads. */
export function placeOf({ protocol, hostname, port }: URL): Place {
  const isSecure = protocol === 'https:'
  if (!isSecure && protocol !== 'http:') throw new TypeError(`${protocol} cannot be asked: only http: and https: can`)
  return { isSecure, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (isSecure ? 443 : 80)) }
}

/** Whether a host is an IP address. */
export function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host)
}

/** The header `name` that shows the user and password of a URL. */
export function credentials(name: string, { username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { [name]: `Basic ${Buffer.from(pair).toString('base64')}` }
}
