import type { JsonObject } from '../canonical/json.ts'
import { asNumber, isObject } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import { type Group, targetsOf } from '../router/group.ts'
import type { Routes, RouteTarget, Scenario } from '../router/route.ts'
import { SCENARIOS } from '../router/route.ts'
import type { Problem } from './diagnostic.ts'
import { isError } from './diagnostic.ts'
import type { GroupReading } from './groups.ts'
import type { PathStep } from './place.ts'
import { readTarget } from './target.ts'

/** Input tokens above which `longContext` applies if the config does not say. */
export const DEFAULT_LONG_CONTEXT_THRESHOLD = 60_000

/**
 * A `Router` section. A value that names no provider is an error, unless it names an entry
 * that has an error of its own. Without a `default`, the first model of the first provider is it, with a warning.
 */
export function readRoutes(section: unknown, reading: GroupReading): Routes {
  const { providers, problems } = reading
  const router = isObject(section) ? section : {}
  const { targets: named, ...groups } = readScenarios(router, ['Router'], reading)
  const targets = { ...named }
  const fallback = targets.default ?? firstTarget(providers)
  if (fallback && !targets.default && !wasTried(router)) {
    targets.default = fallback
    if (!problems.some(isError)) problems.push(defaultChosen(fallback, isObject(section)))
  }
  return { targets, ...groups, longContextThreshold: threshold(router) }
}

/** The targets that a `Router` section names, and no more: each is `provider,model` or the name of a group. */
export function readScenarios(
  router: JsonObject,
  path: readonly PathStep[],
  { groups, ...reading }: GroupReading,
): Pick<Routes, 'targets' | 'scenarioGroups'> {
  const targets: Partial<Record<Scenario, RouteTarget>> = {}
  const scenarioGroups: Partial<Record<Scenario, Group>> = {}
  for (const scenario of SCENARIOS) {
    const value = router[scenario]
    const group = typeof value === 'string' ? groups.get(value.trim()) : undefined
    const target = group ? targetsOf(group)[0] : readTarget(value, [...path, scenario], reading)
    if (target) targets[scenario] = target
    if (target && group) scenarioGroups[scenario] = group
  }
  return { targets, ...(Object.keys(scenarioGroups).length > 0 && { scenarioGroups }) }
}

function defaultChosen(target: RouteTarget, hasRouter: boolean): Problem {
  return {
    severity: 'warning',
    path: hasRouter ? ['Router'] : [],
    ...(hasRouter ? { atKey: true } : {}),
    message: `\`Router.default\` is not set: the first model, \`${target.provider},${target.model}\`, is the default`,
    suggestion: `write \`"Router": { "default": "${target.provider},${target.model}" }\``,
  }
}

function wasTried(router: JsonObject): boolean {
  return typeof router['default'] === 'string' && router['default'].trim() !== ''
}

function firstTarget(providers: readonly Provider[]): RouteTarget | undefined {
  const provider = providers.find((candidate) => candidate.models.length > 0)
  const model = provider?.models[0]
  return provider && model !== undefined ? { provider: provider.name, model } : undefined
}

function threshold(router: JsonObject): number {
  const value = router['longContextThreshold']
  const number = typeof value === 'string' ? Number(value) : asNumber(value)
  return number && number > 0 ? number : DEFAULT_LONG_CONTEXT_THRESHOLD
}
