import type { ModelRequest } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { estimateInput } from '../../router/estimate.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Learnt } from '../learnt.ts'
import { nextFactor } from './calibration.ts'
import { countTokens } from './count-tokens.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'

/** Counts the input of requests, and gets better by what providers report. */
export interface TokenCounter {
  /** Input tokens as `target` would count them. Never rejects. */
  count(request: ModelRequest, target?: RouteTarget): Promise<number>
  /** Takes note that `target` counted `inputTokens` where the estimate (`Facts.estimated`) had said `estimated`. */
  learn(target: RouteTarget, estimated: number, inputTokens: number): void
}

/** A counter that loads its tokenizer when first asked, once, and does with estimates if that fails. */
export function createTokenCounter(
  ports: Pick<Ports, 'sleep' | 'log'>,
  learnt: Learnt,
  load: () => Promise<Tokenizer> = loadTokenizer,
): TokenCounter {
  const factorsOf = (target: RouteTarget) => learnt.of(target.provider).factors
  let loading: Promise<Tokenizer | undefined> | undefined
  const tokenizer = (): Promise<Tokenizer | undefined> =>
    (loading ??= load().catch((cause: unknown) => {
      ports.log('warn', 'the tokenizer could not be loaded: tokens are estimated', { error: String(cause) })
      return undefined
    }))
  return {
    async count(request, target) {
      const factor = (target && factorsOf(target).get(nameOfTarget(target))) ?? 1
      const loaded = await tokenizer()
      try {
        return await countTokens(request, { factor, pause: () => ports.sleep(0), ...(loaded && { tokenizer: loaded }) })
      } catch (cause) {
        ports.log('warn', 'tokens could not be counted and are estimated', { error: String(cause) })
        return estimateInput(request, factor)
      }
    },
    learn(target, estimated, inputTokens) {
      const name = nameOfTarget(target)
      const factors = factorsOf(target)
      const factor = nextFactor(factors.get(name), estimated, inputTokens)
      if (factor !== undefined) factors.set(name, factor)
    },
  }
}
