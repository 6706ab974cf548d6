import type { JsonObject } from '../canonical/json.ts'
import type { AuthKind } from '../provider/provider.ts'
import type { Environment } from './interpolate.ts'
import { isPlaceholderKey } from './placeholder.ts'
import type { Reach } from './reach.ts'

/**
 * The key in the variable in which people keep it, for an entry that has none. Only for the catalog's own addresses: what
 * the user did not write never goes to a host that he wrote.
 */
export function keyOfEnvironment(
  { row, isByName }: Reach,
  fields: JsonObject,
  env: Environment,
): { readonly key: string; readonly variable: string } | undefined {
  if (!isByName || fields['origin'] !== undefined || fields['endpoints'] !== undefined) return undefined
  for (const variable of row?.keys ?? []) {
    const key = env[variable]?.trim()
    if (key && !isPlaceholderKey(key)) return { key, variable }
  }
  return undefined
}

/** Whether calls without a key cannot work, as far as is known. */
export function needsKey({ row, isByName, endpoints }: Reach): boolean {
  if (endpoints.some(({ auth }) => tokens.has(auth))) return false
  return !(isByName && row?.keys === undefined)
}

/** Ways to prove who calls that need no key of the config. */
const tokens: ReadonlySet<AuthKind> = new Set<AuthKind>(['aws-sigv4', 'azure', 'google'])
