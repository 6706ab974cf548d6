import type { Endpoint } from '../provider.ts'
import { catalog } from './index.ts'
import { patternOf } from './pattern.ts'
import type { CatalogRow } from './row.ts'

/**
 * The row that an endpoint belongs to: the one with the same URL, else the first of the same host. Programs of this
 * machine are known by name alone: any program may have their ports.
 */
export function rowAt(endpoint: Pick<Endpoint, 'protocol' | 'baseUrl'>): CatalogRow | undefined {
  const { protocol, host } = new URL(endpoint.baseUrl)
  if (protocol !== 'https:') return undefined
  const near = catalog.filter((row) => row.endpoints.some(({ url }) => isAtHost(url, row, host)))
  return near.find((row) => hasUrl(row, endpoint)) ?? near[0]
}

/** Whether it is one of the row's own endpoints, whatever stands in the places for parameters. */
export function hasUrl(row: CatalogRow, { protocol, baseUrl }: Pick<Endpoint, 'protocol' | 'baseUrl'>): boolean {
  return row.endpoints.some((each) => each.protocol === protocol && patternOf(each.url, row.parameters).test(baseUrl))
}

/** Only a host with places in it costs a pattern: this is asked of every row when `ccr` starts. */
function isAtHost(template: string, { parameters }: CatalogRow, host: string): boolean {
  if (!template.startsWith(SCHEME)) return false
  const end = SCHEME.length + host.length
  if (template.startsWith(host, SCHEME.length)) return end === template.length || '/['.includes(template.charAt(end))
  if (!template.includes('{')) return false
  const [named = ''] = template.slice(SCHEME.length).split(/[/[]/, 1)
  return named.includes('{') && patternOf(named, parameters).test(host)
}

const SCHEME = 'https://'
