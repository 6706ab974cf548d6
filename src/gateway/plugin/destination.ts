import type { JsonObject } from '../../canonical/json.ts'
import { addressed } from '../../provider/addressing.ts'
import { chooseEndpoint } from '../../provider/choose-endpoint.ts'
import type { AuthKind, Endpoint, Provider } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { SendConfig } from './link.ts'

/** Where a transformed request goes, and as whom. */
export interface Destination {
  readonly endpoint: Endpoint
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** The provider, as far as the transformers leave its headers and its key as they are. */
  readonly sender: Provider
}

/** What transformers say comes first; then the URL of the config, as it is; then the provider's endpoint. */
export function destinationOf(
  provider: Provider,
  target: RouteTarget,
  body: JsonObject,
  config: SendConfig,
): Destination {
  const { via } = config
  const endpoint = via?.endpoint ?? chooseEndpoint(provider, target.model, 'openai-chat')
  const url = config.url ?? (via ? undefined : verbatimUrl(provider, endpoint))
  const sender = senderOf(provider, config)
  if (url !== undefined || !endpoint)
    return { endpoint: endpointAt(new URL(url ?? ''), endpoint), path: '', query: '', headers: {}, body, sender }
  const { path, query } = via ?? { path: '/chat/completions', query: '' }
  return { ...addressed({ path, headers: {}, body }, endpoint.addressing, target.model), query, endpoint, sender }
}

/** A bare host, or one with a version, is no URL of a call: it is completed. */
function verbatimUrl({ writtenUrl }: Provider, endpoint: Endpoint | undefined): string | undefined {
  const written = writtenUrl === undefined || endpoint?.addressing ? null : URL.parse(writtenUrl)
  return written && !/^\/?(?:v\d+[a-z]*\d*\/?)?$/i.test(written.pathname) ? written.href : undefined
}

/** The key is shown as CCR showed it, unless whoever is called wants a signature or a token. */
function endpointAt(url: URL, known: Endpoint | undefined): Endpoint {
  const isKey = known === undefined || IN_HEADERS.has(known.auth)
  return {
    protocol: known?.protocol ?? 'openai-chat',
    baseUrl: url.origin + url.pathname,
    query: url.search.slice(1),
    auth: isKey ? 'bearer' : known.auth,
    ...(known?.authOptions && { authOptions: known.authOptions }),
    ...(known?.proxy !== undefined && { proxy: known.proxy }),
  }
}

const IN_HEADERS: ReadonlySet<AuthKind> = new Set(['x-api-key', 'bearer', 'x-goog-api-key'])

/** They belong to the connection, and are ours to set. */
const OF_CONNECTION = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'])

function senderOf(provider: Provider, config: SendConfig): Provider {
  const headers = { ...provider.headers }
  for (const [name, value] of Object.entries(config.headers ?? {})) {
    if (value === undefined) delete headers[name]
    else if (!OF_CONNECTION.has(name)) headers[name] = value
  }
  const { apiKey, keyPlace, takes: _, ...rest } = provider
  const hasOwnKey = 'authorization' in (config.headers ?? {})
  return {
    ...rest,
    headers,
    ...(!hasOwnKey && apiKey !== undefined && { apiKey }),
    ...(!hasOwnKey && keyPlace !== undefined && { keyPlace }),
    ...(config.proxy !== undefined && { proxy: config.proxy }),
    deadlines: { ...provider.deadlines, ...(config.totalMs !== undefined && { totalMs: config.totalMs }) },
  }
}
