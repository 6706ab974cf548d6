import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Routes, RouteTarget } from '../router/route.ts'
import { SCENARIOS } from '../router/route.ts'
import type { PathStep } from './place.ts'
import { readTarget, type TargetReading } from './target.ts'

/** The further targets of each scenario. One that cannot be used is left out, with a warning: the others may do. */
export function readFallbacks(
  section: Json | undefined,
  path: readonly PathStep[],
  reading: TargetReading,
): NonNullable<Routes['fallbacks']> {
  const found = SCENARIOS.map((scenario) => [scenario, readList(section, [...path, scenario], reading)] as const)
  return Object.fromEntries(found.filter(([, targets]) => targets.length > 0))
}

/** Whom to try first if a prompt does not fit. */
export function readOverflow(
  section: Json | undefined,
  path: readonly PathStep[],
  reading: TargetReading,
): readonly RouteTarget[] {
  return readList(section, [...path, 'overflow'], reading)
}

function readList(
  section: Json | undefined,
  path: readonly PathStep[],
  reading: TargetReading,
): readonly RouteTarget[] {
  const list = isObject(section) ? section[String(path.at(-1))] : undefined
  return (Array.isArray(list) ? list : []).flatMap(
    (value, index) => readTarget(value, [...path, index], { ...reading, severity: 'warning' }) ?? [],
  )
}
