import type { JsonObject } from '../canonical/json.ts'
import type { Effort, ReasoningOption } from '../canonical/request.ts'
import { effortForBudget } from './effort.ts'
import type { Traits } from './protocol.ts'

/**
 * `thinking` and effort for a request of another protocol. Older models want a budget, newer ones decide
 * themselves and are told an effort.
 */
export function encodeForeignThinking(
  reasoning: ReasoningOption,
  model: string,
  traits: Traits,
): { thinking?: JsonObject; effort?: string } {
  if (reasoning.mode === 'off' || reasoning.effort === 'none') return { thinking: { type: 'disabled' } }
  const effort = effortWithin(reasoning.effort)
  const style = traits.thinkingRequest ?? (ADAPTIVE_MODELS.test(model) ? 'adaptive' : 'budget')
  if (style === 'adaptive') {
    // Models that decide themselves take no budget: the effort that comes nearest says what was meant.
    const meant = reasoning.budget === undefined ? undefined : effortWithin(effortForBudget(reasoning.budget))
    const wished = effort ?? meant
    return { thinking: { type: 'adaptive' }, ...(wished !== undefined && { effort: wished }) }
  }
  return { thinking: { type: 'enabled', budget_tokens: reasoning.budget ?? BUDGETS[effort ?? 'medium'] } }
}

/** The least budget that Anthropic accepts. */
export const LEAST_BUDGET = 1024

const BUDGETS = { low: 4096, medium: 10000, high: 20000, xhigh: 28000, max: 31999 } as const
// Claude from 4.6 on, whatever stands before and after its name.
const ADAPTIVE_MODELS = /claude-[a-z]+-(?:4-[6-9]|4-\d\d(?!\d)|[5-9](?!\d))/

function effortWithin(effort: Effort | undefined): keyof typeof BUDGETS | undefined {
  return effort === 'minimal' || effort === 'none' ? 'low' : effort
}
