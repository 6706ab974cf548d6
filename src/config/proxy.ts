import type { Environment } from './interpolate.ts'

/** Why an address cannot be a proxy. */
export interface ProxyProblem {
  readonly problem: string
  readonly suggestion: string
  /** The variable of the environment that names the proxy; absent: the config. */
  readonly variable?: string
}

/**
 * The proxy of a provider: the config's, else the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` in either case),
 * unless the provider is on loopback or `NO_PROXY` names it.
 */
export function proxyFor(
  url: URL,
  configured: string | false | undefined,
  env: Environment,
): string | false | ProxyProblem {
  if (configured === false || isLoopback(url.hostname) || isExempt(url, env['NO_PROXY'] || env['no_proxy']))
    return false
  if (configured !== undefined) return checkProxy(configured)
  const variable = variablesOf(url).find((name) => env[name])
  const value = variable === undefined ? undefined : env[variable]
  if (variable === undefined || value === undefined) return false
  const proxy = checkProxy(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`)
  return typeof proxy === 'string' ? proxy : { ...proxy, variable }
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
  const host = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function variablesOf(url: URL): string[] {
  // HTTP_PROXY in upper case can be set by a request header in CGI, but this is no CGI program.
  const own = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy']
  return [...own, 'ALL_PROXY', 'all_proxy']
}

/** `NO_PROXY`: hosts, domains with or without a leading dot, `host:port`, `*`. */
function isExempt(url: URL, list: string | undefined): boolean {
  const host = url.hostname.toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return (list ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
      if (name === '' || (entryPort !== undefined && entryPort !== port)) return false
      const domain = name.replace(/^\*?\./, '')
      return name === '*' || host === domain || host.endsWith(`.${domain}`)
    })
}
