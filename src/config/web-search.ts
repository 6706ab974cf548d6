import { asString, isObject, type Json, type JsonObject } from '../canonical/json.ts'
import { SEARCH_BACKENDS, type SearchBackendName, type WebSearchSettings } from '../gateway/search/settings.ts'
import type { Problem } from './diagnostic.ts'
import type { Environment } from './interpolate.ts'
import { readKey } from './key.ts'
import { isLoopback, proxyFor } from './proxy.ts'
import { toNumber } from './scalar.ts'

/** What else decides about a search engine. */
export interface SearchDefaults {
  readonly env: Environment
  /** The proxy that the config names for all. */
  readonly proxyUrl?: string
}

/** What `web_search` says. Absent: nobody searches, or what it says cannot be used, which `problems` tells. */
export function readWebSearch(
  { web_search: written }: JsonObject,
  { env, proxyUrl }: SearchDefaults,
  problems: Problem[],
): { readonly webSearch?: WebSearchSettings } {
  const backend = isObject(written) ? SEARCH_BACKENDS.find((name) => name === written['backend']) : undefined
  if (!isObject(written) || !backend) return {}
  const tell = (
    severity: Problem['severity'],
    field: string | undefined,
    message: string,
    suggestion?: string,
  ): void => {
    const path = field === undefined ? ['web_search'] : ['web_search', field]
    problems.push({ severity, path, message: `\`${path.join('.')}\`: ${message}`, ...(suggestion && { suggestion }) })
  }
  const url = readUrl(written['base_url'], backend, tell)
  if (!url) return {}
  const { variable } = known[backend]
  const apiKey = keyOf(written['api_key'], variable && env[variable], problems)
  if (apiKey === undefined && variable !== undefined) {
    if (written['api_key'] === undefined)
      tell(
        'warning',
        undefined,
        `${backend} needs a key; nobody searches`,
        `write \`"api_key": "$${variable}"\`, or set ${variable}`,
      )
    return {}
  }
  const isOpen = url.protocol === 'http:' && !isLoopback(url.hostname)
  if (isOpen && apiKey !== undefined) {
    tell('error', 'base_url', 'the key would go over the network unencrypted', 'write https://')
    return {}
  }
  const proxy = proxyFor(url, { env, ...(proxyUrl !== undefined && { shared: proxyUrl }) })
  if (typeof proxy === 'object') {
    const whose = proxy.variable === undefined ? 'its proxy' : `the environment's ${proxy.variable}`
    tell('error', undefined, `${whose}: ${proxy.problem}`, proxy.suggestion)
    return {}
  }
  const webSearch = {
    backend,
    baseUrl: (url.origin + url.pathname).replace(/\/+$/, ''),
    ...(apiKey !== undefined && { apiKey }),
    maxResults: toNumber(written['max_results']) ?? DEFAULT_RESULTS,
    timeoutMs: toNumber(written['timeout_ms']) ?? DEFAULT_TIMEOUT_MS,
    proxy,
  }
  return { webSearch }
}

const DEFAULT_RESULTS = 5
const DEFAULT_TIMEOUT_MS = 10_000

interface Known {
  readonly url?: string
  /** Where its key usually stands. Absent: it needs none. */
  readonly variable?: string
}

const known: Readonly<Record<SearchBackendName, Known>> = {
  tavily: { url: 'https://api.tavily.com', variable: 'TAVILY_API_KEY' },
  brave: { url: 'https://api.search.brave.com', variable: 'BRAVE_API_KEY' },
  searxng: {},
}

type Tell = (severity: Problem['severity'], field: string | undefined, message: string, suggestion?: string) => void

function readUrl(value: Json | undefined, backend: SearchBackendName, tell: Tell): URL | undefined {
  const written = asString(value)?.trim() || known[backend].url
  if (written === undefined) {
    tell(
      'error',
      undefined,
      `there is no \`base_url\`, and ${backend} is nowhere by itself`,
      'add `"base_url": "http://127.0.0.1:8888"`',
    )
    return undefined
  }
  // The full URL of a search is meant, too.
  const url = URL.parse(written.replace(/\/(?:res\/v1\/web\/)?search\/?$/, ''))
  if (!url || !/^https?:$/.test(url.protocol))
    tell('error', 'base_url', 'expected a URL that starts with https:// or http://')
  else if (url.username || url.password)
    tell('error', 'base_url', 'a user name or password in the URL is not sent', 'put the key into `api_key`')
  else return url
  return undefined
}

function keyOf(value: Json | undefined, fromEnv: string | undefined, problems: Problem[]): string | undefined {
  if (value === undefined || value === null) return fromEnv?.trim() || undefined
  return readKey(value, ['web_search', 'api_key'], '`web_search.api_key`', problems)
}
