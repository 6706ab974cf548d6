import type { Usage } from '../canonical/usage.ts'
import { nameOfTarget } from './model-name.ts'
import type { Pattern } from './pattern.ts'
import type { RouteTarget } from './route.ts'

/** What a million tokens cost, in one currency for all. */
export interface Price {
  readonly input: number
  readonly output: number
  /** Absent: as fresh input. */
  readonly cacheRead?: number
  /** Absent: as fresh input. */
  readonly cacheWrite?: number
}

/** The prices of a config, first match first. */
export type Prices = readonly { readonly pattern: Pattern; readonly price: Price }[]

/** The price of a target, by `provider,model` or by the model alone; `undefined`: it is not known. */
export function priceOf(target: RouteTarget, prices: Prices): Price | undefined {
  const name = nameOfTarget(target)
  return prices.find(({ pattern }) => pattern.matches(name) || pattern.matches(target.model))?.price
}

/** What a call has cost. */
export function costOf(usage: Usage, { input, output, cacheRead = input, cacheWrite = input }: Price): number {
  const sum =
    (usage.input ?? 0) * input +
    (usage.cacheRead ?? 0) * cacheRead +
    (usage.cacheWrite ?? 0) * cacheWrite +
    (usage.output ?? 0) * output
  return sum / 1_000_000
}

/** What a call of about so many input tokens will cost, to compare targets by: of its output nothing is known yet. */
export function expectedCost(inputTokens: number, { input, output }: Price): number {
  return (inputTokens * input + expectedOutput * output) / 1_000_000
}

/** Most answers of agents are a tool call. */
const expectedOutput = 500
