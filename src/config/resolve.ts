import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import { isUpstreamKey } from '../gateway/credential.ts'
import type { LogLevel } from '../platform/ports.ts'
import type { Routes } from '../router/route.ts'
import { readAllowedHosts, readAllowedOrigins } from './access.ts'
import { checkAgainst } from './check.ts'
import type { Config } from './config.ts'
import { readCache } from './cache.ts'
import { readDefaultEndpoint } from './default-endpoint.ts'
import type { Problem } from './diagnostic.ts'
import { isError } from './diagnostic.ts'
import { readFurtherRoutes } from './further-routes.ts'
import { type Form, formOf, mixedForms, settingsOf } from './form.ts'
import { readGroups } from './groups.ts'
import type { Environment } from './interpolate.ts'
import { interpolate } from './interpolate.ts'
import { readKey } from './key.ts'
import { readPrices } from './prices.ts'
import { readProviders } from './providers.ts'
import { bareAddress, checkProxy, isLoopback } from './proxy.ts'
import { readHedge } from './resilience.ts'
import { readRights } from './rights.ts'
import { readRoutes } from './routes.ts'
import { toNumber } from './scalar.ts'
import { schemaText } from './schema-text.ts' with { type: 'macro' }
import { readWebSearch } from './web-search.ts'

/** The port that is listened on if nothing else is said. */
export const DEFAULT_PORT = 3456
/** How long a provider may stay silent if nothing else is said, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 600_000
/** How long calls that run when the router is stopped may go on if nothing else is said, in milliseconds. */
export const DEFAULT_DRAIN_MS = 30_000
/** A timer that is set to more runs out at once. */
const LONGEST_MS = 2 ** 31 - 1

/** A config without its file's name, and what is to be told about it. Usable only if no problem is an error. */
export interface Resolved {
  readonly config: Omit<Config, 'file' | 'exists' | 'warnings'>
  readonly problems: readonly Problem[]
}

/** Makes a parsed config file ready for use. Pure: everything it finds wrong is in `problems`. */
export function resolveConfig(written: Json, env: Environment): Resolved {
  const raw = interpolate(written, env)
  const file = isObject(raw) ? raw : {}
  const form = formOf(file)
  const hasEndpoints = form.list === 'endpoints'
  const top = hasEndpoints ? settingsOf(file) : file
  const problems = checkForm(raw, file, form)
  const apiKey = readKey(top['APIKEY'] ?? undefined, ['APIKEY'], '`APIKEY`', problems)
  if (apiKey !== undefined && isUpstreamKey(apiKey)) problems.push(markedKey)
  const timeoutMs = toNumber(top['API_TIMEOUT_MS']) || DEFAULT_TIMEOUT_MS
  const proxyUrl = readProxyUrl(top, problems)
  const port = toNumber(env['SERVICE_PORT']) ?? toNumber(top['PORT']) ?? DEFAULT_PORT
  const defaults = {
    env,
    variables: { ...env, ...textsOf(top) },
    timeoutMs,
    retry: top['retry'] ?? null,
    breaker: top['breaker'] ?? null,
    port,
    hasPlugins: hasModules(top),
    ...(proxyUrl ? { proxyUrl } : {}),
  }
  const providers = readProviders(top[form.list], form, defaults, problems)
  const hasFailed = failedProviders(top[form.list], problems)
  const targets = { providers, problems, hasOwnError: hasFailed }
  const reading = { ...targets, groups: readGroups(top['groups'], targets) }
  const routes = {
    ...(hasEndpoints ? readDefaultEndpoint(top, providers, problems, hasFailed) : readRoutes(top['Router'], reading)),
    ...readFurtherRoutes(top, reading),
  }
  const prices = readPrices(top['prices'], problems)
  const rights = readRights(top, problems)
  const level = asString(top['LOG_LEVEL'])
  return {
    config: {
      host: readHost(top, apiKey !== undefined || rights.clientKeys !== undefined, problems),
      port,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...rights,
      allowedHosts: readAllowedHosts(top['ALLOWED_HOSTS'], problems),
      allowedOrigins: readAllowedOrigins(top['ALLOWED_ORIGINS'], problems),
      log: toFlag(top['LOG']) !== false && level !== 'silent',
      logLevel: (level === 'silent' ? undefined : (level as LogLevel | undefined)) ?? 'info',
      timeoutMs,
      nonInteractive: toFlag(top['NON_INTERACTIVE_MODE']) ?? false,
      ...optional('claudePath', top['CLAUDE_PATH']),
      ...(proxyUrl ? { proxyUrl } : {}),
      ...optional('smallFastModel', top['ANTHROPIC_SMALL_FAST_MODEL']),
      forceUseImageAgent: readForceUseImageAgent(top, routes, problems),
      ...optional('systemPromptFile', top['REWRITE_SYSTEM_PROMPT']),
      providers,
      routes,
      ...(prices.length > 0 && { prices }),
      ...readHedge(top['hedge']),
      continuation: toFlag(top['continuation']) ?? false,
      drainMs: Math.min(toNumber(top['drain']) ?? DEFAULT_DRAIN_MS, LONGEST_MS),
      ...readCache(top),
      ...readWebSearch(top, { env, ...(proxyUrl && { proxyUrl }) }, problems),
      raw: file,
    },
    problems,
  }
}

/** CCR's users keep the project and the place of Vertex in the config. */
function textsOf(top: JsonObject): Environment {
  const texts = Object.entries(top).filter(([name, value]) => /^GOOGLE_\w+$/.test(name) && typeof value === 'string')
  return Object.fromEntries(texts) as Environment
}

/**
 * Without `Providers` or `Router` an unknown key that looks like one is it, misspelt: nothing else of the file would work.
 */
function misspelt(problem: Problem, top: JsonObject): Problem {
  const [key] = problem.path
  if (isError(problem) || problem.path.length !== 1 || problem.suggestion === undefined) return problem
  const meantKey = Object.keys(sections).find((section) => problem.suggestion?.includes(`\`${section}\``))
  if (meantKey === undefined || sections[meantKey]?.some((spelling) => top[spelling] !== undefined)) return problem
  return { ...problem, severity: 'error', message: `expected the key \`${meantKey}\`, found \`${key}\`` }
}

const sections: Readonly<Record<string, readonly string[]>> = {
  Providers: ['Providers', 'providers'],
  providers: ['Providers', 'providers'],
  Router: ['Router'],
}

/** Whether an entry of this name could not be read: a route to it is no further error. */
function failedProviders(list: Json | undefined, problems: readonly Problem[]): (name: string) => boolean {
  const failed = problems.some(
    (problem) => isError(problem) && problem.path.length === 1 && (problem.atKey || problem.path[0] === 'Providers'),
  )
  if (!Array.isArray(list)) return () => failed
  return (name) => list.some((entry) => isObject(entry) && asString(entry['name'])?.trim() === name)
}

/** What the schema of the file's form says of it; of a mixed one only that it is mixed, as nothing else is sure. */
function checkForm(raw: Json, file: JsonObject, form: Form): Problem[] {
  const mixed = mixedForms(file)
  if (mixed.length > 0) return mixed
  if (form.list === 'endpoints') return checkAgainst(JSON.parse(schemaText('endpoints')) as JsonObject, raw)
  const problems = checkAgainst(JSON.parse(schemaText('config')) as JsonObject, raw).map((problem) =>
    misspelt(problem, file),
  )
  const isTwice = form.list === 'Providers' && file['providers'] !== undefined
  return isTwice ? [...problems, secondList] : problems
}

const secondList: Problem = {
  severity: 'warning',
  path: ['providers'],
  atKey: true,
  message: '`providers` is without effect beside `Providers`',
}

const markedKey: Problem = {
  severity: 'error',
  path: ['APIKEY'],
  message: '`APIKEY` begins with `ccr:`, the mark of a key that is meant for a provider: no client could show it',
  suggestion: 'choose another key',
}

/** An open address without a key would give everybody on the network the user's keys. */
function readHost(top: JsonObject, hasKey: boolean, problems: Problem[]): string {
  const host = bareAddress(asString(top['HOST'])?.trim() || '127.0.0.1')
  if (hasKey || isLoopback(host)) return host
  problems.push({
    severity: 'warning',
    path: ['HOST'],
    message: `\`HOST\`: listening on 127.0.0.1 instead of ${host}, because without an \`APIKEY\` everybody who reaches that address could use your keys`,
    suggestion: 'set `APIKEY`',
  })
  return '127.0.0.1'
}

function readForceUseImageAgent(top: JsonObject, routes: Routes, problems: Problem[]): boolean {
  const isForced = toFlag(top['forceUseImageAgent']) ?? false
  if (isForced && !routes.targets.image) {
    problems.push({
      severity: 'warning',
      path: ['forceUseImageAgent'],
      atKey: true,
      message: '`forceUseImageAgent` is without effect: no model is named that could describe images',
      suggestion: 'set `Router.image`',
    })
  }
  return isForced
}

const proxyKeys = ['HTTPS_PROXY', 'https_proxy', 'httpsProxy', 'PROXY_URL'] as const

function readProxyUrl(top: JsonObject, problems: Problem[]): string | undefined {
  const key = proxyKeys.find((candidate) => asString(top[candidate])?.trim())
  const written = key === undefined ? undefined : asString(top[key])
  if (key === undefined || written === undefined) return undefined
  const proxy = checkProxy(written)
  if (typeof proxy === 'string') return proxy
  problems.push({
    severity: 'error',
    path: [key],
    message: `\`${key}\`: ${proxy.problem}`,
    suggestion: proxy.suggestion,
  })
  return undefined
}

/** Whether names of dialects may belong to modules of the user, which are not loaded yet. */
function hasModules(top: JsonObject): boolean {
  return ['transformers', 'plugins', 'Plugins'].some((key) => Array.isArray(top[key]) && top[key].length > 0)
}

function toFlag(value: Json | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = asString(value)?.trim().toLowerCase()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : undefined
}

function optional<Key extends string>(key: Key, value: Json | undefined): { readonly [K in Key]?: string } {
  const text = asString(value)?.trim()
  return (text ? { [key]: text } : {}) as { readonly [K in Key]?: string }
}
