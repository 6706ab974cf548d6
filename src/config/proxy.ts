import type { Environment } from './interpolate.ts'
import { isExempt } from './no-proxy.ts'

/** Why an address cannot be a proxy. */
export interface ProxyProblem {
  readonly problem: string
  readonly suggestion: string
  /** The variable of the environment that names the proxy; absent: the config. */
  readonly variable?: string
}

/** What decides about the proxy of a provider besides its URL. */
export interface ProxyChoice {
  /** The provider's own; `false`: none. */
  readonly own?: string | false
  /** The config's, for all providers. */
  readonly shared?: string
  readonly env: Environment
}

/**
 * The proxy of a provider: its own, else the config's, else the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` in
 * either case), but for hosts that `NO_PROXY` names. This machine is never called through one.
 */
export function proxyFor(url: URL, { own, shared, env }: ProxyChoice): string | false | ProxyProblem {
  if (own === false || isThisMachine(url.hostname)) return false
  if (own !== undefined) return checkProxy(own)
  if (isExempt(url, env)) return false
  if (shared !== undefined) return checkProxy(shared)
  const variable = variablesOf(url).find((name) => env[name]?.trim())
  const value = variable === undefined ? undefined : env[variable]?.trim()
  if (variable === undefined || value === undefined) return false
  const proxy = checkProxy(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`)
  return typeof proxy === 'string' ? proxy : { ...proxy, variable }
}

/** Whether `proxy` is this router, listening on `port`: calls would go in circles. */
export function isOwnAddress(proxy: string, port: number): boolean {
  const url = URL.parse(proxy)
  return (
    url !== null &&
    isThisMachine(url.hostname) &&
    (url.port || (url.protocol === 'https:' ? '443' : '80')) === String(port)
  )
}

/** The proxy's URL if it is one that can be used: an HTTP proxy. */
export function checkProxy(written: string): string | ProxyProblem {
  const text = written.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme?.startsWith('socks')) {
    return {
      problem: `a ${scheme} proxy cannot be used, only an HTTP proxy`,
      suggestion: 'name its HTTP port: `http://127.0.0.1:…`',
    }
  }
  if ((scheme !== 'http' && scheme !== 'https') || !URL.parse(text)) {
    return { problem: 'expected the URL of an HTTP proxy', suggestion: 'write `http://host:port`' }
  }
  return text
}

/** Whether the address is this machine. */
export function isLoopback(hostname: string): boolean {
  const host = bareAddress(hostname).toLowerCase().replace(/\.$/, '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** `::1` for `[::1]`, which is how it is written in a URL. */
export function bareAddress(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

/** Also what leads to this machine without being a loopback address: `0.0.0.0`, `::`, and IPv4 written as IPv6. */
function isThisMachine(hostname: string): boolean {
  return isLoopback(hostname) || ['0.0.0.0', '[::]'].includes(hostname) || /^\[::ffff:7f[0-9a-f]{2}:/.test(hostname)
}

function variablesOf(url: URL): string[] {
  // HTTP_PROXY in upper case can be set by a request header in CGI, but this is no CGI program.
  const own = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy']
  return [...own, 'ALL_PROXY', 'all_proxy']
}
