/** Who may talk to the server, whatever they ask for. */
export interface Access {
  /** The address that is listened on. */
  readonly host: string
  readonly port: number
  /** Further names of this server (`ccr.example`, `ccr.example:8443`, `.example`, `*`). */
  readonly allowedHosts: readonly string[]
  /** Origins whose pages may use it (`https://app.example`); `*` in one stands for letters, digits, dots and hyphens. */
  readonly allowedOrigins: readonly string[]
}

/** `refusal`: why the request is not served, and the status if it is not 403. `origin`: a page of this other site asks, and may. */
export type Verdict =
  | { readonly refusal: string; readonly status?: number; readonly origin?: never }
  | { readonly refusal?: never; readonly status?: never; readonly origin?: string }

export type Guard = (request: Request) => Verdict

/**
 * A page that some site shows may send requests to this machine: by a foreign `Origin`, by a name of its own that it lets
 * point to this address, or in a form that browsers send without asking. So `Host` must name this server, an `Origin`, if
 * there is one, must be its own or allowed, and a body must not be of a form that pages send unasked.
 */
export function createGuard({ host, port, allowedHosts, allowedOrigins }: Access): Guard {
  const isOwnName = createNameCheck(host, allowedHosts)
  const isAllowed = allowedOrigins.map(patternOf)
  // Clients call it by the same name again and again.
  let last: { readonly header: string | null; readonly named: HostName } | undefined
  const ownNameIn = (header: string | null): HostName | undefined => {
    if (last?.header === header) return last.named
    const named = parseHost(header)
    if (!named || !isOwnName(named)) return undefined
    last = { header, named }
    return named
  }
  return ({ headers, method }) => {
    const named = ownNameIn(headers.get('host'))
    if (!named) return { refusal: FOREIGN_HOST }
    const origin = headers.get('origin')?.toLowerCase()
    const isOwn = origin === undefined || isOwnOrigin(origin, named, port)
    if (!isOwn && !isAllowed.some((pattern) => pattern.test(origin))) return { refusal: FOREIGN_ORIGIN }
    if (headers.has('upgrade') && method === 'GET') return { refusal: UPGRADE, status: 426 }
    if (method !== 'GET' && SENT_UNASKED.test(headers.get('content-type') ?? '')) return { refusal: UNASKED }
    return isOwn ? WELCOME : { origin: headers.get('origin') as string }
  }
}

const WELCOME: Verdict = {}
const FOREIGN_HOST =
  'the Host header does not name this router: use 127.0.0.1 or localhost, or add the name to ALLOWED_HOSTS of its config'
const FOREIGN_ORIGIN =
  'pages of other sites may not use this router: ALLOWED_ORIGINS of its config names those that may'
// After this status alone Codex goes on over HTTP at once, without a warning: any other makes it try again first.
const UPGRADE = 'WebSocket connections are not served: use HTTP'
const UNASKED =
  'this content-type is not served, because any web page could send it: use content-type: application/json'

// The types that a browser lets a page send anywhere without a preflight.
const SENT_UNASKED = /^\s*(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\b/i

/** Whether a host name or address is this machine's loopback. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

/** A `Host` header, in lower case. */
interface HostName {
  readonly name: string
  readonly port: string
}

function parseHost(header: string | null): HostName | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/.exec(header?.toLowerCase() ?? '')
  return match ? { name: (match[1] as string).replace(/\.$/, ''), port: match[2] ?? '' } : undefined
}

/** A server that listens beyond loopback is also called by address: no site can make an address its own name. */
function createNameCheck(host: string, allowed: readonly string[]): (named: HostName) => boolean {
  const isOpen = !isLoopbackName(host)
  const entries = allowed.map((entry) => entry.toLowerCase().replace(/^\*\./, '.'))
  return ({ name, port }) =>
    isLoopbackName(name) ||
    (isOpen && (isAddress(name) || name === host.toLowerCase())) ||
    entries.some(
      (entry) =>
        entry === '*' ||
        entry === name ||
        entry === `${name}:${port}` ||
        (entry.startsWith('.') && name.endsWith(entry)),
    )
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)
}

function isOwnOrigin(origin: string, named: HostName, port: number): boolean {
  const url = URL.parse(origin)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  const isSame = url.hostname === named.name && url.port === (named.port === defaultPort(url) ? '' : named.port)
  return isSame || (isLoopbackName(url.hostname) && (url.port || defaultPort(url)) === String(port))
}

function defaultPort(url: URL): string {
  return url.protocol === 'https:' ? '443' : '80'
}

function patternOf(origin: string): RegExp {
  const parts = origin.toLowerCase().split('*')
  return new RegExp(`^${parts.map((part) => part.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&')).join('[a-z0-9.-]+')}$`)
}
