import { ModelError } from '../canonical/error.ts'
import type { ModelRequest } from '../canonical/request.ts'
import type { Ports } from '../platform/ports.ts'
import { type Facts, factsOf } from '../router/facts.ts'
import type { RouteTarget, Selection } from '../router/route.ts'
import type { Step } from '../router/step.ts'
import { authorise, mayUse, type ClientKey } from './client-key.ts'
import { type Caller, createChooser, routingOf } from './chooser.ts'
import type { GatewayConfig } from './gateway.ts'
import { createLearnt } from './learnt.ts'

/** Whom a request would go to, and why. */
export interface Explanation {
  /** Who is chosen; or why the request is refused, by the rules or for its client key. */
  readonly selection: Selection | ModelError
  /** Everything that was looked at, in order. */
  readonly steps: readonly ExplainedStep[]
  readonly facts: Facts
}

/** One of the ways in which a request may find its target. */
export interface ExplainedStep {
  readonly name: string
  /** `behind`: it would have chosen, had nobody before it. */
  readonly outcome: 'chosen' | 'refused' | 'shadow' | 'behind' | 'no'
  readonly why: string
  readonly target?: RouteTarget
}

/**
 * Asks the rules of a gateway over `config` whom they would choose, as a call does, and tells what each of them said.
 * Nothing is sent. Of earlier calls, and of how targets fare, nothing is known.
 */
export function explain(
  config: GatewayConfig,
  request: ModelRequest,
  caller: Caller,
  ports: Pick<Ports, 'now' | 'random' | 'overridesOf'>,
): Explanation {
  const nobody = { learn: () => undefined }
  const chooser = createChooser(routingOf(config), nobody, ports, createLearnt(config.providers))
  const steps: ExplainedStep[] = []
  let facts: Facts | undefined
  let isDecided = false
  const listen = (step: Step, seen: Facts): void => {
    facts = seen
    const outcome = outcomeOf(step, isDecided)
    isDecided ||= outcome === 'chosen' || outcome === 'refused'
    steps.push({ name: step.name, outcome, why: step.why(), ...(step.choice && { target: step.choice.target }) })
  }
  const key = config.clientKeys?.find(({ label }) => label === caller.keyLabel)
  const selection = chosenBy(() => allowed(chooser.choose(request, caller, listen).selection, key))
  return { selection, steps, facts: facts ?? factsOf(request, caller) }
}

function outcomeOf({ choice, isShadow, refusal }: Step, isDecided: boolean): ExplainedStep['outcome'] {
  if (!choice && !refusal) return 'no'
  if (isDecided) return 'behind'
  if (refusal) return 'refused'
  return isShadow ? 'shadow' : 'chosen'
}

/** What is left of a choice for the client key that is shown. */
function allowed(selection: Selection, key: ClientKey | undefined): Selection {
  authorise(key, selection.target)
  return { ...selection, fallbacks: selection.fallbacks.filter((target) => mayUse(key, target)) }
}

function chosenBy(choose: () => Selection): Selection | ModelError {
  try {
    return choose()
  } catch (error) {
    if (error instanceof ModelError) return error
    throw error
  }
}
