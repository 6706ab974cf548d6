import { authOf } from '../endpoint.ts'
import type { Endpoint } from '../provider.ts'
import { patternOf } from './pattern.ts'
import type { CatalogEndpoint, CatalogRow } from './row.ts'

/** What a user has said of a row's own places, and what the row or the environment says instead. */
export interface Filling {
  /** By parameter. */
  readonly values: Readonly<Record<string, string>>
  /** Scheme and host that stand in for those of every URL of the row. */
  readonly origin?: string
}

/** A row with every place filled in. */
export interface Filled {
  readonly endpoints: readonly Endpoint[]
  readonly headers: Readonly<Record<string, string>>
  /** The parameters without which no URL can be made. */
  readonly missing: readonly string[]
}

/** The endpoints and headers of a row, with the user's own account, region and the like in their places. */
export function fillRow(row: CatalogRow, { values: stated, origin }: Filling): Filled {
  const values = withDerived(row, stated)
  const templates = row.endpoints.map((endpoint) => ({ ...endpoint, url: atOrigin(endpoint.url, origin) }))
  const all = templates.flatMap(({ url, query = '' }) => [url, query])
  const missing = Object.keys(row.parameters ?? {}).filter(
    (name) => values[name] === undefined && all.some((template) => needs(template, name)),
  )
  if (missing.length > 0) return { endpoints: [], headers: {}, missing }
  return {
    endpoints: templates.map((endpoint) => endpointOf(endpoint, values)),
    headers: Object.fromEntries(filledIn(row.headers ?? {}, values)),
    missing,
  }
}

/** The parameters that a URL of the row, or its host alone, already says; `undefined` if it does not say all. */
export function valuesIn(row: CatalogRow, { baseUrl }: Pick<Endpoint, 'baseUrl'>): Filling['values'] | undefined {
  const values: Record<string, string> = {}
  for (const { url } of row.endpoints) Object.assign(values, patternOf(url, row.parameters).exec(baseUrl)?.groups)
  const said = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  return fillRow(row, { values: said }).missing.length > 0 ? undefined : said
}

/** The parameters of a template, in the order in which they stand there. */
function parametersIn(template: string): string[] {
  return [...template.matchAll(place)].map(([, name = '']) => name)
}

const place = /\{(\w+)\}/g
const optionalPart = /\[([^\]]*)\]/g

function withDerived({ parameters = {} }: CatalogRow, stated: Filling['values']): Filling['values'] {
  const derived = Object.entries(parameters).flatMap(([name, { from }]) => {
    const base = from && stated[from.parameter]
    if (!from || base === undefined || stated[name] !== undefined) return []
    return [[name, from.known[base] ?? fillText(from.otherwise, stated, encodeURIComponent) ?? ''] as const]
  })
  return { ...stated, ...Object.fromEntries(derived) }
}

function atOrigin(template: string, origin: string | undefined): string {
  return origin === undefined ? template : template.replace(/^https?:\/\/[^/[]+/, origin)
}

function needs(template: string, name: string): boolean {
  return template.replace(optionalPart, '').includes(`{${name}}`)
}

function endpointOf(endpoint: CatalogEndpoint, values: Filling['values']): Endpoint {
  const { protocol, url, query = '', auth, authOptions = {}, addressing, serves } = endpoint
  const path = url.replace(optionalPart, (_, part: string) => fillText(part, values, encodeURIComponent) ?? '')
  return {
    protocol,
    baseUrl: fillText(path, values, encodeURIComponent) ?? path,
    query: fillText(query, values, encodeURIComponent) ?? query,
    auth: auth ?? authOf(protocol),
    ...optionsOf(authOptions, values),
    ...(addressing && { addressing }),
    ...(serves !== undefined && { serves }),
  }
}

function optionsOf(
  options: Readonly<Record<string, string>>,
  values: Filling['values'],
): Pick<Endpoint, 'authOptions'> {
  const filled = filledIn(options, values)
  return filled.length > 0 ? { authOptions: Object.fromEntries(filled) } : {}
}

/** The texts in which every value is set. */
function filledIn(texts: Readonly<Record<string, string>>, values: Filling['values']): (readonly [string, string])[] {
  return Object.entries(texts).flatMap(([name, text]) => {
    const filled = fillText(text, values, (value) => value)
    return filled === undefined ? [] : [[name, filled] as const]
  })
}

/** `undefined` if a value is not set. */
function fillText(template: string, values: Filling['values'], encode: (value: string) => string): string | undefined {
  const isLacking = parametersIn(template).some((name) => values[name] === undefined)
  return isLacking ? undefined : template.replace(place, (_, name: string) => encode(values[name] ?? ''))
}
