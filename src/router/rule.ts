import type { Facts } from './facts.ts'
import { nextState } from './long-context.ts'
import type { Scenario } from './route.ts'

/** What a rule may know besides the facts. */
export interface RuleContext {
  readonly longContextThreshold: number
  readonly smallModel: string | undefined
  readonly describesImages: boolean
}

/** Whether a scenario applies: the fact that says so, in words, or nothing. */
export type Rule = (facts: Facts, context: RuleContext) => string | undefined

/** The rule of each scenario. Asked only if the scenario has a target. */
export const RULES: Readonly<Record<Scenario, Rule>> = {
  longContext: (facts, { longContextThreshold }) => {
    if (nextState(facts, longContextThreshold, facts.session).longFrom === undefined) return undefined
    return facts.inputTokens > longContextThreshold
      ? `the input is about ${facts.inputTokens} tokens, more than ${longContextThreshold}`
      : `the conversation was above ${longContextThreshold} input tokens and is not clearly below (about ${facts.inputTokens})`
  },
  image: (facts, { describesImages }) =>
    facts.hasNewImage && !describesImages ? 'the newest turn shows an image' : undefined,
  background: ({ request }, { smallModel }) => {
    if (isSmallModel(request.model, smallModel)) return `${quote(request.model)} is a small model`
    return undefined
  },
  webSearch: (facts) => (facts.asksWebSearch ? 'the request asks for a web search' : undefined),
  think: (facts) => facts.thinking,
  default: () => 'no other route applies',
}

/** Whether a name is of Claude's small models (haiku, in any spelling and of any date) or the configured one. */
export function isSmallModel(model: string, smallModel: string | undefined): boolean {
  return haiku.test(model) || (smallModel !== undefined && model.toLowerCase() === smallModel.toLowerCase())
}

/** A client's text as it may stand in a sentence of ours. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

const haiku = /(?:^|[^a-z])haiku(?![a-z])/i
