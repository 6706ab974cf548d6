import type { Facts } from './facts.ts'
import { nextState } from './long-context.ts'
import { withoutMarkers } from './marker.ts'
import { configuredTarget, distinct, findProvider, nameOfTarget, plainModel, readModelName } from './model-name.ts'
import { effectiveRoutes, type EffectiveRoutes } from './override.ts'
import { noModel, nothingFits, unknownProvider } from './refusal.ts'
import { type RouteName, type RouteTarget, type Routing, SCENARIOS, type Scenario, type Selection } from './route.ts'
import { isSmallModel, quote, RULES } from './rule.ts'

/**
 * Chooses who answers a request: the model that the client names, else the first scenario that applies and has a
 * target. Throws a `ModelError` where nothing can be decided; never chooses a provider that nobody named.
 */
export function select(facts: Facts, routing: Routing): Selection {
  const warnings: string[] = []
  const marked = readMarkers(facts, routing, warnings)
  const choice = choose({ facts, routing, routes: effectiveRoutes(routing), marked, warnings })
  return {
    target: choice.target,
    fallbacks: fallbacksOf(choice, routing),
    route: choice.route,
    reason: choice.reason,
    warnings,
    ...(choice.measured && { session: nextState(facts, choice.measured.threshold, facts.session) }),
    ...(marked && { edited: withoutMarkers(facts.request, (model) => resolve(model, routing) !== undefined) }),
  }
}

/** Whom to try after a choice: those of its scenario; what is none counts as `default`. */
function fallbacksOf({ target, route }: Choice, { routes, providers }: Routing): readonly RouteTarget[] {
  const scenario = route === 'explicit' || route === 'subagent' ? 'default' : route
  const further = (routes.fallbacks?.[scenario] ?? []).flatMap((each) => configuredTarget(each, providers) ?? [])
  return distinct([target, ...further]).slice(1)
}

interface Choice {
  readonly target: RouteTarget
  readonly route: RouteName
  readonly reason: string
  /** Set if the size of the input was asked for. */
  readonly measured?: { readonly threshold: number }
}

interface Question {
  readonly facts: Facts
  readonly routing: Routing
  readonly routes: EffectiveRoutes
  /** What a sub-agent's marker chooses. */
  readonly marked: Choice | undefined
  readonly warnings: string[]
}

function choose(question: Question): Choice {
  const { routes, facts } = question
  const named = namedByClient(question)
  if (named?.isFirm) return named.choice
  const measured = routes.entries.longContext && { threshold: routes.longContextThreshold }
  const choice = chooseRoute(question, named?.choice)
  if (!choice) throw nothingFits(facts.request.model, question.routing.providers)
  return measured ? { ...choice, measured } : choice
}

/** The scenarios and the marker, in order; a model that the client named without insisting comes before `default`. */
function chooseRoute(question: Question, named: Choice | undefined): Choice | undefined {
  for (const scenario of SCENARIOS) {
    const choice = (scenario === 'default' ? named : undefined) ?? byScenario(question, scenario)
    if (choice) return choice
    if (scenario === 'longContext' && question.marked) return question.marked
  }
  return byDefaultProvider(question)
}

/**
 * What the model name alone decides. Firm: the name of a provider's model that a client does not send on its own.
 * Claude's names, and the small model's, are what Claude Code sends unasked: the scenarios may have other plans.
 */
function namedByClient({ facts, routing, warnings }: Question): { choice: Choice; isFirm: boolean } | undefined {
  const { model } = facts.request
  const named = readModelName(model, routing.providers)
  switch (named.kind) {
    case 'target':
      if (isVendorsId(model, named.listed, routing)) return undefined
      return {
        choice: explicit(named.target, `the client asks for ${quote(model)}`),
        isFirm: named.listed || !vendorSpelling.test(model),
      }
    case 'listed':
      return {
        choice: explicit(named.target, `only ${named.target.provider} lists ${quote(model)}`),
        isFirm: !isUnasked(model, routing),
      }
    case 'no-model':
      throw noModel(named.provider, routing.providers)
    case 'unknown-provider':
      throw unknownProvider(named.provider, model, routing.providers)
    case 'ambiguous':
      warnings.push(
        `${quote(model)} can be ${named.targets.map(nameOfTarget).join(' or ')}: ask for one of them by that name`,
      )
      return undefined
    case 'unlisted':
      if (!takesAnyModel(routing) && !isAgentsOwn(model) && !isSmallModel(model, routing.smallModel))
        warnings.push(unlisted(model))
      return undefined
  }
}

function explicit(target: RouteTarget, reason: string): Choice {
  return { target, route: 'explicit', reason }
}

function unlisted(model: string): string {
  return `no provider lists the model ${quote(model)}: the scenarios decide; ask for "provider,model" to choose`
}

/** Where models go to one provider as they are named, a slash is a part of the name: OpenRouter's ids have one. */
function isVendorsId(model: string, isListed: boolean, routing: Routing): boolean {
  return takesAnyModel(routing) && !isListed && !model.includes(',')
}

function takesAnyModel({ routes }: Routing): boolean {
  return routes.defaultProvider !== undefined
}

/** OpenRouter's spelling of Claude's names, which is no wish for a provider that happens to be called `anthropic`. */
const vendorSpelling = /^anthropic\/claude-/i

function isUnasked(model: string, { smallModel }: Routing): boolean {
  return /^claude-/i.test(model) || isSmallModel(model, smallModel)
}

/** Names that agents send as their vendor's default, of which nobody expects that they are configured. */
function isAgentsOwn(model: string): boolean {
  return model === '' || /^(?:anthropic\/)?(?:claude|gpt|codex|gemini)-/i.test(model)
}

/** The first marker that names a configured model. */
function readMarkers(facts: Facts, routing: Routing, warnings: string[]): Choice | undefined {
  for (const model of facts.markers) {
    const found = resolve(model, routing)
    if (found) {
      if (!found.listed)
        warnings.push(
          `the sub-agent marker names ${quote(model)}, which ${found.target.provider} does not list: asked for as written`,
        )
      return { target: found.target, route: 'subagent', reason: `a sub-agent marker names ${quote(model)}` }
    }
    warnings.push(`the sub-agent marker names ${quote(model)}, which is no configured model: it is ignored`)
  }
  return undefined
}

/** The target that a marker's text means, if it means one. */
function resolve(model: string, { providers }: Routing): { target: RouteTarget; listed: boolean } | undefined {
  const named = readModelName(model, providers)
  if (named.kind === 'listed') return { target: named.target, listed: true }
  if (named.kind !== 'target') return undefined
  const open = findProvider(named.target.provider, providers)?.models.length === 0
  return { target: named.target, listed: named.listed || open }
}

function byDefaultProvider({ facts, routing }: Question): Choice | undefined {
  const provider = findProvider(routing.routes.defaultProvider ?? '', routing.providers)
  if (!provider) return undefined
  const target = { provider: provider.name, model: plainModel(facts.request.model) }
  return { target, route: 'default', reason: `the client names no provider, and ${provider.name} is the default` }
}

function byScenario({ facts, routing, routes, warnings }: Question, scenario: Scenario): Choice | undefined {
  const entry = routes.entries[scenario]
  if (!entry) return undefined
  const fact = RULES[scenario](facts, {
    longContextThreshold: routes.longContextThreshold,
    smallModel: routing.smallModel,
    describesImages: routing.describesImages ?? false,
  })
  if (fact === undefined) return undefined
  const target = configuredTarget(entry.target, routing.providers)
  if (!target) {
    warnings.push(
      `${entry.from} names ${quote(nameOfTarget(entry.target))} for ${scenario}, and there is no such provider: it is passed over`,
    )
    return undefined
  }
  return { target, route: scenario, reason: entry.isOverride ? `${fact} (${entry.from})` : fact }
}
