import { type Circumstances, fresh } from './circumstances.ts'
import type { Facts } from './facts.ts'
import { nextState } from './long-context.ts'
import { withoutMarkers } from './marker.ts'
import { markedTarget, namedByMarker } from './named.ts'
import { effectiveRoutes } from './override.ts'
import { nothingFits } from './refusal.ts'
import type { Choice, Routing, Selection, ShadowChoice } from './route.ts'
import { type Question, type Step, stepsOf } from './step.ts'

/**
 * Chooses who answers a request, and who is asked after that one: the first step of `stepsOf` that chooses. Throws a
 * `ModelError` where nothing can be decided; never chooses a provider that nobody named. `listen` hears of each step,
 * those behind the one that chose too.
 */
export function select(
  facts: Facts,
  routing: Routing,
  circumstances: Circumstances = fresh,
  listen?: (step: Step) => void,
): Selection {
  const warnings: string[] = []
  const marked = namedByMarker(facts, routing, warnings)
  const routes = effectiveRoutes(routing)
  const question: Question = { facts, routing, routes, marked, circumstances, isHeard: listen !== undefined }
  const steps = stepsOf(question)
  try {
    return take(steps, question, warnings, listen)
  } finally {
    if (listen) for (const step of steps) listen(step)
  }
}

function take(
  steps: Generator<Step>,
  question: Question,
  warnings: string[],
  listen: ((step: Step) => void) | undefined,
): Selection {
  const { facts, routing, routes } = question
  const shadows: ShadowChoice[] = []
  let isMeasured = false
  for (let next = steps.next(); !next.done; next = steps.next()) {
    const step = next.value
    listen?.(step)
    if (step.refusal) throw step.refusal
    if (step.warning !== undefined) warnings.push(step.warning)
    isMeasured ||= step.name === 'longContext' && routes.entries.longContext !== undefined
    if (!step.choice) continue
    if (!step.isShadow) return selectionOf(step.choice, question, { warnings, shadows, isMeasured })
    shadows.push({ rule: step.choice.reason, target: step.choice.target })
  }
  throw nothingFits(facts.request.model, routing.providers)
}

interface Found {
  readonly warnings: readonly string[]
  readonly shadows: readonly ShadowChoice[]
  /** Whether the size of the input was asked for. */
  readonly isMeasured: boolean
}

function selectionOf(choice: Choice, question: Question, { isMeasured, ...found }: Found): Selection {
  const { facts, routing, routes, marked } = question
  const selection = { ...choice, ...found }
  if (!isMeasured && !marked) return selection
  return {
    ...selection,
    ...(isMeasured && { session: nextState(facts, routes.longContextThreshold, facts.session) }),
    ...(marked && { edited: withoutMarkers(facts.request, (model) => markedTarget(model, routing) !== undefined) }),
  }
}
