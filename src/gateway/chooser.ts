import type { ModelRequest } from '../canonical/request.ts'
import { promptTokens, type Usage } from '../canonical/usage.ts'
import type { Ports } from '../platform/ports.ts'
import { factsOf } from '../router/facts.ts'
import { imageTargetOf } from '../router/override.ts'
import type { RouteTarget, Routing, Selection } from '../router/route.ts'
import { select } from '../router/select.ts'
import { calibrated, conversationOf, learnInput, sessionIdOf, type HeaderValues } from '../router/session.ts'
import type { TokenCounter } from './count/counter.ts'
import type { Learnt } from './learnt.ts'

/** Applies the rules to requests and remembers, by conversation, what they need to know of earlier ones. */
export interface Chooser {
  choose(request: ModelRequest, headers: HeaderValues): Choice
}

export interface Choice {
  readonly selection: Selection
  /** Who looks at images for those that cannot. */
  readonly imageTarget: RouteTarget | undefined
  readonly sessionId: string | undefined
  /** An estimate of input tokens, corrected by what was last counted in this conversation. */
  calibrate(estimated: number): number
  /** The call is made: its size counts for the conversation's next choices. */
  remember(): void
  /** What the provider really counted. */
  learn(usage: Usage): void
}

export function createChooser(
  routing: Routing,
  counter: TokenCounter,
  ports: Ports,
  { conversations }: Learnt,
): Chooser {
  return {
    choose(request, headers) {
      const sessionId = sessionIdOf(request, headers)
      const conversation = conversationOf(request, headers)
      const session = conversation === undefined ? undefined : conversations.get(conversation)
      const facts = factsOf(request, { headers, ...(session && { session }) })
      const overrides = sessionId === undefined ? [] : ports.overridesOf(sessionId)
      const effective = overrides.length > 0 ? { ...routing, overrides } : routing
      const selection = select(facts, effective)
      const next = selection.session
      return {
        selection,
        imageTarget: imageTargetOf(effective),
        sessionId,
        calibrate: (estimated) => (session ? calibrated(estimated, session) : estimated),
        remember() {
          if (conversation !== undefined && next) conversations.set(conversation, next)
        },
        learn(usage) {
          const tokens = promptTokens(usage)
          const state = next ?? { ...session, estimated: facts.estimated }
          if (conversation !== undefined) conversations.set(conversation, learnInput(state, tokens))
          // Only where the rules have asked for the size it is known: it is not worth an estimate of its own.
          if (next) counter.learn(selection.target, facts.estimated, tokens)
        },
      }
    },
  }
}
