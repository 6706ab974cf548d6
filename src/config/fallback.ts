import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Routes, RouteTarget } from '../router/route.ts'
import { SCENARIOS } from '../router/route.ts'
import { readTarget, type TargetReading } from './target.ts'

/** The further targets of each scenario. One that cannot be used is left out, with a warning: the others may do. */
export function readFallbacks(section: Json | undefined, reading: TargetReading): NonNullable<Routes['fallbacks']> {
  const found = SCENARIOS.map((scenario) => [scenario, readList(section, scenario, reading)] as const)
  return Object.fromEntries(found.filter(([, targets]) => targets.length > 0))
}

/** Whom to try first if a prompt does not fit. */
export function readOverflow(section: Json | undefined, reading: TargetReading): readonly RouteTarget[] {
  return readList(section, 'overflow', reading)
}

function readList(section: Json | undefined, name: string, reading: TargetReading): readonly RouteTarget[] {
  const list = isObject(section) ? section[name] : undefined
  return (Array.isArray(list) ? list : []).flatMap(
    (value, index) => readTarget(value, ['fallback', name, index], { ...reading, severity: 'warning' }) ?? [],
  )
}
