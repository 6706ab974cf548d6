import type { JsonObject } from '../../canonical/json.ts'
import { EFFORTS, type Effort, type ModelRequest, type ReasoningOption } from '../../canonical/request.ts'
import { effortForBudget } from '../effort.ts'
import type { Target } from '../protocol.ts'
import type { Losses } from './losses.ts'
import { takesEffort } from './model-names.ts'

/** The fields that ask for reasoning, in the way that the provider understands. */
export function encodeReasoning(request: ModelRequest, target: Target, own: boolean, losses: Losses): JsonObject {
  const { reasoning } = request
  if (!reasoning) return {}
  losses.residue(reasoning.native, 'thinking')
  const style = target.traits.reasoningRequest ?? 'effort'
  if (own && style === 'effort' && reasoning.effort && !target.traits.efforts)
    return { reasoning_effort: reasoning.effort }
  if (style === 'effort' && !own && !takesEffort(target.model)) {
    losses.drop('thinking', `${target.model} does not reason`)
    return {}
  }
  const isForced = request.toolChoice?.type === 'required' || request.toolChoice?.type === 'tool'
  if (isForced && EXCLUSIVE.has(style) && isOn(reasoning) === true) {
    losses.drop('thinking', 'thinking and a forced tool choice exclude each other')
    return STYLES[style]({ mode: 'off' }, target, request.maxOutputTokens)
  }
  const fields = STYLES[style](reasoning, target, request.maxOutputTokens)
  if (Object.keys(fields).length === 0 && asksSomething(reasoning))
    losses.drop('thinking', 'the provider has no way to ask for it')
  return fields
}

/** Who is asked in these ways refuses to think when a tool is forced: "Thinking mode does not support this tool_choice". */
const EXCLUSIVE: ReadonlySet<string> = new Set(['thinking', 'enable-thinking'])

type Style = (reasoning: ReasoningOption, target: Target, maxTokens: number | undefined) => JsonObject

const STYLES = {
  effort: (reasoning, target) => {
    const effort = effortOf(reasoning, target.traits.efforts ?? DEFAULT_EFFORTS)
    return effort === undefined ? {} : { reasoning_effort: effort }
  },
  openrouter: (reasoning, target, maxTokens) => {
    if (isOff(reasoning)) return { reasoning: { enabled: false } }
    // Only one of effort and budget may be said.
    if (reasoning.budget !== undefined && reasoning.effort === undefined)
      return { reasoning: { max_tokens: budgetWithin(reasoning.budget, maxTokens) } }
    const effort = effortOf(reasoning, target.traits.efforts ?? OPENROUTER_EFFORTS)
    if (effort !== undefined) return { reasoning: { effort } }
    return reasoning.mode === 'on' ? { reasoning: { enabled: true } } : {}
  },
  thinking: (reasoning, target) => {
    const on = isOn(reasoning)
    if (on === undefined) return {}
    const effort = on && target.traits.efforts ? effortOf(reasoning, target.traits.efforts) : undefined
    return {
      thinking: { type: on ? 'enabled' : 'disabled' },
      ...(effort !== undefined && { reasoning_effort: effort }),
    }
  },
  'enable-thinking': (reasoning, _target, maxTokens) => {
    const on = isOn(reasoning)
    if (on === undefined) return {}
    const budget = on && reasoning.budget !== undefined ? budgetWithin(reasoning.budget, maxTokens) : undefined
    return { enable_thinking: on, ...(budget !== undefined && { thinking_budget: budget }) }
  },
  none: () => ({}),
} satisfies Record<string, Style>

const DEFAULT_EFFORTS = ['low', 'medium', 'high']
const OPENROUTER_EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh']
const MIN_BUDGET = 1024

/** The wished effort, or the nearest that exists there; `undefined` if nothing is to be said. */
function effortOf(reasoning: ReasoningOption, efforts: readonly string[]): string | undefined {
  if (isOff(reasoning)) return efforts.includes('none') ? 'none' : undefined
  if (reasoning.effort) return nearest(reasoning.effort, efforts)
  return reasoning.budget === undefined ? undefined : nearest(effortForBudget(reasoning.budget), efforts)
}

function nearest(wish: Effort, efforts: readonly string[]): string | undefined {
  const place = EFFORTS.indexOf(wish)
  const distance = (effort: string) => Math.abs(EFFORTS.indexOf(effort as Effort) - place)
  // A wish for reasoning is never answered by none at all.
  const known = efforts.filter((effort) => EFFORTS.includes(effort as Effort) && effort !== 'none')
  return known.toSorted((first, second) => distance(first) - distance(second))[0]
}

function isOff(reasoning: ReasoningOption): boolean {
  return reasoning.mode === 'off' || reasoning.effort === 'none'
}

// An adaptive model decides for itself, unless an effort is asked for.
function isOn(reasoning: ReasoningOption): boolean | undefined {
  if (isOff(reasoning)) return false
  return reasoning.mode === 'on' || reasoning.effort !== undefined || reasoning.budget !== undefined ? true : undefined
}

function asksSomething(reasoning: ReasoningOption): boolean {
  return isOn(reasoning) !== undefined
}

function budgetWithin(budget: number, maxTokens: number | undefined): number {
  const wished = Math.max(MIN_BUDGET, budget)
  return maxTokens !== undefined && wished >= maxTokens && maxTokens > MIN_BUDGET ? maxTokens - 1 : wished
}
