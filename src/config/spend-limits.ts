import { isObject, type Json } from '../canonical/json.ts'
import type { Limits, Quota, Spendable, SpanName } from '../gateway/limits/limits.ts'
import { toNumber } from './scalar.ts'

/** What `limits` and `budget` allow; `undefined` where they say nothing. */
export function readSpendLimits(limits: Json | undefined, budget: Json | undefined): Limits | undefined {
  const concurrent = isObject(limits) ? toNumber(limits['concurrent']) : undefined
  const quotas = [...quotasOf(limits, LIMITS), ...quotasOf(budget, BUDGETS)]
  if (quotas.length === 0 && concurrent === undefined) return undefined
  return { quotas, ...(concurrent !== undefined && { concurrent }) }
}

type Names = Readonly<Record<string, readonly [Spendable, SpanName]>>

const LIMITS: Names = {
  requestsPerMinute: ['requests', 'minute'],
  requestsPerHour: ['requests', 'hour'],
  requestsPerDay: ['requests', 'day'],
  tokensPerMinute: ['tokens', 'minute'],
  tokensPerHour: ['tokens', 'hour'],
  tokensPerDay: ['tokens', 'day'],
}

const BUDGETS: Names = {
  perHour: ['cost', 'hour'],
  perDay: ['cost', 'day'],
  perMonth: ['cost', 'month'],
  total: ['cost', 'ever'],
}

function quotasOf(section: Json | undefined, names: Names): Quota[] {
  if (!isObject(section)) return []
  return Object.entries(names).flatMap(([name, [of, span]]) => {
    const most = toNumber(section[name])
    return most === undefined ? [] : [{ of, span, most }]
  })
}
