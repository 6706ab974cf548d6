import type { Json } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import type { RoutingRule } from '../router/route.ts'
import { readConditions } from './conditions.ts'
import { isError } from './diagnostic.ts'
import { type GroupReading, readUse } from './groups.ts'
import { pathText, type PathStep } from './place.ts'
import { readCare } from './resilience.ts'

/** Whose rules are read, and with what. */
export interface RuleReading extends GroupReading {
  /** Who says so, where it is not the config itself: `project router`. */
  readonly from?: string
}

/** The rules of a config or an override, in order. One that has an error is none: with a part left out it would fit what it should not. */
export function readRules(list: Json | undefined, path: readonly PathStep[], reading: RuleReading): RoutingRule[] {
  if (!Array.isArray(list)) return []
  const rules = list.flatMap((value, index) => readRule(value, [...path, index], nameOf(value, index), reading) ?? [])
  tellRepeated(list, path, reading)
  tellUnreached(list, path, reading)
  return rules
}

function readRule(
  value: Json,
  path: readonly PathStep[],
  name: string,
  { from, ...reading }: RuleReading,
): RoutingRule | undefined {
  if (!isObject(value)) return undefined
  const before = reading.problems.length
  const when = readConditions(value['when'], [...path, 'when'], reading.problems)
  const use = readUse(value['use'], [...path, 'use'], `${from === undefined ? '' : `${from} `}rule ${name}`, reading)
  if (!use || reading.problems.slice(before).some(isError)) return undefined
  return {
    name,
    when,
    use,
    isShadow: value['shadow'] === true,
    ...readCare(value),
    ...(from !== undefined && { from }),
  }
}

function nameOf(value: Json, index: number): string {
  return (isObject(value) && asString(value['name'])?.trim()) || `#${index + 1}`
}

function tellRepeated(list: readonly Json[], path: readonly PathStep[], { problems }: RuleReading): void {
  const names = list.map(nameOf)
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue
    const where = [...path, index, 'name']
    const message = `\`${pathText(where)}\`: another rule is called \`${name}\` already`
    problems.push({ severity: 'warning', path: where, message, suggestion: 'choose another name' })
  }
}

/** What stands behind a rule for every request is reached only by those that ask for a model by name. */
function tellUnreached(list: readonly Json[], path: readonly PathStep[], { problems }: RuleReading): void {
  const open = list.findIndex((value) => isObject(value) && isForAll(value['when']) && value['shadow'] !== true)
  const next = list.findIndex((value, index) => index > open && !speaksOfModel(value))
  if (open < 0 || next < 0) return
  problems.push({
    severity: 'warning',
    path: [...path, next],
    message: `\`${pathText([...path, next])}\`: the rule \`${nameOf(list[open] as Json, open)}\` before it is for every request: this one never chooses`,
    suggestion: `put it before \`${pathText([...path, open])}\``,
  })
}

function isForAll(when: Json | undefined): boolean {
  return !isObject(when) || Object.values(when).every((value) => value === null || value === undefined)
}

function speaksOfModel(value: Json): boolean {
  return isObject(value) && isObject(value['when']) && value['when']['model'] !== undefined
}
