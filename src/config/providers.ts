import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { rowAt } from '../provider/catalog/find.ts'
import { isEndpointProblem, readEndpoint } from '../provider/endpoint.ts'
import type { ClientCredential, DialectUse, Endpoint, Provider } from '../provider/provider.ts'
import { readTaken, withoutSecondAnthropic } from './client-credential.ts'
import { readDeadlines } from './deadlines.ts'
import type { Problem } from './diagnostic.ts'
import { endpointTypes } from './endpoint-type.ts'
import type { Form } from './form.ts'
import type { Environment } from './interpolate.ts'
import { readKey } from './key.ts'
import { keyOfEnvironment, needsKey } from './key-variable.ts'
import { readLimits } from './limits.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { isLoopback, isOwnAddress, proxyFor } from './proxy.ts'
import { readReach, type Reach } from './reach.ts'
import { readHeaders } from './request-headers.ts'
import { readBreaker, readKeys, readRetry } from './resilience.ts'
import { readTransformer } from './transformer.ts'
import { readUpstreamLimits } from './upstream-limits.ts'

/** What the whole config says about every provider. */
export interface ProviderDefaults {
  readonly env: Environment
  /** The environment, and over it what the config itself holds of its variables. */
  readonly variables: Environment
  readonly proxyUrl?: string
  readonly timeoutMs: number
  /** `retry` and `breaker` of the whole config. */
  readonly retry?: Json
  readonly breaker?: Json
  /** Where `ccr start` listens. */
  readonly port: number
  /** Whether the config loads modules that may bring dialects along. */
  readonly hasPlugins: boolean
}

/** The entries of the form's list that can be called. The others are told as errors. */
export function readProviders(
  list: Json | undefined,
  form: Form,
  defaults: ProviderDefaults,
  problems: Problem[],
): Provider[] {
  const entries = Array.isArray(list) ? list : []
  const seen = new Map<string, number>()
  const providers: Provider[] = []
  for (const [index, fields] of entries.entries()) {
    const name = isObject(fields) ? asString(fields['name'])?.trim() : undefined
    if (!isObject(fields) || !name) continue
    const entry = { name, fields, form, path: [form.list, index], defaults, problems }
    const first = seen.get(name)
    if (first !== undefined) tell(entry, 'error', 'name', ...duplicate(name, `${form.list}[${first}]`))
    else seen.set(name, index)
    const provider = readProvider(entry)
    if (provider && first === undefined) providers.push(provider)
  }
  return withoutSecondAnthropic(providers)
}

interface Entry {
  readonly name: string
  readonly form: Form
  readonly fields: JsonObject
  readonly path: readonly PathStep[]
  readonly defaults: ProviderDefaults
  readonly problems: Problem[]
}

function readProvider(entry: Entry): Provider | undefined {
  const { name, fields, form, path, defaults, problems } = entry
  if (name.includes(',')) tell(entry, 'error', 'name', ...commaInName(name))
  const models = readModels(fields['models'])
  const transformer = { value: fields['transformer'], path: [...path, 'transformer'], provider: name, models }
  const { dialects, modelDialects } = readTransformer(transformer, defaults.hasPlugins, problems)
  const reach = form.list === 'endpoints' ? readTyped(entry, dialects) : readNamed(entry, dialects)
  if (!reach) return undefined
  const writtenUrl = asString(fields[form.url])?.trim()
  const subject = `provider \`${name}\``
  const written = readKey(fields[form.key] ?? undefined, [...path, form.key], subject, problems)
  const hasNone = (fields[form.key] ?? fields[form.keys] ?? undefined) === undefined
  const found = hasNone ? keyOfEnvironment(reach, fields, defaults.env) : undefined
  const keys = readKeys(written ?? found?.key, fields[form.keys], [...path, form.keys], subject, problems)
  const { takes, problem } = readTaken(fields, reach.endpoints)
  if (problem) tell(entry, 'error', 'auth', problem, 'remove `auth`, and give the endpoint a key of its own')
  warnOfEndpoint(entry, reach, takes, found !== undefined)
  const [proxy, endpoints] = readProxies(entry, reach.endpoints)
  const filled = [...reach.filled, ...(found ? [`key from $${found.variable}`] : [])]
  return {
    name,
    endpoints,
    ...(writtenUrl && defaults.hasPlugins && { writtenUrl }),
    ...keys,
    ...(takes.length === 0 ? {} : { takes }),
    models,
    dialects,
    modelDialects,
    ...readLimits(fields),
    headers: {
      ...reach.headers,
      ...readHeaders(fields['headers'], (header) => tell(entry, 'error', ['headers', header.name], header.problem)),
    },
    proxy,
    deadlines: readDeadlines(fields['timeouts'], defaults.timeoutMs),
    retry: readRetry(defaults.retry, fields['retry'] ?? undefined, defaults.timeoutMs),
    breaker: readBreaker(defaults.breaker, fields['breaker'] ?? undefined),
    ...readUpstreamLimits(fields['limits']),
    ...(reach.row && { catalog: reach.row.name }),
    ...(filled.length > 0 && { filled }),
  }
}

function readNamed(entry: Entry, dialects: readonly DialectUse[]): Reach | undefined {
  const { name, fields, defaults, problems } = entry
  return readReach({
    name,
    fields,
    dialects,
    env: defaults.variables,
    tell: (field, message, suggestion, atKey) => {
      const path = field === undefined ? entry.path : entry.path.concat(field)
      const place = pathText(field === undefined || atKey ? entry.path : path)
      // What is told here as an error is no mere warning of the schema.
      const warned = problems.findIndex((problem) => atKey && pathText(problem.path) === pathText(path))
      if (warned >= 0) problems.splice(warned, 1)
      const told =
        message.startsWith('the key') || message.startsWith('expected the key')
          ? `\`${place}\``
          : `provider \`${name}\``
      problems.push({
        severity: 'error',
        path,
        ...(atKey && { atKey }),
        message: `${told}: ${message}`,
        ...(suggestion && { suggestion }),
      })
    },
  })
}

/** An entry of the form with \`endpoints\`: its type says the protocol, and where its vendor is. */
function readTyped(entry: Entry, dialects: readonly DialectUse[]): Reach | undefined {
  const { fields, form } = entry
  const type = endpointTypes[asString(fields['type']) ?? '']
  // The schema has told already that there is no such type.
  if (!type) return undefined
  const written = asString(fields[form.url])?.trim() || type.url
  if (!written) {
    tell(entry, 'error', undefined, `there is no \`${form.url}\``, `add \`"${form.url}": "https://…"\``)
    return undefined
  }
  const endpoint = readEndpoint(written, dialects, type.protocol)
  if (!isEndpointProblem(endpoint)) {
    const row = rowAt(endpoint)
    return { endpoints: [endpoint], headers: {}, isByName: false, filled: [], ...(row && { row }) }
  }
  tell(entry, 'error', form.url, endpoint.problem, endpoint.suggestion?.replace('`api_key`', `\`${form.key}\``))
  return undefined
}

function warnOfEndpoint(entry: Entry, reach: Reach, takes: readonly ClientCredential[], hasFound: boolean): void {
  const { fields, form, defaults } = entry
  const bases = reach.endpoints.map(({ baseUrl }) => new URL(baseUrl))
  const local = bases.every(({ hostname }) => isLoopback(hostname))
  const hasNone = (fields[form.key] ?? fields[form.keys] ?? undefined) === undefined && !hasFound && needsKey(reach)
  if (hasNone && !takes.includes('login') && (takes.length > 0 || !local)) {
    const then = takes.length > 0 ? 'every client must bring one, as `ccr:<key>`' : 'it is called without one'
    const [variable] = reach.isByName ? (reach.row?.keys ?? []) : []
    const message = `there is no \`${form.key}\`, and ${then}`
    tell(
      entry,
      'warning',
      undefined,
      message,
      variable && `write \`"${form.key}": "$${variable}"\`, or set ${variable}`,
    )
  }
  if (bases.some((base) => isLoopback(base.hostname) && base.port === String(defaults.port))) {
    const message = `port ${defaults.port} is the one that \`ccr start\` listens on: calls would go in circles`
    const field = fields[form.url] === undefined ? undefined : form.url
    tell(entry, 'warning', field, message)
  }
}

function readModels(value: Json | undefined): string[] {
  const listed = Array.isArray(value) ? value.flatMap((model) => asString(model)?.trim() || []) : []
  return [...new Set(listed)]
}

/** The provider's way to the network, and its endpoints, each with its own where that is another. */
function readProxies(entry: Entry, endpoints: Reach['endpoints']): [string | false, readonly Endpoint[]] {
  const hosts = new Map<string, string | false>()
  const proxyOf = ({ baseUrl }: Endpoint): string | false => {
    const base = new URL(baseUrl)
    const known = hosts.get(base.host)
    if (known !== undefined) return known
    const proxy = readProxy(entry, base)
    hosts.set(base.host, proxy)
    return proxy
  }
  const shared = proxyOf(endpoints[0])
  return [
    shared,
    endpoints.map((endpoint) => {
      const proxy = proxyOf(endpoint)
      return proxy === shared ? endpoint : { ...endpoint, proxy }
    }),
  ]
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
  field: string | readonly string[] | undefined,
  message: string,
  suggestion?: string,
): void {
  problems.push({
    severity,
    path: field === undefined ? path : path.concat(field),
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
