import type { JsonObject } from '../canonical/json.ts'
import type { GatewayConfig } from '../gateway/gateway.ts'
import { readClientKeys } from './client-keys.ts'
import type { Problem } from './diagnostic.ts'
import { readSpendLimits } from './spend-limits.ts'

/** Who may use the router besides the holder of APIKEY, and how much. */
export function readRights(top: JsonObject, problems: Problem[]): Pick<GatewayConfig, 'clientKeys' | 'limits'> {
  const clientKeys = readClientKeys(top['keys'], problems)
  const limits = readSpendLimits(top['limits'], top['budget'])
  const hasBudget = [limits, ...clientKeys.map((key) => key.limits)].some((each) =>
    each?.quotas.some(({ of }) => of === 'cost'),
  )
  if (hasBudget && (top['prices'] ?? undefined) === undefined) problems.push(noPrices)
  return { ...(hasKeys(top) && { clientKeys }), ...(limits && { limits }) }
}

/** Also where none of them can be read, for then nobody may come in. */
function hasKeys(top: JsonObject): boolean {
  return Array.isArray(top['keys']) && top['keys'].length > 0
}

const noPrices: Problem = {
  severity: 'error',
  path: [],
  message: '`budget`: without `prices` nobody knows what a call costs, so that no budget could hold',
  suggestion: 'add `"prices": { "model": { "input": 3, "output": 15 } }`',
}
