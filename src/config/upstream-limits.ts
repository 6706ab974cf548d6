import { isObject, type Json } from '../canonical/json.ts'
import type { UpstreamLimits } from '../provider/upstream-limits.ts'
import { toNumber } from './scalar.ts'

/** What a provider's entry says of what its provider allows. */
export function readUpstreamLimits(section: Json | undefined): { readonly limits?: UpstreamLimits } {
  if (!isObject(section)) return {}
  const named = NAMES.flatMap((name) => {
    const most = toNumber(section[name])
    return most === undefined ? [] : [[name, most] as const]
  })
  if (named.length === 0) return {}
  return {
    limits: {
      ...Object.fromEntries(named),
      queue: toNumber(section['queue']) ?? DEFAULT_QUEUE,
      waitMs: toNumber(section['wait']) ?? DEFAULT_WAIT_MS,
    },
  }
}

const NAMES = ['requestsPerMinute', 'tokensPerMinute', 'concurrent'] as const
const DEFAULT_QUEUE = 100
const DEFAULT_WAIT_MS = 60_000
