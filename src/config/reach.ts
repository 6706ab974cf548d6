import type { JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { fillRow, valuesIn, type Filled } from '../provider/catalog/fill.ts'
import { hasUrl, rowAt } from '../provider/catalog/find.ts'
import { catalogNames, rowNamed } from '../provider/catalog/index.ts'
import type { CatalogRow } from '../provider/catalog/row.ts'
import { isEndpointProblem, isFullCall, protocolOfDialects, readEndpoint } from '../provider/endpoint.ts'
import type { DialectUse, Endpoint } from '../provider/provider.ts'
import { meant } from './check.ts'
import type { Environment } from './interpolate.ts'
import { readOrigin, readParameters, tellMissing, withSigning } from './parameters.ts'
import { protocolNamed, protocolNames } from './protocol-name.ts'
import { didYouMean } from './suggest.ts'
import { vertexDialectOf, vertexEndpoint } from './vertex-dialect.ts'

/** Where a provider is reached, and what the catalog knows of it. */
export interface Reach {
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  readonly headers: Readonly<Record<string, string>>
  readonly row?: CatalogRow
  /** The row's own name was written, and no URL: everything is the row's. */
  readonly isByName: boolean
  /** What the catalog added, in words. */
  readonly filled: readonly string[]
}

/** What an entry says of where its provider is. */
export interface Wanted {
  readonly name: string
  readonly fields: JsonObject
  readonly dialects: readonly DialectUse[]
  /** Variables of the environment, and of the config where it holds them. */
  readonly env: Environment
  /** Tells an error at one of the entry's fields, at its key if `atKey`; without a field at the entry itself. */
  readonly tell: (
    field: string | readonly string[] | undefined,
    message: string,
    suggestion?: string,
    atKey?: boolean,
  ) => void
}

/** The endpoints of an entry with `api_base_url`, or with a name of the catalog. `undefined`: it was told what is wrong. */
export function readReach(wanted: Wanted): Reach | undefined {
  const { fields } = wanted
  const stated = readStated(wanted)
  if (stated === 'unknown') return undefined
  const written = asString(fields['api_base_url'])?.trim()
  // What is written there is no text, as the schema has told.
  if (!written && (fields['api_base_url'] ?? undefined) !== undefined) return undefined
  const reach = written ? atUrl(wanted, written, stated) : byName(wanted, stated)
  return reach && withSigning(wanted, withStated(wanted, written, reach))
}

function readStated({ fields, tell }: Wanted): CatalogRow | 'unknown' | undefined {
  const written = asString(fields['catalog'])?.trim()
  if (!written) return undefined
  const row = rowNamed(written)
  if (row) return row
  const message = `the catalog knows nobody named \`${written}\``
  tell('catalog', message, didYouMean(written, catalogNames()) ?? 'write `api_base_url` instead')
  return 'unknown'
}

function byName(wanted: Wanted, stated: CatalogRow | undefined): Reach | undefined {
  const { name, fields, tell } = wanted
  // A misspelt key is a URL that the user chose: his key must not go anywhere else.
  const misspelt = Object.keys(fields).find((key) => !known.has(key) && meant(key, ['api_base_url']) === 'api_base_url')
  if (misspelt !== undefined) {
    const message = `expected the key \`api_base_url\`, found \`${misspelt}\``
    tell(misspelt, message, 'did you mean `api_base_url`?', true)
    return undefined
  }
  const row = stated ?? rowNamed(name)
  if (!row) {
    const near = didYouMean(name, catalogNames())
    tell(undefined, 'the key `api_base_url` is missing', near ?? 'add `"api_base_url": "…"`')
    return undefined
  }
  const { values, sources } = readParameters(wanted, row)
  const origin = readOrigin(wanted)
  if (!origin) return undefined
  const filled = fillRow(row, { values, ...origin })
  for (const parameter of filled.missing) tellMissing(wanted, row, parameter)
  if (filled.endpoints.some(({ baseUrl }) => !URL.canParse(baseUrl))) {
    tell(
      'parameters',
      `no URL of ${row.title} can be made of these`,
      'write the names alone, without https:// or slashes',
    )
    return undefined
  }
  const endpoints = chosenBy(wanted.dialects, filled)
  if (!isSome(endpoints)) return undefined
  return { endpoints, headers: filled.headers, row, isByName: true, filled: [row.title, ...sources] }
}

/** Every key that may stand in an entry and looks a little like another. */
const known = new Set(['name', 'endpoints', 'catalog', 'origin', 'headers', 'api_key', 'models'])

/** A transformer that names a protocol chooses it. */
function chosenBy(dialects: readonly DialectUse[], { endpoints }: Filled): readonly Endpoint[] {
  const protocol = protocolOfDialects(dialects)
  const chosen = endpoints.filter((endpoint) => endpoint.protocol === protocol)
  return chosen.length > 0 ? chosen : endpoints
}

/**
 * What the user's own URL means. If it is one of the catalog's, and neither the full URL of a call nor read through
 * transformers, the other protocols of the same host are spoken, too; no other host ever is.
 */
function atUrl(wanted: Wanted, written: string, stated: CatalogRow | undefined): Reach | undefined {
  const { fields, dialects, tell } = wanted
  const vertex = vertexDialectOf(dialects)
  if (vertex) return atVertex(wanted, written, vertex)
  const read = readAsKnown(written, dialects)
  if (isEndpointProblem(read)) {
    tell('api_base_url', read.problem, read.suggestion)
    return undefined
  }
  const row = stated ?? rowAt(read)
  const endpoint = row ? asRowSays(read, row) : read
  const common = { headers: {}, isByName: false, ...(row && { row }) }
  const isOpen = row !== undefined && fields['transformer'] === undefined && !isFullCall(written, read.protocol)
  const further = isOpen ? furtherAt(endpoint, row, new URL(written.trim()).pathname === '/') : []
  const [first, ...rest] = further.length > 0 ? further : [endpoint]
  const added = [first, ...rest].filter((each) => each && each.baseUrl + each.protocol !== read.baseUrl + read.protocol)
  return {
    ...common,
    endpoints: [first ?? endpoint, ...rest],
    filled: added.length === 0 || !row ? [] : [`${row.title} speaks further protocols on the same host`],
  }
}

/** What CCR's transformers for Google's cloud mean, whose URLs are no more than a host. */
function atVertex({ env, tell }: Wanted, written: string, use: DialectUse): Reach | undefined {
  const endpoint = vertexEndpoint(use, written, env)
  const row = rowNamed('vertex')
  if (endpoint) return { endpoints: [endpoint], headers: {}, isByName: false, filled: [], ...(row && { row }) }
  const remedy = 'set `GOOGLE_CLOUD_PROJECT` in the config or in the environment'
  tell('transformer', `the transformer \`${use.name}\` needs the id of a Google Cloud project`, remedy)
  return undefined
}

/** The URL as itself tells, unless the catalog knows it for one of another protocol: `…/anthropic` says nothing of its own. */
function readAsKnown(written: string, dialects: readonly DialectUse[]): ReturnType<typeof readEndpoint> {
  const plain = readEndpoint(written, dialects)
  // Most URLs are of a host that nobody knows: that is found out once.
  if (isEndpointProblem(plain) || protocolOfDialects(dialects) || !rowAt(plain) || isKnown(plain)) return plain
  const others = protocolNames.map((protocol) => readEndpoint(written, [], protocol))
  return others.find((other) => !isEndpointProblem(other) && isKnown(other)) ?? plain
}

function isKnown(endpoint: Endpoint): boolean {
  const row = rowAt(endpoint)
  return row !== undefined && hasUrl(row, endpoint)
}

/** A key of Azure is no bearer's token. */
function asRowSays(endpoint: Endpoint, row: CatalogRow): Endpoint {
  const own = row.endpoints.find(({ protocol, auth }) => protocol === endpoint.protocol && auth === 'azure')
  return own ? { ...endpoint, auth: 'azure' } : endpoint
}

/** The row's endpoints on the host of `endpoint`, which stands first; those of a bare host are all the row's own. */
function furtherAt(endpoint: Endpoint, row: CatalogRow, isBareHost: boolean): readonly Endpoint[] {
  const values = valuesIn(row, endpoint)
  const isOwn = hasUrl(row, endpoint)
  if (!values || !(isOwn || isBareHost)) return []
  const { host } = new URL(endpoint.baseUrl)
  const all = fillRow(row, { values }).endpoints.filter(({ baseUrl }) => new URL(baseUrl).host === host)
  if (!isOwn) return all
  // The row may know more of this very endpoint: how its calls are signed, say.
  const own = all.find(({ protocol, baseUrl }) => protocol === endpoint.protocol && baseUrl === endpoint.baseUrl)
  const query = endpoint.query || own?.query
  return [
    { ...endpoint, ...own, ...(query !== undefined && { query }) },
    ...all.filter(({ protocol }) => protocol !== endpoint.protocol),
  ]
}

/** The reach with the URLs that `endpoints` adds, and with those protocols alone that `protocols` names. */
function withStated(wanted: Wanted, written: string | undefined, reach: Reach): Reach | undefined {
  const { fields, tell } = wanted
  const stated = statedEndpoints(wanted)
  if (!stated) return undefined
  const all = [
    ...stated,
    ...reach.endpoints.filter(({ protocol }) => !stated.some((each) => each.protocol === protocol)),
  ]
  // What the user's first URL says stays the first choice.
  const ordered = [
    ...reach.endpoints.flatMap(({ protocol }) => all.filter((each) => each.protocol === protocol)),
    ...all.filter(({ protocol }) => !reach.endpoints.some((each) => each.protocol === protocol)),
  ]
  const names = Array.isArray(fields['protocols']) ? fields['protocols'] : []
  const protocols = names.flatMap((name) => protocolNamed(name) ?? [])
  const chosen = protocols.flatMap((protocol) => {
    const own = ordered.filter((each) => each.protocol === protocol)
    if (own.length > 0) return own
    const made = written ? readEndpoint(written, [], protocol) : undefined
    if (made && !isEndpointProblem(made)) return made
    tell('protocols', `\`${wanted.name}\` is not known to speak ${protocol}`, `write its URL into \`endpoints\``)
    return []
  })
  const endpoints = protocols.length > 0 ? chosen : ordered
  return isSome(endpoints) ? { ...reach, endpoints } : undefined
}

function statedEndpoints({ fields, tell }: Wanted): readonly Endpoint[] | undefined {
  const stated = isObject(fields['endpoints']) ? Object.entries(fields['endpoints']) : []
  let isRight = true
  const endpoints = stated.flatMap(([name, value]) => {
    const protocol = protocolNamed(name)
    const url = asString(value)?.trim()
    if (!protocol || !url) return []
    const endpoint = readEndpoint(url, [], protocol)
    if (!isEndpointProblem(endpoint)) return endpoint
    isRight = false
    tell(['endpoints', name], endpoint.problem, endpoint.suggestion)
    return []
  })
  return isRight ? endpoints : undefined
}

function isSome<T>(items: readonly T[]): items is readonly [T, ...T[]] {
  return items.length > 0
}
