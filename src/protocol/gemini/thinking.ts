import type { JsonObject } from '../../canonical/json.ts'
import type { Effort, ReasoningOption } from '../../canonical/request.ts'
import { effortForBudget } from '../effort.ts'
import type { Target } from '../protocol.ts'
import { type Level, type Thinking, thinkingOf } from './model.ts'

/** `thinkingConfig` for a model, or nothing where it is to decide by itself. */
export function encodeThinking(
  reasoning: ReasoningOption | undefined,
  target: Target,
  drop: (path: string, why: string) => void,
  maxOutputTokens?: number,
): JsonObject | undefined {
  if (!reasoning) return undefined
  const thinking = target.traits.reasoningRequest === 'none' ? undefined : thinkingOf(target.model)
  if (!thinking) {
    if (!isOff(reasoning)) drop('thinking', `${target.model} cannot be asked to think`)
    return undefined
  }
  const config = {
    ...amount(reasoning, thinking, drop, maxOutputTokens),
    ...(isShown(reasoning) && { includeThoughts: true }),
  }
  return Object.keys(config).length > 0 ? config : undefined
}

function amount(
  reasoning: ReasoningOption,
  thinking: Thinking,
  drop: (path: string, why: string) => void,
  maxOutputTokens = Infinity,
): JsonObject {
  if (thinking.type === 'level') {
    const level = levelFor(reasoning, thinking.levels, drop)
    return level === undefined ? {} : { thinkingLevel: level }
  }
  if (thinking.type === 'budget') {
    const budget = budgetFor(reasoning, thinking)
    // Thoughts count as output: with a budget of the whole limit nothing would be left to say.
    if (budget < maxOutputTokens) return { thinkingBudget: budget }
    const fitting = Math.max(thinking.min, maxOutputTokens - 1)
    drop('thinking.budget_tokens', `lowered from ${budget} to ${fitting} to fit the limit of output tokens`)
    return { thinkingBudget: fitting }
  }
  if (isOff(reasoning)) drop('thinking', 'the model cannot be told by its name whether its thinking can be turned off')
  return {}
}

function isOff({ mode, effort }: ReasoningOption): boolean {
  return mode === 'off' || (mode === undefined && effort === 'none')
}

function isShown(reasoning: ReasoningOption): boolean {
  return reasoning.mode === 'on' || reasoning.mode === 'adaptive'
}

/** Tokens that an effort stands for where a model wants a number; the upper ones are Google's own for OpenAI's words. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
}
const DYNAMIC = -1

function budgetFor(reasoning: ReasoningOption, { min, max, canBeOff }: Extract<Thinking, { type: 'budget' }>): number {
  if (isOff(reasoning)) return canBeOff ? 0 : min
  const { mode, effort, budget } = reasoning
  // High is what adaptive clients say by default: the model decides, as they mean it.
  if (budget === undefined && (effort === undefined || (mode === 'adaptive' && effort === 'high'))) return DYNAMIC
  const wish = budget ?? BUDGETS[effort ?? 'high']
  if (wish <= 0) return wish < 0 ? DYNAMIC : canBeOff ? 0 : min
  return Math.min(max, Math.max(min, wish))
}

const LEVEL_OF_EFFORT: Readonly<Record<Effort, Level>> = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}

function levelFor(
  reasoning: ReasoningOption,
  levels: readonly Level[],
  drop: (path: string, why: string) => void,
): Level | undefined {
  if (isOff(reasoning)) return nearest('minimal', levels)
  const effort = reasoning.effort ?? effortOf(reasoning.budget)
  if (effort === undefined) return undefined
  const wish = LEVEL_OF_EFFORT[effort]
  const level = nearest(wish, levels)
  // The least is no more than little: nobody who asked for it is surprised.
  if (level !== wish && wish !== 'minimal') drop('thinking', `the model knows no ${wish} level: ${level} is asked for`)
  return level
}

function effortOf(budget: number | undefined): Effort | undefined {
  if (budget === undefined || budget < 0) return undefined
  return effortForBudget(budget)
}

const ORDER: readonly Level[] = ['minimal', 'low', 'medium', 'high']

/** The level itself, else the next higher one that exists. */
function nearest(wish: Level, levels: readonly Level[]): Level | undefined {
  return ORDER.slice(ORDER.indexOf(wish)).find((level) => levels.includes(level)) ?? levels.at(-1)
}
