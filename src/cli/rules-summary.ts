import type { Config } from '../config/config.ts'
import { type Group, isGroup } from '../router/group.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { RoutingRule } from '../router/route.ts'

/** What a config makes of its rules, profiles and presets; nothing of what it has none of. */
export function rulesSummary({ routes, presets = {} }: Config): string[] {
  const { rules = [], profiles = [], groups = new Map<string, Group>() } = routes
  const width = Math.max(0, ...rules.map(({ name }) => name.length))
  const served = Object.keys(presets).map((name) => `/preset/${name}`)
  return [
    ...(rules.length > 0 ? ['rules:'] : []),
    ...rules.map((rule) => `  ${rule.name.padEnd(width)}  ${ruleText(rule, groups)}`),
    ...(profiles.length > 0
      ? [`profiles: ${profiles.map(({ override }) => override.from.slice('profile '.length)).join(', ')}`]
      : []),
    ...(served.length > 0 ? [`presets: ${served.join(', ')}`] : []),
  ]
}

/** A group of the config: its name and what it holds. */
export function namedGroupText(group: Group): string {
  return `${group.id}: ${groupText(group)}`
}

function ruleText({ when, use, isShadow }: RoutingRule, groups: ReadonlyMap<string, Group>): string {
  const conditions = when.map(({ name, wanted }) => `${name} ${wanted}`).join(', ')
  const of = groups.get(use.id) === use ? namedGroupText(use) : groupText(use)
  return `${isShadow ? '(shadow) ' : ''}${conditions || 'every request'} → ${of}`
}

function groupText({ strategy, members }: Group): string {
  const names = members.map(({ of, weight }) => {
    const name = isGroup(of) ? of.id : nameOfTarget(of)
    return strategy === 'weighted' || weight !== 1 ? `${name} ×${weight}` : name
  })
  return members.length === 1
    ? names.join('')
    : `${names.join(strategy === 'order' ? ', then ' : ', ')}${suffixOf(strategy)}`
}

function suffixOf(strategy: Group['strategy']): string {
  return strategy === 'order' ? '' : ` (${strategy})`
}
