import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Routes } from '../router/route.ts'
import { SCENARIOS } from '../router/route.ts'
import { readTarget, type TargetReading } from './target.ts'

/** The further targets of each scenario. One that cannot be used is left out, with a warning: the others may do. */
export function readFallbacks(section: Json | undefined, reading: TargetReading): NonNullable<Routes['fallbacks']> {
  if (!isObject(section)) return {}
  const found = SCENARIOS.map((scenario) => {
    const list = section[scenario]
    const targets = (Array.isArray(list) ? list : []).flatMap(
      (value, index) => readTarget(value, ['fallback', scenario, index], { ...reading, severity: 'warning' }) ?? [],
    )
    return [scenario, targets] as const
  })
  return Object.fromEntries(found.filter(([, targets]) => targets.length > 0))
}
