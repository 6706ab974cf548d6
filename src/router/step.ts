import type { ModelError } from '../canonical/error.ts'
import type { Circumstances } from './circumstances.ts'
import type { Facts } from './facts.ts'
import { type Group, orderOf } from './group.ts'
import { distinct, findProvider, nameOfTarget, plainModel } from './model-name.ts'
import { namedByClient, type Named, type Wish } from './named.ts'
import type { EffectiveRoute, EffectiveRoutes } from './override.ts'
import {
  type Choice,
  type RouteName,
  type RouteTarget,
  type Routing,
  type RoutingRule,
  SCENARIOS,
  type Scenario,
} from './route.ts'
import { quote, RULES } from './rule.ts'

/** One of the ways in which a request may find its target, looked at in this order until one chooses. */
export interface Step {
  readonly name: RouteName
  /** Set if this way would choose. */
  readonly choice?: Choice
  /** The choice is only told, never made. */
  readonly isShadow?: boolean
  /** The request is refused here. */
  readonly refusal?: ModelError
  /** What the user should hear of. */
  readonly warning?: string
  /** Why it chooses nobody. */
  why(): string
}

/** What the steps are taken for. */
export interface Question {
  readonly facts: Facts
  readonly routing: Routing
  readonly routes: EffectiveRoutes
  /** What a sub-agent's marker chooses. */
  readonly marked: Wish | undefined
  readonly circumstances: Circumstances
  /** Somebody listens: steps that could choose nobody are taken, too. */
  readonly isHeard: boolean
}

/**
 * Takes the steps of a choice, one after the other, until `take` says that it is enough. A rule that speaks of the model
 * comes before what the client's name or a sub-agent's marker asks for, every other rule after it; then come the scenarios,
 * with the marker behind `longContext`; a model that the client named without insisting comes before `default`.
 */
export function takeSteps(question: Question, take: (step: Step) => boolean): void {
  const { facts, routing, routes, marked, isHeard } = question
  const { named, isFirm, step } = explicitFor(question)
  const insists = isFirm ? 'the client asks for a model by name' : marked && 'a sub-agent marker names a model'
  if (!facts.isDecided) for (const rule of routes.rules) if (take(ruleStep(rule, insists, question))) return
  if ((isFirm || named.kind === 'open') && take(step)) return
  for (const scenario of SCENARIOS) {
    if (scenario === 'default' && named.kind === 'wish' && !isFirm && take(step)) return
    if ((isHeard || routes.entries[scenario]) && take(scenarioStep(scenario, question))) return
    if (scenario === 'longContext' && (isHeard || marked) && take(markerStep(question))) return
  }
  const { defaultProvider } = routing.routes
  if (defaultProvider !== undefined) take(defaultProviderStep(defaultProvider, question))
}

function ruleStep(rule: RoutingRule, insists: string | undefined, { facts, circumstances }: Question): Step {
  const { name, from, when, use, isShadow, care } = rule
  const route = `rule:${name}` as const
  const step = { name: route, ...(isShadow && { isShadow }) }
  if (insists !== undefined && !when.some((condition) => condition.name === 'model'))
    return { ...step, why: () => `${insists}, and this rule does not speak of the model` }
  const misfit = when.find((condition) => !condition.holds(facts))
  if (misfit)
    return { ...step, why: () => `${misfit.name}: wanted ${misfit.wanted}, found ${misfit.found(facts, false)}` }
  const { targets, why } = orderOf(use, facts, circumstances)
  const [target, ...fallbacks] = targets
  if (!target) return { ...step, why: () => 'it has no targets' }
  const found = when.map((condition) => `${condition.name} ${condition.found(facts, true)}`).join(', ')
  const order = use.members.length > 1 ? `; ${nameOfTarget(target)}, because ${why}` : ''
  const of = `rule ${quote(name)}${from === undefined ? '' : ` of the ${from}`}`
  const reason = `${of}${found === '' ? '' : `: ${found}`}${order}`
  return { ...step, choice: { target, fallbacks, route, reason, group: use, ...(care && { care }) }, why: () => reason }
}

/** What the name of a request's model comes to. */
interface Explicit {
  readonly named: Named
  readonly isFirm: boolean
  readonly step: Step
}

// Clients name the same few models all the time, and what a config makes of them never changes.
const known = new WeakMap<Routing, Map<string, Explicit>>()
/** Clients may make names up. */
const MOST_NAMES = 1000
const LONGEST_NAME = 200

function explicitFor(question: Question): Explicit {
  const { facts, routing } = question
  const { model } = facts.request
  const names = known.get(routing) ?? new Map<string, Explicit>()
  const before = names.get(model)
  if (before) return before
  const named = namedByClient(facts, routing)
  const isFirm = named.kind === 'refused' || (named.kind === 'wish' && named.isFirm)
  const explicit = { named, isFirm, step: explicitStep(named, question) }
  if (names.size >= MOST_NAMES) names.clear()
  if (model.length <= LONGEST_NAME) known.set(routing, names.set(model, explicit))
  return explicit
}

function explicitStep(named: Named, question: Question): Step {
  const name = 'explicit' as const
  switch (named.kind) {
    case 'wish':
      return chosen(name, named.wish, question)
    case 'refused':
      return { name, refusal: named.error, why: () => named.error.message }
    case 'open':
      return { name, why: () => named.why, ...(named.warning !== undefined && { warning: named.warning }) }
  }
}

function markerStep(question: Question): Step {
  const { marked } = question
  if (marked) return chosen('subagent', marked, question)
  return { name: 'subagent', why: () => 'there is no marker that names a configured model' }
}

function scenarioStep(scenario: Scenario, question: Question): Step {
  const { facts, routing, routes } = question
  const entry = routes.entries[scenario]
  if (!entry) return { name: scenario, why: () => 'it has no target' }
  const fact = RULES[scenario](facts, {
    longContextThreshold: routes.longContextThreshold,
    smallModel: routing.smallModel,
    describesImages: routing.describesImages ?? false,
  })
  if (fact === undefined) return { name: scenario, why: () => WHY_NOT[scenario](question) }
  const reason = entry.isOverride ? `${fact} (${entry.from})` : fact
  if (entry.group) return groupStep(scenario, entry.group, reason, question)
  const target = entry.configured
  if (target) return chosen(scenario, { target, reason }, question)
  const warning = nobody(entry, scenario)
  return { name: scenario, warning, why: () => warning }
}

/** A scenario that names a group: after the targets of that come those of `fallback`. */
function groupStep(scenario: Scenario, group: Group, fact: string, question: Question): Step {
  const { targets, why } = orderOf(group, question.facts, question.circumstances)
  const [target, ...others] = targets
  if (!target) return { name: scenario, why: () => 'its group has no targets' }
  const reason = `${fact}; of ${group.id} ${nameOfTarget(target)}, because ${why}`
  const { choice, ...step } = chosen(scenario, { target, reason }, question)
  if (!choice) return step
  return {
    ...step,
    choice: { ...choice, fallbacks: distinct([target, ...others, ...choice.fallbacks]).slice(1), group },
  }
}

const WHY_NOT: Readonly<Record<Scenario, (question: Question) => string>> = {
  longContext: ({ facts, routes }) =>
    `the input is about ${facts.inputTokens} tokens, not more than ${routes.longContextThreshold}`,
  image: ({ facts }) =>
    facts.hasNewImage ? 'images are described to whoever is chosen' : 'the newest turn shows no image',
  background: ({ facts }) => `${quote(facts.request.model)} is no small model`,
  webSearch: () => 'the request asks for no web search',
  think: () => 'no more thinking is asked for than agents do by default',
  default: () => '',
}

const NOBODY: readonly RouteTarget[] = []

function nobody({ from, target }: EffectiveRoute, scenario: Scenario): string {
  return `${from} names ${quote(nameOfTarget(target))} for ${scenario}, and there is no such provider: it is passed over`
}

function defaultProviderStep(name: string, question: Question): Step {
  const { facts, routing } = question
  const provider = findProvider(name, routing.providers)
  if (!provider) return { name: 'default', why: () => `there is no provider ${quote(name)}` }
  const target = { provider: provider.name, model: plainModel(facts.request.model) }
  const reason = `the client names no provider, and ${provider.name} is the default`
  return chosen('default', { target, reason }, question)
}

/** A choice that is no rule's: whom to try after it, the config says by scenario; what is none counts as `default`. */
function chosen(route: Exclude<RouteName, `rule:${string}`>, { target, reason }: Wish, { routes }: Question): Step {
  const scenario = route === 'explicit' || route === 'subagent' ? 'default' : route
  const named = routes.fallbacks[scenario]
  const fallbacks = named ? distinct([target, ...named]).slice(1) : NOBODY
  return { name: route, choice: { target, reason, fallbacks, route }, why: () => reason }
}
