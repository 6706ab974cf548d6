import type { Effort } from '../canonical/request.ts'

/** The effort that a limit of reasoning tokens stands for: the same for every protocol, so that none changes it on the way. */
export function effortForBudget(budget: number): Effort {
  return MOST.find(([, most]) => budget <= most)?.[0] ?? 'max'
}

// What each protocol says for an effort (Google 1024, 8192, 24576; ours to Anthropic 4096, 10000, 20000) lies within.
const MOST: readonly (readonly [effort: Effort, most: number])[] = [
  ['none', 0],
  ['minimal', 1023],
  ['low', 4096],
  ['medium', 10_000],
  ['high', 24_576],
  ['xhigh', 28_000],
]
