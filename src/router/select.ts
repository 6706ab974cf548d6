import { type Circumstances, fresh } from './circumstances.ts'
import type { Facts } from './facts.ts'
import { nextState } from './long-context.ts'
import { withoutMarkers } from './marker.ts'
import { markedTarget, namedByMarker } from './named.ts'
import { effectiveRoutes } from './override.ts'
import { nothingFits } from './refusal.ts'
import type { Choice, Routing, Selection, ShadowChoice } from './route.ts'
import { type Question, type Step, takeSteps } from './step.ts'

/**
 * Chooses who answers a request, and who is asked after that one: the first step of `takeSteps` that chooses. Throws a
 * `ModelError` where nothing can be decided; never chooses a provider that nobody named. `listen` hears of each step,
 * those behind the one that chose too.
 */
export function select(
  facts: Facts,
  routing: Routing,
  circumstances: Circumstances = fresh,
  listen?: (step: Step) => void,
): Selection {
  const found: Found = { warnings: [], shadows: [], isMeasured: false }
  const marked = namedByMarker(facts, routing, found.warnings)
  const routes = effectiveRoutes(routing)
  const question: Question = { facts, routing, routes, marked, circumstances, isHeard: listen !== undefined }
  let end: Step | undefined
  takeSteps(question, (step) => {
    listen?.(step)
    if (!end && isEnd(step, question, found)) end = step
    return end !== undefined && listen === undefined
  })
  if (end?.refusal) throw end.refusal
  if (!end?.choice) throw nothingFits(facts.request.model, routing.providers)
  return selectionOf(end.choice, question, found)
}

interface Found {
  readonly warnings: string[]
  readonly shadows: ShadowChoice[]
  /** Whether the size of the input was asked for. */
  isMeasured: boolean
}

/** Whether the choice ends with a step; what else it says is noted. */
function isEnd(step: Step, { routes }: Question, found: Found): boolean {
  if (step.refusal) return true
  if (step.warning !== undefined) found.warnings.push(step.warning)
  found.isMeasured ||= step.name === 'longContext' && routes.entries.longContext !== undefined
  if (step.choice && step.isShadow) found.shadows.push({ rule: step.choice.reason, target: step.choice.target })
  return step.choice !== undefined && step.isShadow !== true
}

function selectionOf(choice: Choice, question: Question, { isMeasured, warnings, shadows }: Found): Selection {
  const { facts, routing, routes, marked } = question
  const selection = { ...choice, warnings, shadows }
  if (!isMeasured && !marked) return selection
  return {
    ...selection,
    ...(isMeasured && { session: nextState(facts, routes.longContextThreshold, facts.session) }),
    ...(marked && { edited: withoutMarkers(facts.request, (model) => markedTarget(model, routing) !== undefined) }),
  }
}
