import { isClient } from './condition.ts'
import type { Facts } from './facts.ts'
import { targetsOf, type Group } from './group.ts'
import { configuredTarget, distinct } from './model-name.ts'
import {
  type RouteOverride,
  type Routes,
  type RouteTarget,
  type Routing,
  type RoutingRule,
  SCENARIOS,
  type Scenario,
} from './route.ts'

/** The routes in force: the global ones with a client's, a project's and a session's laid over them. */
export interface EffectiveRoutes {
  readonly entries: Readonly<Partial<Record<Scenario, EffectiveRoute>>>
  readonly longContextThreshold: number
  /** In the spelling of their providers. */
  readonly fallbacks: NonNullable<Routes['fallbacks']>
  /** Those of the session first, the global ones last. */
  readonly rules: readonly RoutingRule[]
}

/** A scenario's target and who set it. */
export interface EffectiveRoute {
  readonly target: RouteTarget
  /** In the spelling of the provider; absent: there is no such provider. */
  readonly configured: RouteTarget | undefined
  /** The group that it is named by. */
  readonly group?: Group
  readonly from: string
  readonly isOverride: boolean
}

/** Merges: an override wins for what it names, `background` included, and leaves the rest. */
export function effectiveRoutes(routing: Routing): EffectiveRoutes {
  if (routing.overrides && routing.overrides.length > 0) return merged(routing, routing.overrides)
  const known = plain.get(routing)
  if (known) return known
  const alone = merged(routing, [])
  plain.set(routing, alone)
  return alone
}

// Nearly every call has no overrides, and what a gateway's choices are made from never changes.
const plain = new WeakMap<Routing, EffectiveRoutes>()

function merged({ routes, providers }: Routing, overrides: readonly RouteOverride[]): EffectiveRoutes {
  const entries: Partial<Record<Scenario, EffectiveRoute>> = {}
  const fallbacks: Partial<Record<Scenario, readonly RouteTarget[]>> = {}
  const layers = [
    { from: 'Router', ...routes, isOverride: false },
    ...overrides.map((layer) => ({ ...layer, isOverride: true })),
  ]
  let longContextThreshold = routes.longContextThreshold
  for (const layer of layers) {
    const { from, isOverride } = layer
    longContextThreshold = layer.longContextThreshold ?? longContextThreshold
    for (const scenario of SCENARIOS) {
      const target = layer.targets[scenario]
      const group = layer.scenarioGroups?.[scenario]
      const configured = target && configuredTarget(target, providers)
      if (target) entries[scenario] = { target, configured, ...(group && { group }), from, isOverride }
      const named = layer.fallbacks?.[scenario]
      if (named) fallbacks[scenario] = named.flatMap((each) => configuredTarget(each, providers) ?? [])
    }
  }
  return {
    entries,
    longContextThreshold,
    fallbacks,
    rules: layers.toReversed().flatMap(({ rules = [] }) => rules),
  }
}

/** The overrides for a request: that of its client, then `others`. */
export function overridesFor(
  facts: Pick<Facts, 'client'>,
  { routes }: Routing,
  others: readonly RouteOverride[],
): readonly RouteOverride[] {
  const profile = routes.profiles?.find(({ client }) => isClient(client, facts))
  return profile ? [profile.override, ...others] : others
}

/** The targets of `image` and those of its `fallback`, in order; nobody if there is no such provider. */
export function imageTargetsOf(routing: Routing): readonly RouteTarget[] {
  const { entries, fallbacks } = effectiveRoutes(routing)
  if (!entries.image) return []
  const { target, group } = entries.image
  const named = [target, ...(group ? targetsOf(group) : []), ...(fallbacks.image ?? [])]
  return distinct(named.flatMap((each) => configuredTarget(each, routing.providers) ?? []))
}
