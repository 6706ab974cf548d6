import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { isEndpointProblem, readEndpoint } from '../provider/endpoint.ts'
import type { DialectUse, Endpoint, Provider } from '../provider/provider.ts'
import { readDeadlines } from './deadlines.ts'
import type { Problem } from './diagnostic.ts'
import type { Environment } from './interpolate.ts'
import { readKey } from './key.ts'
import { readLimits } from './limits.ts'
import type { PathStep } from './place.ts'
import { isLoopback, isOwnAddress, proxyFor } from './proxy.ts'
import { readTransformer } from './transformer.ts'

/** What the whole config says about every provider. */
export interface ProviderDefaults {
  readonly env: Environment
  readonly proxyUrl?: string
  readonly timeoutMs: number
  /** Where `ccr start` listens. */
  readonly port: number
  /** Whether the config loads modules that may bring dialects along. */
  readonly hasPlugins: boolean
}

/** The entries of `Providers` that can be called. The others are told as errors. */
export function readProviders(
  list: Json | undefined,
  at: string,
  defaults: ProviderDefaults,
  problems: Problem[],
): Provider[] {
  const entries = Array.isArray(list) ? list : []
  const seen = new Map<string, number>()
  const providers: Provider[] = []
  for (const [index, fields] of entries.entries()) {
    const name = isObject(fields) ? asString(fields['name'])?.trim() : undefined
    if (!isObject(fields) || !name) continue
    const entry = { name, fields, path: [at, index], defaults, problems }
    const first = seen.get(name)
    if (first !== undefined) tell(entry, 'error', 'name', ...duplicate(name, `${at}[${first}]`))
    else seen.set(name, index)
    const provider = readProvider(entry)
    if (provider && first === undefined) providers.push(provider)
  }
  return providers
}

interface Entry {
  readonly name: string
  readonly fields: JsonObject
  readonly path: readonly PathStep[]
  readonly defaults: ProviderDefaults
  readonly problems: Problem[]
}

function readProvider(entry: Entry): Provider | undefined {
  const { name, fields, path, defaults, problems } = entry
  if (name.includes(',')) tell(entry, 'error', 'name', ...commaInName(name))
  const models = readModels(fields['models'])
  const transformer = { value: fields['transformer'], path: [...path, 'transformer'], provider: name, models }
  const { dialects, modelDialects } = readTransformer(transformer, defaults.hasPlugins, problems)
  const endpoint = readUrl(entry, dialects)
  if (!endpoint) return undefined
  const apiKey = readKey(fields['api_key'] ?? undefined, [...path, 'api_key'], `provider \`${name}\``, problems)
  warnOfEndpoint(entry, new URL(endpoint.baseUrl))
  return {
    name,
    endpoints: [endpoint],
    ...(apiKey === undefined ? {} : { apiKey }),
    models,
    dialects,
    modelDialects,
    ...readLimits(fields),
    headers: readHeaders(fields['headers']),
    proxy: readProxy(entry, new URL(endpoint.baseUrl)),
    deadlines: readDeadlines(fields['timeouts'], defaults.timeoutMs),
  }
}

function readUrl(entry: Entry, dialects: readonly DialectUse[]): Endpoint | undefined {
  const written = asString(entry.fields['api_base_url'])
  // The schema has told already that it is missing.
  if (!written?.trim()) return undefined
  const endpoint = readEndpoint(written, dialects)
  if (!isEndpointProblem(endpoint)) return endpoint
  tell(entry, 'error', 'api_base_url', endpoint.problem, endpoint.suggestion)
  return undefined
}

function warnOfEndpoint(entry: Entry, base: URL): void {
  const { fields, defaults } = entry
  const local = isLoopback(base.hostname)
  if (!local && (fields['api_key'] ?? undefined) === undefined) {
    tell(entry, 'warning', undefined, 'there is no `api_key`, and it is called without one')
  }
  if (local && base.port === String(defaults.port)) {
    const message = `port ${defaults.port} is the one that \`ccr start\` listens on: calls would go in circles`
    tell(entry, 'warning', 'api_base_url', message)
  }
}

function readModels(value: Json | undefined): string[] {
  const listed = Array.isArray(value) ? value.flatMap((model) => asString(model)?.trim() || []) : []
  return [...new Set(listed)]
}

function readHeaders(value: Json | undefined): Record<string, string> {
  const headers = isObject(value) ? Object.entries(value) : []
  return Object.fromEntries(headers.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))
}

function readProxy(entry: Entry, base: URL): string | false {
  const { fields, defaults } = entry
  const own = fields['proxy'] === false ? false : asString(fields['proxy'])?.trim() || undefined
  const proxy = proxyFor(base, {
    env: defaults.env,
    ...(own !== undefined && { own }),
    ...(defaults.proxyUrl !== undefined && { shared: defaults.proxyUrl }),
  })
  if (typeof proxy === 'string' && isOwnAddress(proxy, defaults.port)) {
    const message = `its proxy is port ${defaults.port} of this machine, where this router itself listens: calls would go in circles`
    tell(entry, 'error', own === undefined ? undefined : 'proxy', message, 'name the port of the proxy')
    return false
  }
  if (typeof proxy === 'string' || proxy === false) return proxy
  if (proxy.variable === undefined) tell(entry, 'error', 'proxy', proxy.problem, proxy.suggestion)
  else {
    const remedy = 'set `PROXY_URL` in the config, or name the host in NO_PROXY'
    tell(entry, 'error', undefined, `the environment's ${proxy.variable}: ${proxy.problem}`, remedy)
  }
  return false
}

/** Tells something of the entry, or of one of its fields. */
function tell(
  { name, path, problems }: Entry,
  severity: Problem['severity'],
  field: string | undefined,
  message: string,
  suggestion?: string,
): void {
  problems.push({
    severity,
    path: field === undefined ? path : [...path, field],
    message: `provider \`${name}\`: ${message}`,
    ...(suggestion ? { suggestion } : {}),
  })
}

function duplicate(name: string, first: string): [string, string] {
  return [`there are two providers named \`${name}\`; the other is ${first}`, 'give one of them another name']
}

function commaInName(name: string): [string, string] {
  const message = 'a name must not hold a comma, which separates provider and model'
  return [message, `write \`${name.replaceAll(/\s*,\s*/g, '-')}\``]
}
