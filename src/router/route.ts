import type { ModelRequest } from '../canonical/request.ts'
import type { Provider } from '../provider/provider.ts'
import type { Care } from '../provider/resilience.ts'
import type { ClientPattern, Condition } from './condition.ts'
import type { Group } from './group.ts'
import type { Prices } from './price.ts'
import type { SessionState } from './session.ts'

/** Where a call may go: a provider of the config and the model to ask it for. */
export interface RouteTarget {
  readonly provider: string
  readonly model: string
}

/**
 * The scenarios of a `Router` section, in the order in which they are tried. An explicit model comes before all of
 * them, a sub-agent's marker right after `longContext`. `image` stands before the scenarios that only choose a
 * cheaper or a better model: a model that cannot see fails or guesses, and the turn is lost.
 */
export const SCENARIOS = ['longContext', 'image', 'background', 'webSearch', 'think', 'default'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** A `Router` section: which target each scenario uses. */
export interface Routes {
  readonly targets: Readonly<Partial<Record<Scenario, RouteTarget>>>
  /** The scenarios that name a group: `targets` holds the first of its targets. */
  readonly scenarioGroups?: Readonly<Partial<Record<Scenario, Group>>>
  /** Whom to try after a scenario's target, in order. What is no scenario (a model that the client names) takes those of `default`. */
  readonly fallbacks?: Readonly<Partial<Record<Scenario, readonly RouteTarget[]>>>
  /** Tried before the scenarios, in order. */
  readonly rules?: readonly RoutingRule[]
  /** Groups by name, for the rules of projects and sessions. */
  readonly groups?: ReadonlyMap<string, Group>
  /** Routes for single clients: those of the first that fits are laid over these. */
  readonly profiles?: readonly Profile[]
  /** Whom to try first when a prompt does not fit into the window of the one who was asked. */
  readonly overflow?: readonly RouteTarget[]
  /** Input tokens above which `longContext` applies. */
  readonly longContextThreshold: number
  /** Who gets what no target takes and no client's name decides: with the model that the client asked for. */
  readonly defaultProvider?: string
}

/** A `Router` of one client, project or session: what it names wins over the global one, the rest stays. */
export interface RouteOverride {
  /** Who says so, for the reason: `project router`, `session router`. */
  readonly from: string
  readonly targets: Routes['targets']
  readonly scenarioGroups?: Routes['scenarioGroups']
  readonly fallbacks?: Routes['fallbacks']
  /** Tried before those of what it is laid over. */
  readonly rules?: readonly RoutingRule[]
  readonly longContextThreshold?: number
}

/** The routes of one client. */
export interface Profile {
  readonly client: ClientPattern
  readonly override: RouteOverride
}

/** A rule of the user: which requests it is for, and who answers them. */
export interface RoutingRule {
  readonly name: string
  /** Who says so, where it is not the config itself: `project router`. */
  readonly from?: string
  /** What must hold, all of it. Nothing: every request fits. */
  readonly when: readonly Condition[]
  readonly use: Group
  /** Chooses nobody, only tells whom it would have chosen. */
  readonly isShadow: boolean
  /** How its calls are tried, where it says so. */
  readonly care?: Care
}

/** What a shadow rule would have done. */
export interface ShadowChoice {
  readonly rule: string
  readonly target: RouteTarget
}

/** What the router needs of a provider. */
export type RoutedProvider = Pick<Provider, 'name' | 'models'>

/** All that a choice is made from, besides the facts of the request. */
export interface Routing {
  readonly providers: readonly RoutedProvider[]
  readonly routes: Routes
  /** Of the project, then of the session: later ones win. */
  readonly overrides?: readonly RouteOverride[]
  /** Absent: nobody's price is known. */
  readonly prices?: Prices
  /** `ANTHROPIC_SMALL_FAST_MODEL` of the config: a name whose requests are background work. */
  readonly smallModel?: string
  /** `forceUseImageAgent`: whoever is chosen gets images described by the target of `image`, which is no route then. */
  readonly describesImages?: boolean
}

/** Why a target was chosen: a rule, a scenario, the client's own words, or a sub-agent's marker. */
export type RouteName = 'explicit' | 'subagent' | `rule:${string}` | Scenario

/** Who shall answer, and why. */
export interface Choice {
  readonly target: RouteTarget
  /** Whom to try after it. */
  readonly fallbacks: readonly RouteTarget[]
  readonly route: RouteName
  /** One readable sentence: the fact that decided. */
  readonly reason: string
  /** The group that the target is of, if it was chosen among several. */
  readonly group?: Group
  /** How the call is tried, if the rule that chose says so. */
  readonly care?: Care
}

/** A choice with what comes of it. Its fallbacks hold each target once, and never the chosen one. */
export interface Selection extends Choice {
  readonly shadows: readonly ShadowChoice[]
  /** What the user should hear of: a marker or rule that could not be followed. */
  readonly warnings: readonly string[]
  /** What to remember of this conversation (see `conversationOf`). Absent: nothing new. */
  readonly session?: SessionState
  /** The request without its sub-agent markers. Absent: it holds none, send it as it came. */
  readonly edited?: ModelRequest
}
