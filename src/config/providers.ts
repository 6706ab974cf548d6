import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { dialectNames, dialectStatus, missingOption } from '../provider/dialect.ts'
import { isEndpointProblem, readEndpoint } from '../provider/endpoint.ts'
import type { DialectUse, Provider } from '../provider/provider.ts'
import type { Problem } from './diagnostic.ts'
import type { Environment } from './interpolate.ts'
import { readKey } from './key.ts'
import { isLoopback, proxyFor } from './proxy.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { didYouMean } from './suggest.ts'

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
export function readProviders(list: Json | undefined, at: string, defaults: ProviderDefaults, problems: Problem[]): Provider[] {
  const entries = Array.isArray(list) ? list : []
  const seen = new Map<string, number>()
  const providers: Provider[] = []
  for (const [index, entry] of entries.entries()) {
    if (!isObject(entry)) continue
    const name = asString(entry['name'])?.trim()
    if (!name) continue
    const first = seen.get(name)
    if (first !== undefined) problems.push(duplicate([at, index, 'name'], name, `${at}[${first}]`))
    else seen.set(name, index)
    const provider = readProvider(name, entry, [at, index], defaults, problems)
    if (provider && first === undefined) providers.push(provider)
  }
  return providers
}

function readProvider(
  name: string, entry: JsonObject, path: readonly PathStep[], defaults: ProviderDefaults, problems: Problem[],
): Provider | undefined {
  if (name.includes(',')) problems.push(commaInName([...path, 'name'], name))
  const { dialects, modelDialects } = readTransformer(entry['transformer'], [...path, 'transformer'], name, problems, defaults)
  const models = readModels(entry['models'])
  for (const model of Object.keys(modelDialects)) warnUnlisted(model, models, [...path, 'transformer', model], problems)
  const url = asString(entry['api_base_url'])
  if (!url?.trim()) return undefined
  const endpoint = readEndpoint(url, dialects)
  if (isEndpointProblem(endpoint)) {
    const where = [...path, 'api_base_url']
    const { problem, suggestion } = endpoint
    problems.push({ severity: 'error', path: where, message: `provider \`${name}\`: ${problem}`, ...(suggestion ? { suggestion } : {}) })
    return undefined
  }
  const base = new URL(endpoint.baseUrl)
  const apiKey = readKey(entry['api_key'], [...path, 'api_key'], `provider \`${name}\``, problems)
  if (entry['api_key'] === undefined && !isLoopback(base.hostname)) problems.push(noKey(path, name))
  if (isLoopback(base.hostname) && base.port === String(defaults.port)) problems.push(loop(path, name, defaults.port))
  return {
    name,
    endpoints: [endpoint],
    ...(apiKey === undefined ? {} : { apiKey }),
    models,
    dialects,
    modelDialects,
    traits: {},
    headers: readHeaders(entry['headers']),
    proxy: readProxy(base, entry['proxy'], [...path], name, defaults, problems),
    timeoutMs: defaults.timeoutMs,
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

function readProxy(
  base: URL, own: Json | undefined, path: readonly PathStep[], name: string, defaults: ProviderDefaults, problems: Problem[],
): string | false {
  const ownText = asString(own)?.trim() || undefined
  const proxy = proxyFor(base, own === false ? false : (ownText ?? defaults.proxyUrl), defaults.env)
  if (typeof proxy === 'string' || proxy === false) return proxy
  // The config's own proxy is told once, where it stands.
  if (ownText === undefined && proxy.variable === undefined) return false
  const source = proxy.variable ? `the environment's ${proxy.variable}: ` : ''
  const suggestion = proxy.variable ? 'set `PROXY_URL` in the config, or name the host in NO_PROXY' : proxy.suggestion
  problems.push({ severity: 'error', path: ownText ? [...path, 'proxy'] : path, message: `provider \`${name}\`: ${source}${proxy.problem}`, suggestion })
  return false
}

interface Transformer {
  readonly dialects: readonly DialectUse[]
  readonly modelDialects: Readonly<Record<string, readonly DialectUse[]>>
}

function readTransformer(
  value: Json | undefined, path: readonly PathStep[], provider: string, problems: Problem[], defaults: ProviderDefaults,
): Transformer {
  if (!isObject(value)) return { dialects: [], modelDialects: {} }
  const read = (list: Json | undefined, where: readonly PathStep[]): DialectUse[] =>
    (Array.isArray(list) ? list : []).flatMap((item, index) => {
      const use = readUse(item)
      if (use) warnOfDialect(use, [...where, index], provider, problems, defaults.hasPlugins)
      return use ?? []
    })
  const ofModels = Object.keys(value).filter((key) => key !== 'use')
  const modelDialects = ofModels.map((model) => {
    const section = value[model]
    return [model, read(isObject(section) ? section['use'] : undefined, [...path, model, 'use'])] as const
  })
  return { dialects: read(value['use'], [...path, 'use']), modelDialects: Object.fromEntries(modelDialects) }
}

function readUse(item: Json): DialectUse | undefined {
  const [name, options] = Array.isArray(item) ? item : [item]
  return typeof name === 'string' ? { name: name.trim(), options: isObject(options) ? options : {} } : undefined
}

function warnOfDialect(use: DialectUse, path: readonly PathStep[], provider: string, problems: Problem[], hasPlugins: boolean): void {
  const { name } = use
  const option = missingOption(use)
  const known = dialectStatus(name)
  const warn = (message: string, suggestion?: string) =>
    problems.push({ severity: 'warning', path, message: `provider \`${provider}\`: ${message}`, ...(suggestion ? { suggestion } : {}) })
  if (known.status === 'unknown') {
    const source = hasPlugins ? 'is not built in, and dialects of modules are not served yet' : 'is not known'
    warn(`the dialect \`${name}\` ${source}: calls that need it fail`, didYouMean(name, dialectNames()))
  } else if (known.status === 'unserved') warn(`the dialect \`${known.exact}\` is not served yet: calls that need it fail`)
  else if (known.exact !== name) warn(`the dialect \`${name}\` is taken for \`${known.exact}\``, `write \`${known.exact}\``)
  if (option) warn(`the dialect \`${name}\` does nothing without the option \`${option}\``, `write \`["${name}", { "${option}": … }]\``)
}

function warnUnlisted(model: string, models: readonly string[], path: readonly PathStep[], problems: Problem[]): void {
  if (models.length === 0 || models.includes(model)) return
  const suggestion = didYouMean(model, models)
  problems.push({
    severity: 'warning', path, atKey: true,
    message: `\`${pathText(path)}\`: \`models\` does not list this model`,
    ...(suggestion ? { suggestion } : {}),
  })
}

function duplicate(path: readonly PathStep[], name: string, first: string): Problem {
  return { severity: 'error', path, message: `there are two providers named \`${name}\`; the other is ${first}`, suggestion: 'give one of them another name' }
}

function commaInName(path: readonly PathStep[], name: string): Problem {
  return { severity: 'error', path, message: `provider \`${name}\`: a name must not hold a comma, which separates provider and model`, suggestion: `write \`${name.replaceAll(/\s*,\s*/g, '-')}\`` }
}

function noKey(path: readonly PathStep[], name: string): Problem {
  return { severity: 'warning', path, message: `provider \`${name}\` has no \`api_key\`: it is called without one` }
}

function loop(path: readonly PathStep[], name: string, port: number): Problem {
  const message = `provider \`${name}\`: port ${port} is the one that \`ccr start\` listens on: calls would go in circles`
  return { severity: 'warning', path: [...path, 'api_base_url'], message }
}
