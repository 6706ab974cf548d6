import { isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { Deadlines } from '../provider/provider.ts'
import {
  DEFAULT_BREAKER,
  DEFAULT_RETRY,
  type BreakerSettings,
  type Care,
  type RetryPolicy,
} from '../provider/resilience.ts'
import type { Problem } from './diagnostic.ts'
import { readKey } from './key.ts'
import type { PathStep } from './place.ts'
import { toNumber } from './scalar.ts'

/** How often calls are tried, as `retry` says it: the provider's own over that of the whole config. */
export function readRetry(shared: Json | undefined, own: Json | undefined, timeoutMs: number): RetryPolicy {
  const chosen = own ?? shared
  if (chosen === false) return { ...DEFAULT_RETRY, attempts: 1, budgetMs: timeoutMs }
  const read = reader(own, shared)
  const longestPauseMs = read('longestPause', DEFAULT_RETRY.longestPauseMs)
  return {
    attempts: read('attempts', DEFAULT_RETRY.attempts),
    mostAttempts: read('total', DEFAULT_RETRY.mostAttempts),
    pauseMs: Math.min(read('pause', DEFAULT_RETRY.pauseMs), longestPauseMs),
    longestPauseMs,
    budgetMs: read('budget', timeoutMs),
  }
}

/** When a provider or one of its models is left alone, as `breaker` says it. */
export function readBreaker(shared: Json | undefined, own: Json | undefined): BreakerSettings {
  if ((own ?? shared) === false) return { ...DEFAULT_BREAKER, failures: Number.MAX_SAFE_INTEGER }
  const read = reader(own, shared)
  const restMs = read('rest', DEFAULT_BREAKER.restMs)
  return {
    failures: read('failures', DEFAULT_BREAKER.failures),
    restMs,
    longestRestMs: Math.max(restMs, read('longestRest', DEFAULT_BREAKER.longestRestMs)),
  }
}

/** What a rule says of how its calls are tried. */
export function readCare(rule: JsonObject): { readonly care?: Care } {
  const { retry, timeouts } = rule
  const care = {
    ...(retry === false && { retry: { attempts: 1 } }),
    ...(isObject(retry) && { retry: namedNumbers(retry, RETRY_NAMES) }),
    ...(isObject(timeouts) && { deadlines: endless(namedNumbers(timeouts, DEADLINE_NAMES)) }),
    ...readHedge(rule['hedge']),
  }
  return Object.keys(care).length > 0 ? { care } : {}
}

const RETRY_NAMES = {
  attempts: 'attempts',
  total: 'mostAttempts',
  pause: 'pauseMs',
  longestPause: 'longestPauseMs',
  budget: 'budgetMs',
} as const
const DEADLINE_NAMES = {
  connect: 'connectMs',
  firstByte: 'firstByteMs',
  idle: 'idleMs',
  total: 'totalMs',
} as const

function namedNumbers<Name extends string>(
  section: JsonObject,
  names: Readonly<Record<string, Name>>,
): Partial<Record<Name, number>> {
  const values: Partial<Record<Name, number>> = {}
  for (const written in names) {
    const value = toNumber(section[written])
    const name = names[written]
    if (value !== undefined && name !== undefined) values[name] = value
  }
  return values
}

/** 0 stands for no limit. */
function endless(deadlines: Partial<Record<string, number>>): Deadlines {
  return Object.fromEntries(Object.entries(deadlines).map(([name, ms]) => [name, ms === 0 ? Infinity : ms]))
}

/** After how much silence a second target is asked. */
export function readHedge(section: Json | undefined): { readonly hedgeAfterMs?: number } {
  const after = isObject(section) ? toNumber(section['after']) : undefined
  return after === undefined ? {} : { hedgeAfterMs: after }
}

/** The keys that a provider's entry lists beside `first`, each once; those that count as none are left out, and told. */
export function readKeys(
  first: string | undefined,
  list: Json | undefined,
  path: readonly PathStep[],
  subject: string,
  problems: Problem[],
): { apiKey?: string; apiKeys?: readonly string[] } {
  const further = (Array.isArray(list) ? list : []).flatMap(
    (value, index) => readKey(value, [...path, index], subject, problems) ?? [],
  )
  const keys = [...new Set([...(first === undefined ? [] : [first]), ...further])]
  const [apiKey] = keys
  if (apiKey === undefined) return {}
  return keys.length === 1 ? { apiKey } : { apiKey, apiKeys: keys }
}

function reader(...sections: readonly (Json | undefined)[]): (name: string, otherwise: number) => number {
  return (name, otherwise) => {
    for (const section of sections) {
      const value = isObject(section) ? toNumber(section[name]) : undefined
      if (value !== undefined) return value
    }
    return otherwise
  }
}
