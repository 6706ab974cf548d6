import type { JsonObject } from '../../canonical/json.ts'
import type { GatewayConfig } from '../../gateway/gateway.ts'
import { type Diagnostic, isError } from '../diagnostic.ts'
import type { Environment } from '../interpolate.ts'
import { resolveConfig } from '../resolve.ts'
import { installedPresets, isPresetName, manifestFile } from './folder.ts'
import { configOfManifest } from './manifest.ts'

/** The presets of a folder, by name, and what is to be told of them: one that cannot be used is left out. */
export interface Presets {
  readonly presets: Readonly<Record<string, GatewayConfig>>
  readonly warnings: readonly Diagnostic[]
}

/**
 * Reads `<directory>/<name>/manifest.json` of every preset that is installed. Each has providers and routes of its own;
 * where it says nothing of providers, proxies and patience, `shared` does, which is the config's own file.
 */
export function readPresets(directory: string, shared: JsonObject, env: Environment): Presets {
  const presets: Record<string, GatewayConfig> = {}
  const warnings: Diagnostic[] = []
  for (const { name, directory: own, manifest } of installedPresets(directory)) {
    const file = manifestFile(own)
    const told = (message: string): void => void warnings.push(warningAt(file, `the preset is not served: ${message}`))
    if (typeof manifest === 'string') {
      told(manifest)
      continue
    }
    const { config, problems } = resolvePreset(manifest, shared, env)
    const error = problems.find(isError)
    if (!isPresetName(name)) told(`\`${name}\` cannot be a part of a path`)
    else if (Object.hasOwn(presets, name)) told(`there is another one that is called \`${name}\``)
    else if (error) told(error.message)
    else if (config.providers.length === 0) told('it has no providers, and neither has the config')
    else presets[name] = gatewayConfig(config)
  }
  return { presets, warnings }
}

/** What a preset's manifest means beside the config. */
export function resolvePreset(
  manifest: JsonObject,
  shared: JsonObject,
  env: Environment,
): ReturnType<typeof resolveConfig> {
  return resolveConfig({ ...inherited(shared), ...configOfManifest(manifest) }, env)
}

/** What a preset that says nothing of it has from the config. */
const INHERITED = [
  'PROXY_URL',
  'HTTPS_PROXY',
  'https_proxy',
  'httpsProxy',
  'API_TIMEOUT_MS',
  'web_search',
  'Providers',
  'providers',
] as const

function inherited(shared: JsonObject): JsonObject {
  return Object.fromEntries(INHERITED.flatMap((key) => (shared[key] === undefined ? [] : [[key, shared[key]]])))
}

function gatewayConfig(config: ReturnType<typeof resolveConfig>['config']): GatewayConfig {
  const { providers, routes, smallFastModel, forceUseImageAgent, prices, webSearch } = config
  return {
    providers,
    routes,
    forceUseImageAgent,
    ...(smallFastModel !== undefined && { smallFastModel }),
    ...(prices && { prices }),
    ...(webSearch && { webSearch }),
  }
}

function warningAt(file: string, message: string): Diagnostic {
  return { severity: 'warning', file, line: 1, column: 1, path: '', message }
}
