import type { JsonObject } from '../canonical/json.ts'
import { meant } from './check.ts'
import type { Problem } from './diagnostic.ts'

/** By which names a form of the config calls the providers and what an entry must say. */
export interface Form {
  readonly list: 'Providers' | 'providers' | 'endpoints'
  readonly url: 'api_base_url' | 'baseUrl'
  readonly key: 'api_key' | 'apiKey'
  readonly keys: 'api_keys' | 'apiKeys'
}

/** The form in which the file is written. */
export function formOf(top: JsonObject): Form {
  if (isEndpointForm(top)) return { list: 'endpoints', url: 'baseUrl', key: 'apiKey', keys: 'apiKeys' }
  const list = top['Providers'] === undefined ? 'providers' : 'Providers'
  return { list, url: 'api_base_url', key: 'api_key', keys: 'api_keys' }
}

/** A file in both forms has no meaning: told at the first key of the one that is not `endpoints`. */
export function mixedForms(top: JsonObject): Problem[] {
  const own = endpointKeys.find((key) => isSet(top, key))
  const other = own && ['Providers', 'providers', 'Router', ...Object.keys(renamed)].find((key) => isSet(top, key))
  if (own === undefined || other === undefined) return []
  const name = renamed[other]
  return [
    {
      severity: 'error',
      path: [other],
      atKey: true,
      message: `this file mixes two forms: \`${own}\` belongs to one, \`${other}\` to the other`,
      suggestion: name ? `write \`${name}\`` : `keep one of them: \`endpoints\` or \`Providers\``,
    },
  ]
}

/** The settings of a file with `endpoints` by the names of the other form. */
export function settingsOf(top: JsonObject): JsonObject {
  return { ...top, ...Object.fromEntries(Object.entries(renamed).map(([name, own]) => [name, top[own]])) }
}

const endpointKeys = ['endpoints', 'defaultEndpoint'] as const

/** What `endpoints` files call otherwise. */
const renamed: Readonly<Record<string, string>> = { PORT: 'port', LOG_LEVEL: 'logLevel' }

function isEndpointForm(top: JsonObject): boolean {
  if (endpointKeys.some((key) => isSet(top, key))) return true
  const hasOther = ['Providers', 'providers', 'Router'].some((key) => isSet(top, key))
  // A misspelt `endpoints` is told as such only by the schema of its own form.
  return !hasOther && Object.keys(top).some((key) => isSet(top, key) && meant(key, endpointKeys) !== undefined)
}

function isSet(top: JsonObject, key: string): boolean {
  return (top[key] ?? undefined) !== undefined
}
