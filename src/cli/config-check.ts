import { statSync } from 'node:fs'
import type { ProtocolId } from '../canonical/native.ts'
import type { Config } from '../config/config.ts'
import type { Diagnostic } from '../config/diagnostic.ts'
import { ConfigError, formatDiagnostic, isError } from '../config/diagnostic.ts'
import type { LoadOptions } from '../config/load.ts'
import type { Loaded } from '../config/load-user-code.ts'
import { loadConfig, repeatedKeys } from '../config/load.ts'
import { rowNamed } from '../provider/catalog/index.ts'
import { unservedDialects } from '../provider/dialect.ts'
import type { Provider } from '../provider/provider.ts'
import { nameOfTarget } from '../router/model-name.ts'
import { SCENARIOS } from '../router/route.ts'
import { namedGroupText, rulesSummary } from './rules-summary.ts'

/** Prints all that is wrong with the config, and what it makes of its providers and routes. Gives the exit code. */
export async function checkConfig(options: LoadOptions): Promise<number> {
  try {
    const read = loadConfig(options)
    const { config, problems } = await withUserCode(read)
    if (!config.exists) {
      console.log(`${config.file}: there is no config file yet; \`ccr config init\` writes one to start from.`)
      return 1
    }
    report([...repeatedKeys(options), ...config.warnings, ...problems])
    for (const line of [...exposure(config.file), ...summary(config)]) console.log(line)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    report(error.diagnostics)
    const count = error.diagnostics.filter(isError).length
    console.log(`${count} ${count === 1 ? 'error' : 'errors'}: the config cannot be used. The file was not changed.`)
    return 1
  }
}

/** Loads the modules of the user as a start would, so that what is wrong with them is told. */
async function withUserCode(config: Config): Promise<Loaded> {
  if (!config.userCode) return { config, problems: [] }
  const [{ loadUserCode }, { createModuleLoader }] = await Promise.all([
    import('../config/load-user-code.ts'),
    import('../platform/load-module.ts'),
  ])
  return loadUserCode(config, createModuleLoader(), () => {})
}

function report(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) console.log(`${diagnostic.severity}: ${formatDiagnostic(diagnostic)}`)
  if (diagnostics.length > 0) console.log('')
}

/** The file holds keys. */
function exposure(file: string): string[] {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return []
  return [`warning: ${file}: other users of this machine may read or change this file; \`chmod 600 ${file}\``, '']
}

function summary(config: Config): string[] {
  const { providers, routes } = config
  const width = Math.max(0, ...providers.map(({ name }) => name.length))
  const scenarios = SCENARIOS.toReversed().filter((scenario) => routes.targets[scenario])
  return [
    config.file,
    providers.length === 0 ? 'providers: none; `ccr code` asks for one' : 'providers:',
    ...providers.flatMap((provider) => [
      `  ${provider.name.padEnd(width)}  ${describe(provider)}`,
      ...(provider.filled ? [`  ${''.padEnd(width)}  catalog: ${provider.filled.join(', ')}`] : []),
      ...(adviceOf(provider) === undefined ? [] : [`  ${''.padEnd(width)}  note: ${adviceOf(provider)}`]),
    ]),
    scenarios.length === 0 && routes.defaultProvider === undefined ? 'routes: none' : 'routes:',
    ...(routes.defaultProvider === undefined ? [] : [anyModelText(routes.defaultProvider)]),
    ...scenarios.map((scenario) => `  ${scenario.padEnd(longestScenario)}  ${targetText(config, scenario)}`),
    ...rulesSummary(config),
    `listens on ${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}, ${config.apiKey === undefined && !config.clientKeys ? 'no client key' : 'client key set'}`,
    ...(config.webSearch ? [`web searches: ${config.webSearch.backend} at ${config.webSearch.baseUrl}`] : []),
    ...(config.cache ? [`answers are kept for ${config.cache.ttlMs / 1000} s`] : []),
  ]
}

function anyModelText(provider: string): string {
  return `  ${'default'.padEnd(longestScenario)}  ${provider}, with the model that the client names; \`endpoint,model\` names another`
}

const longestScenario = Math.max(...SCENARIOS.map((scenario) => scenario.length))

/** What is to be known before the first call; a stated window shows that it is known. */
function adviceOf({ catalog, filled, traits }: Provider): string | undefined {
  return filled && traits.contextWindow === undefined ? rowNamed(catalog ?? '')?.advice : undefined
}

function describe(provider: Provider): string {
  const bases = Map.groupBy(provider.endpoints, ({ baseUrl }) => baseUrl)
  const endpoints = [...bases].map(
    ([base, spoken]) => `${base} (${spoken.map(({ protocol }) => protocolNames[protocol]).join(', ')})`,
  )
  const { models } = provider
  const unserved = unservedDialects(provider, '')
  return [
    endpoints.join(', '),
    models.length === 1 ? `model ${models[0]}` : models.length === 0 ? 'any model' : `${models.length} models`,
    keyText(provider),
    ...(provider.takes?.includes('key') && provider.apiKey === undefined ? ["takes a client's `ccr:` key"] : []),
    ...(provider.takes?.includes('login') ? ["passes a client's own login on"] : []),
    ...(provider.proxy === false ? [] : ['through a proxy']),
    ...(unserved.length === 0 ? [] : [`calls fail: ${unserved.join(', ')} not served`]),
  ].join(', ')
}

function keyText({ apiKey, endpoints }: Provider): string {
  if (apiKey !== undefined) return 'key set'
  const signs = endpoints.some(({ auth }) => auth === 'google' || auth === 'azure' || auth === 'aws-sigv4')
  return signs ? "no key: signed with the cloud's credentials" : 'no key'
}

const protocolNames: Readonly<Record<ProtocolId, string>> = {
  'anthropic-messages': 'Anthropic Messages',
  'openai-chat': 'OpenAI Chat',
  'openai-responses': 'OpenAI Responses',
  gemini: 'Gemini',
  'bedrock-converse': 'Bedrock Converse',
}

function targetText({ routes, providers }: Config, scenario: (typeof SCENARIOS)[number]): string {
  const target = routes.targets[scenario]
  if (!target) return ''
  const group = routes.scenarioGroups?.[scenario]
  const provider = providers.find(({ name }) => name === target.provider)
  const unserved = provider ? unservedDialects(provider, target.model) : []
  const above = scenario === 'longContext' ? `, above ${routes.longContextThreshold} tokens` : ''
  const fails = unserved.length === 0 ? '' : `, fails: ${unserved.join(', ')} not served`
  return `${group ? namedGroupText(group) : nameOfTarget(target)}${above}${fails}`
}
