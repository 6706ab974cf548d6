import type { Ports } from '../platform/ports.ts'
import { nameOfTarget } from '../router/model-name.ts'
import { costOf, priceOf, type Prices } from '../router/price.ts'
import type { RouteTarget, ShadowChoice } from '../router/route.ts'
import type { Call } from './call.ts'

/** Logs what shadow rules would have chosen for a call that has ended, and what that would have cost, where prices are known. */
export function logShadows(
  shadows: readonly ShadowChoice[],
  { id, trace }: Pick<Call, 'id' | 'trace'>,
  prices: Prices,
  log: Ports['log'],
): void {
  const { target: chosen, usage } = trace
  const cost = (target: RouteTarget | undefined): number | undefined => {
    const price = target && priceOf(target, prices)
    return usage && price && costOf(usage, price)
  }
  for (const { rule, target } of shadows) {
    const [mine, other] = [cost(chosen), cost(target)]
    log('info', `shadow ${rule}`, {
      call: id,
      target: nameOfTarget(target),
      ...(other !== undefined && { cost: other }),
      ...(chosen && { chosen: nameOfTarget(chosen) }),
      ...(mine !== undefined && { chosenCost: mine }),
    })
  }
}
