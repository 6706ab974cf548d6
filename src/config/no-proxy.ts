import type { Environment } from './interpolate.ts'

/**
 * Whether `NO_PROXY` or `no_proxy` names the host of `url`: by `*`, its name, a domain with or without a leading dot, its
 * address, a range of addresses (`10.0.0.0/8`) or a pattern (`10.*`); each also with a port. The two lists count together.
 */
export function isExempt(url: URL, env: Environment): boolean {
  const target = { host: bare(url.hostname), port: url.port || (url.protocol === 'https:' ? '443' : '80') }
  return [env['NO_PROXY'], env['no_proxy']]
    .flatMap((list) => (list ?? '').toLowerCase().split(/[\s,;]+/))
    .some((entry) => names(entry, target))
}

interface Target {
  readonly host: string
  readonly port: string
}

function names(entry: string, { host, port }: Target): boolean {
  const { name, port: entryPort } = parse(entry)
  if (name === '' || (entryPort !== undefined && entryPort !== port)) return false
  if (name === '*') return true
  if (name.includes('/')) return isInRange(host, name)
  const address = toBits(host)
  if (address !== undefined) return address === toBits(name) || isLike(host, name)
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return host === domain || host.endsWith(`.${domain}`) || isLike(host, domain)
}

/** The colons of an IPv6 address are no port's, unless it stands in brackets. */
function parse(entry: string): { name: string; port?: string } {
  const [, bracketed, bracketedPort] = /^\[(.*)\](?::(\d+))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { name: bracketed, ...(bracketedPort !== undefined && { port: bracketedPort }) }
  const [, name = '', port] = /^([^:]*)(?::(\d+))?$/.exec(entry) ?? []
  return name === '' ? { name: entry } : { name, ...(port !== undefined && { port }) }
}

/** As Windows writes it: `10.*`, `*.corp.*`. */
function isLike(host: string, pattern: string): boolean {
  if (!pattern.includes('*')) return false
  const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'))
  return /^[\w.\\:-]*$/.test(parts.join('')) && new RegExp(`^${parts.join('.*')}$`).test(host)
}

function isInRange(host: string, range: string): boolean {
  const [network = '', length = ''] = range.split('/')
  const [address, base] = [toBits(host), toBits(network)]
  if (address === undefined || base === undefined || !/^\d+$/.test(length) || Number(length) > base.length) return false
  return address.length === base.length && address.startsWith(base.slice(0, Number(length)))
}

/** An address as a text of 32 or 128 zeros and ones; `undefined` if it is none. */
function toBits(text: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (v4) return bits(v4.slice(1).map(Number), 8)
  if (!text.includes(':')) return undefined
  // The URL parser writes every spelling of an IPv6 address in the same way.
  const host = URL.parse(`http://[${text}]`)?.hostname
  if (host === undefined) return undefined
  const [head = '', tail] = bare(host).split('::')
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - first.length - last.length }, () => 0)
  return bits([...first, ...zeros, ...last], 16)
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function bits(numbers: readonly number[], width: number): string | undefined {
  if (numbers.some((number) => number >= 2 ** width)) return undefined
  return numbers.map((number) => number.toString(2).padStart(width, '0')).join('')
}

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
