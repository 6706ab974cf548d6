import { isObject } from '../canonical/json.ts'
import { operationOf } from '../gateway/paths.ts'
import type { Plugins } from '../gateway/plugin/plugins.ts'
import type { LoadModule } from '../platform/load-module.ts'
import type { Log } from '../platform/ports.ts'
import { dialectNames, dialectStatus } from '../provider/dialect.ts'
import type { DialectUse, Provider } from '../provider/provider.ts'
import type { Config } from './config.ts'
import { type Diagnostic, locateProblems, type Problem } from './diagnostic.ts'
import { formOf, settingsOf } from './form.ts'
import type { PathStep } from './place.ts'
import { createPluginList } from './plugin-list.ts'
import { readText } from './read-text.ts'
import { createRegistry, type Registry } from './registry.ts'
import { didYouMean } from './suggest.ts'
import type { UserCode } from './user-code.ts'

/** A config whose modules of the user have been loaded. */
export interface Loaded {
  readonly config: Config & { readonly plugins?: Plugins }
  /** Modules that did not load, and names that none of them brings. Nothing else of the config is touched by that. */
  readonly problems: readonly Diagnostic[]
}

/** Loads the code of the user that `config` names, once, and gives its dialects and transformers to the providers. */
export async function loadUserCode(config: Config, load: LoadModule, log: Log): Promise<Loaded> {
  const { userCode } = config
  if (!userCode) return { config, problems: [] }
  const settings = formOf(config.raw).list === 'endpoints' ? settingsOf(config.raw) : config.raw
  const problems: Problem[] = []
  shareSettings(settings)
  const registry = createRegistry(log)
  const plugins = createPluginList(registry, { log, settings })
  await readModules(userCode, { registry, plugins, load }, (path, message) =>
    problems.push({ severity: 'warning', path, message }),
  )
  const failures = problems.map(({ message }) => message)
  for (const { name, endPoint = '' } of registry.endpoints())
    if (operationOf(endPoint))
      problems.push({ severity: 'warning', path: ['transformers'], message: ownPath(name, endPoint) })
  const places = placesOf(settings)
  const providers = config.providers.map((provider) =>
    withOwn(provider, registry, (message) =>
      problems.push({
        severity: 'warning',
        path: places(provider),
        message: `provider \`${provider.name}\`: ${message}`,
      }),
    ),
  )
  const found: Plugins = { settings, failures, endpoints: registry.endpoints(), ...plugins.found() }
  const presets = config.presets && presetsWith(config.presets, registry, found)
  return {
    config: { ...config, providers, plugins: found, ...(presets && { presets }) },
    problems: locateProblems(problems, problems.length > 0 ? readText(config.file) : '', config.file),
  }
}

/** Presets may use what modules bring to all; who answers there, and at which paths, is their own. */
function presetsWith(
  presets: NonNullable<Config['presets']>,
  registry: Registry,
  found: Plugins,
): NonNullable<Config['presets']> {
  const plugins = { ...found, routers: [], endpoints: [] }
  const own = Object.entries(presets).map(([name, preset]) => {
    const providers = preset.providers.map((provider) => withOwn(provider, registry, () => {}))
    return [name, { ...preset, providers, plugins }] as const
  })
  return Object.fromEntries(own)
}

interface Loading {
  readonly registry: Registry
  readonly plugins: ReturnType<typeof createPluginList>
  readonly load: LoadModule
}

async function readModules(
  code: UserCode,
  { registry, plugins, load }: Loading,
  tell: (path: readonly PathStep[], message: string) => void,
): Promise<void> {
  for (const module of code.transformers) {
    const why = await registry.addTransformer(module, load)
    if (why !== undefined) tell(module.path, `${module.file} ${why}`)
  }
  for (const module of code.plugins) {
    const why = await plugins.addPlugin(module, load)
    if (why !== undefined) tell(module.path, `${module.file} ${why}`)
  }
  for (const named of code.named) {
    const why = plugins.addNamed(named)
    if (why !== undefined) tell(named.path, `the plugin \`${named.name}\` ${why}`)
  }
  if (!code.customRouter) return
  const why = await plugins.addCustomRouter(code.customRouter, load)
  if (why !== undefined)
    tell(code.customRouter.path, `\`CUSTOM_ROUTER_PATH\`: ${code.customRouter.file} ${why}, so the rules decide alone`)
}

/** Plugins read settings (`GOOGLE_CLOUD_PROJECT`) from the environment, where CCR put every key of the config. */
function shareSettings(settings: Config['raw']): void {
  for (const [key, value] of Object.entries(settings))
    if (['string', 'number', 'boolean'].includes(typeof value)) process.env[key] = String(value)
}

function withOwn(provider: Provider, registry: Registry, tell: (message: string) => void): Provider {
  const give = (use: DialectUse): DialectUse => {
    const own = registry.find(use)
    if (typeof own === 'string') tell(own)
    if (own !== undefined && typeof own !== 'string') return { ...use, ...own }
    if (own === undefined && dialectStatus(use.name).status !== 'served') tell(nobodyBrings(use.name, registry))
    return use
  }
  const modelDialects = Object.entries(provider.modelDialects).map(([model, uses]) => [model, uses.map(give)] as const)
  return { ...provider, dialects: provider.dialects.map(give), modelDialects: Object.fromEntries(modelDialects) }
}

/** Where the config names the dialects of a provider. */
function placesOf(settings: Config['raw']): (provider: Provider) => PathStep[] {
  const { list } = formOf(settings)
  const entries = Array.isArray(settings[list]) ? settings[list] : []
  return ({ name }) => {
    const index = entries.findIndex((entry) => isObject(entry) && String(entry['name']).trim() === name)
    return index < 0 ? [list] : [list, index, 'transformer']
  }
}

function ownPath(name: string, endPoint: string): string {
  return `the transformer \`${name}\` has the endPoint ${endPoint}, which the router serves itself: clients that ask there do not meet it`
}

function nobodyBrings(name: string, registry: Registry): string {
  const near = didYouMean(name, [...registry.names(), ...dialectNames()])
  return `no module brings the dialect \`${name}\`: calls that need it fail${near ? `; ${near}` : ''}`
}
