import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Profile, RouteOverride } from '../router/route.ts'
import { readClient } from './conditions.ts'
import { readFallbacks } from './fallback.ts'
import type { PathStep } from './place.ts'
import { readScenarios } from './routes.ts'
import { readRules, type RuleReading } from './rules.ts'
import { toNumber } from './scalar.ts'

/** Routes for single clients, in the order of the file. */
export function readProfiles(section: Json | undefined, reading: RuleReading): Profile[] {
  if (!isObject(section)) return []
  return Object.entries(section).flatMap(([name, value]) => {
    const path = ['profiles', name]
    const client = readClient(name, { path, problems: reading.problems })
    const override = readOverride(value, path, { ...reading, from: `profile ${name}` })
    return client && override ? [{ client, override }] : []
  })
}

/** What an object with `Router`, `fallback` and `rules` lays over the global ones; `undefined`: it has none of them. */
export function readOverride(
  value: Json | undefined,
  path: readonly PathStep[],
  reading: RuleReading & { readonly from: string },
): RouteOverride | undefined {
  if (!isObject(value)) return undefined
  const { Router: router, fallback } = value
  const rules = readRules(value['rules'], [...path, 'rules'], reading)
  if (!isObject(router) && !isObject(fallback) && rules.length === 0) return undefined
  const fallbacks = readFallbacks(fallback, [...path, 'fallback'], reading)
  const longContextThreshold = isObject(router) ? toNumber(router['longContextThreshold']) : undefined
  return {
    from: reading.from,
    ...(isObject(router) ? readScenarios(router, [...path, 'Router'], reading) : { targets: {} }),
    ...(Object.keys(fallbacks).length > 0 && { fallbacks }),
    ...(rules.length > 0 && { rules }),
    ...(longContextThreshold !== undefined && { longContextThreshold }),
  }
}
