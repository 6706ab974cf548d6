import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { isEndpointProblem, readEndpoint } from '../provider/endpoint.ts'
import type { ClientCredential, DialectUse, Endpoint, Provider } from '../provider/provider.ts'
import { readTaken, withoutSecondAnthropic } from './client-credential.ts'
import { readDeadlines } from './deadlines.ts'
import type { Problem } from './diagnostic.ts'
import { endpointTypes } from './endpoint-type.ts'
import type { Form } from './form.ts'
import type { Environment } from './interpolate.ts'
import { readKey } from './key.ts'
import { readLimits } from './limits.ts'
import type { PathStep } from './place.ts'
import { isLoopback, isOwnAddress, proxyFor } from './proxy.ts'
import { readHeaders } from './request-headers.ts'
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
  const endpoint = readUrl(entry, dialects)
  if (!endpoint) return undefined
  const apiKey = readKey(fields[form.key] ?? undefined, [...path, form.key], `provider \`${name}\``, problems)
  const { takes, problem } = readTaken(fields, endpoint)
  if (problem) tell(entry, 'error', 'auth', problem, 'remove `auth`, and give the endpoint a key of its own')
  warnOfEndpoint(entry, new URL(endpoint.baseUrl), takes)
  return {
    name,
    endpoints: [endpoint],
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(takes.length === 0 ? {} : { takes }),
    models,
    dialects,
    modelDialects,
    ...readLimits(fields),
    headers: readHeaders(fields['headers'], (found) => tell(entry, 'error', ['headers', found.name], found.problem)),
    proxy: readProxy(entry, new URL(endpoint.baseUrl)),
    deadlines: readDeadlines(fields['timeouts'], defaults.timeoutMs),
  }
}

function readUrl(entry: Entry, dialects: readonly DialectUse[]): Endpoint | undefined {
  const { fields, form } = entry
  const type = form.list === 'endpoints' ? endpointTypes[asString(fields['type']) ?? ''] : undefined
  // The schema has told already that there is no such type.
  if (form.list === 'endpoints' && !type) return undefined
  const written = asString(fields[form.url])?.trim() || type?.url
  if (!written) {
    // Of the other form the schema says it.
    if (type) tell(entry, 'error', undefined, `there is no \`${form.url}\``, `add \`"${form.url}": "https://…"\``)
    return undefined
  }
  const endpoint = readEndpoint(written, dialects, type?.protocol)
  if (!isEndpointProblem(endpoint)) return endpoint
  tell(entry, 'error', form.url, endpoint.problem, endpoint.suggestion?.replace('`api_key`', `\`${form.key}\``))
  return undefined
}

function warnOfEndpoint(entry: Entry, base: URL, takes: readonly ClientCredential[]): void {
  const { fields, form, defaults } = entry
  const local = isLoopback(base.hostname)
  const hasNone = (fields[form.key] ?? undefined) === undefined
  if (hasNone && !takes.includes('login') && (takes.length > 0 || !local)) {
    const then = takes.length > 0 ? 'every client must bring one, as `ccr:<key>`' : 'it is called without one'
    tell(entry, 'warning', undefined, `there is no \`${form.key}\`, and ${then}`)
  }
  if (local && base.port === String(defaults.port)) {
    const message = `port ${defaults.port} is the one that \`ccr start\` listens on: calls would go in circles`
    tell(entry, 'warning', form.url, message)
  }
}

function readModels(value: Json | undefined): string[] {
  const listed = Array.isArray(value) ? value.flatMap((model) => asString(model)?.trim() || []) : []
  return [...new Set(listed)]
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
