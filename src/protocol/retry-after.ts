import { asString, isObject, type Json } from '../canonical/json.ts'

/**
 * How long the provider asks to be left alone, in milliseconds, in whichever of the vendors' ways it says it. There is no
 * clock here: a date counts only beside the answer's own `date`. Rate-limit resets and the words of a message count only
 * for a 429 without a plainer word.
 */
export function retryAfterMs(headers: Headers, status: number, body?: Json): number | undefined {
  const exact = finite(headers.get('retry-after-ms'))
  if (exact !== undefined) return exact
  const after = headers.get('retry-after')
  const told = after === null ? undefined : (seconds(after) ?? untilDate(Date.parse(after), headers))
  const plain = told ?? retryDelayIn(body)
  if (plain !== undefined || status !== 429) return plain
  const resets = BUCKETS.flatMap((bucket) => resetOf(bucket, headers) ?? [])
  return resets.length > 0 ? Math.max(...resets) : delayInWords(body)
}

/** Google's `RetryInfo` among the details of an error, also where its API for OpenAI's clients tells it. */
export function retryDelayIn(body: Json | undefined): number | undefined {
  const holder = Array.isArray(body) ? body.find(isObject) : body
  const error = isObject(holder) ? holder.error : undefined
  const details = isObject(error) && Array.isArray(error.details) ? error.details.filter(isObject) : []
  return details.map(({ retryDelay }) => protobufDuration(retryDelay)).find((wait) => wait !== undefined)
}

/** A bucket of requests or tokens: when it is full again, and what is left in it. */
interface Bucket {
  readonly reset: string
  readonly remaining: string
}

const BUCKETS: readonly Bucket[] = [
  ...['-requests', '-tokens', ''].map((name) => ({
    reset: `x-ratelimit-reset${name}`,
    remaining: `x-ratelimit-remaining${name}`,
  })),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens', 'unified'].map((name) => ({
    reset: `anthropic-ratelimit-${name}-reset`,
    remaining: `anthropic-ratelimit-${name}-remaining`,
  })),
]

function resetOf(bucket: Bucket, headers: Headers): number | undefined {
  const reset = headers.get(bucket.reset)
  if (reset === null) return undefined
  const remaining = finite(headers.get(bucket.remaining))
  if (remaining !== undefined && remaining > 0) return undefined
  const number = finite(reset)
  if (number === undefined) return duration(reset) ?? untilDate(timestamp(reset), headers)
  if (number > 1e12) return untilDate(number, headers)
  return number > 1e9 ? untilDate(number * 1000, headers) : number * 1000
}

function seconds(text: string): number | undefined {
  const number = finite(text)
  return number === undefined ? undefined : number * 1000
}

// Only what looks like one: `Date.parse` takes nearly any text for a date.
function timestamp(text: string): number {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
}

function untilDate(time: number, headers: Headers): number | undefined {
  const now = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(time) || Number.isNaN(now) ? undefined : Math.max(0, time - now)
}

function finite(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined
  const number = Number(text)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

// `6m0s`, `1.5s`, `20ms`
function duration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return Math.round(total)
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

// `34.4s`
function protobufDuration(value: Json | undefined): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value) : undefined
  return match ? Math.round(Number(match[1]) * 1000) : undefined
}

// OpenAI, Groq: "Please try again in 7m12.5s."
function delayInWords(body: Json | undefined): number | undefined {
  const error = isObject(body) && isObject(body.error) ? body.error : undefined
  const [, told = ''] = /try again in ((?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)/i.exec(asString(error?.message) ?? '') ?? []
  return duration(told)
}
