import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import type { GatewayConfig } from '../../gateway/gateway.ts'
import { type Diagnostic, isError } from '../diagnostic.ts'
import type { Environment } from '../interpolate.ts'
import { resolveConfig } from '../resolve.ts'
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
  for (const folder of foldersOf(directory)) {
    const file = join(directory, folder, 'manifest.json')
    const told = (message: string): void => void warnings.push(warningAt(file, `the preset is not served: ${message}`))
    const manifest = read(file)
    if (manifest === undefined) continue
    if (typeof manifest === 'string') {
      told(manifest)
      continue
    }
    const name = asString(manifest['name'])?.trim() || folder
    const { config, problems } = resolveConfig({ ...inherited(shared), ...configOfManifest(manifest) }, env)
    const error = problems.find(isError)
    if (!isName(name)) told(`\`${name}\` cannot be a part of a path`)
    else if (Object.hasOwn(presets, name)) told(`there is another one that is called \`${name}\``)
    else if (error) told(error.message)
    else if (config.providers.length === 0) told('it has no providers, and neither has the config')
    else presets[name] = gatewayConfig(config)
  }
  return { presets, warnings }
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

function foldersOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  } catch {
    // There are none, or they are not ours to read.
    return []
  }
}

/** The manifest; why it cannot be used; nothing if there is none. */
function read(file: string): JsonObject | string | undefined {
  try {
    const value = Bun.JSON5.parse(readFileSync(file, 'utf8')) as Json
    return isObject(value) ? value : 'the manifest is no object'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : message
  }
}

function isName(name: string): boolean {
  return !/[/\\?#%]/.test(name) && name !== '.' && name !== '..'
}

function warningAt(file: string, message: string): Diagnostic {
  return { severity: 'warning', file, line: 1, column: 1, path: '', message }
}
