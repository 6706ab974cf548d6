import type { ModelRequest } from '../canonical/request.ts'
import { promptTokens, type Usage } from '../canonical/usage.ts'
import type { Ports } from '../platform/ports.ts'
import type { Circumstances } from '../router/circumstances.ts'
import { estimateInput } from '../router/estimate.ts'
import { type Facts, factsOf } from '../router/facts.ts'
import { type Health, unknownHealth } from '../router/health.ts'
import { imageTargetsOf, overridesFor } from '../router/override.ts'
import type { RouteOverride, RouteTarget, Routing, Selection } from '../router/route.ts'
import { select } from '../router/select.ts'
import { calibrated, conversationOf, learnInput, sessionIdOf, type HeaderValues } from '../router/session.ts'
import type { Step } from '../router/step.ts'
import type { TokenCounter } from './count/counter.ts'
import type { GatewayConfig } from './gateway.ts'
import type { Learnt } from './learnt.ts'

/** Applies the rules to requests and remembers, by conversation, what they need to know of earlier ones. */
export interface Chooser {
  /** Throws a `ModelError` where nothing can be decided. `listen` hears of each step of the choice. */
  choose(request: ModelRequest, caller: Caller, listen?: (step: Step, facts: Facts) => void): Choice
}

/** Who asks. */
export interface Caller {
  readonly headers: HeaderValues
  /** The name of the client key that was shown. */
  readonly keyLabel?: string | undefined
  /** Code of the user has named the model: no rule is asked. */
  readonly isDecided?: boolean
}

export interface Choice {
  readonly selection: Selection
  /** Who looks at images for those that cannot, in the order in which to ask. */
  readonly imageTargets: readonly RouteTarget[]
  readonly sessionId: string | undefined
  /** Input tokens of this or another request of the conversation, estimated, and corrected by what was last counted in it. */
  inputTokens(request: ModelRequest): number
  /** The call is made: it counts for the next choices. */
  remember(): void
  /** Who answered in the end. */
  answered(target: RouteTarget): void
  /** What the provider of the one that answered really counted. */
  learn(usage: Usage, by: RouteTarget): void
}

/** All that a gateway's choices are made from. */
export function routingOf(config: GatewayConfig): Routing {
  const { providers, routes, smallFastModel, forceUseImageAgent = false, prices } = config
  return {
    providers,
    routes,
    describesImages: forceUseImageAgent,
    ...(smallFastModel !== undefined && { smallModel: smallFastModel }),
    ...(prices && { prices }),
  }
}

export function createChooser(
  routing: Routing,
  counter: Pick<TokenCounter, 'learn'>,
  ports: Pick<Ports, 'now' | 'random' | 'overridesOf'>,
  { conversations, balance }: Learnt,
  health: Health = unknownHealth,
): Chooser {
  const circumstances: Circumstances = {
    health,
    random: ports.random,
    turnsOf: balance.turnsOf,
    heldBy: balance.heldBy,
    prices: routing.prices ?? [],
  }
  const imageTargets = imageTargetsOf(routing)
  return {
    choose(request, caller, listen) {
      const { headers, keyLabel, isDecided } = caller
      const sessionId = sessionIdOf(request, headers)
      const conversation = sessionId === undefined ? undefined : conversationOf(request, headers, sessionId)
      const session = conversation === undefined ? undefined : conversations.get(conversation)
      const facts = factsOf(request, { headers, keyLabel, isDecided, now: ports.now(), session, sessionId })
      const overrides = overridesFor(facts, routing, sessionId === undefined ? NONE : ports.overridesOf(sessionId))
      const effective = overrides.length > 0 ? { ...routing, overrides } : routing
      const selection = select(facts, effective, circumstances, listen && ((step) => listen(step, facts)))
      const { session: next, group, target } = selection
      let isMeasured = next !== undefined
      return {
        selection,
        imageTargets: effective === routing ? imageTargets : imageTargetsOf(effective),
        sessionId,
        inputTokens(asked) {
          isMeasured = true
          // An estimate costs as much as a third of a translation: nobody makes a second one of the same request.
          const estimated = asked === request ? facts.estimated : estimateInput(asked)
          return session ? calibrated(estimated, session) : estimated
        },
        remember() {
          if (conversation !== undefined && next) conversations.set(conversation, next)
          if (group) balance.took(group, sessionId, target)
        },
        answered(by) {
          if (group && by !== target) balance.moved(group, sessionId, target, by)
        },
        learn(usage, by) {
          // Of a call whose size nobody asked for nothing is learnt: an estimate costs more than all the rest of a call.
          if (!isMeasured) return
          const tokens = promptTokens(usage)
          const state = next ?? { ...session, estimated: facts.estimated }
          if (conversation !== undefined) conversations.set(conversation, learnInput(state, tokens))
          // Only where the rules have asked for the size it is known: it is not worth an estimate of its own.
          if (next) counter.learn(by, facts.estimated, tokens)
        },
      }
    },
  }
}

const NONE: readonly RouteOverride[] = []
