import { asString, isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { HeaderFields } from '../canonical/header-fields.ts'

/**
 * How long the provider asks to be left alone, in milliseconds, in whichever of the vendors' ways it says it. There is no
 * clock here: a date counts only beside the answer's own `date`. Rate-limit resets and the words of a message count only
 * for a 429 without a plainer word.
 */
export function retryAfterMs(headers: HeaderFields, status: number, body?: Json): number | undefined {
  // The second is Azure's.
  const exact = finite(headers.get('retry-after-ms')) ?? finite(headers.get('x-ms-retry-after-ms'))
  if (exact !== undefined) return exact
  const after = headers.get('retry-after') ?? undefined
  const told =
    after === undefined ? undefined : (seconds(after) ?? duration(after) ?? untilDate(Date.parse(after), headers))
  const plain = told ?? retryDelayIn(body)
  if (plain !== undefined || status !== 429) return plain
  return untilReset(headers) ?? untilReset(headersIn(body, headers)) ?? delayInWords(asString(errorIn(body)?.message))
}

/** Google's `RetryInfo` among the details of an error, also where its API for OpenAI's clients tells it. */
export function retryDelayIn(body: Json | undefined): number | undefined {
  const error = errorIn(body)
  const details = Array.isArray(error?.details) ? error.details.filter(isObject) : []
  return details.map(({ retryDelay }) => protobufDuration(retryDelay)).find((wait) => wait !== undefined)
}

/**
 * How long the message of a rate limit says to wait. OpenAI, Groq: "Please try again in 7m12.5s."; Google: "Please retry in
 * 34.07s."; Azure: "Please retry after 45 seconds."
 */
export function delayInWords(message: string | undefined): number | undefined {
  const [, told = ''] = DELAY_IN_WORDS.exec(message ?? '') ?? []
  return duration(told)
}

/** Google tells an error also in a list. */
function errorIn(body: Json | undefined): JsonObject | undefined {
  const holder = Array.isArray(body) ? body.find(isObject) : body
  return isObject(holder) && isObject(holder.error) ? holder.error : undefined
}

/** A bucket of requests or tokens: when it is full again, and what is left in it. */
interface Bucket {
  readonly reset: string
  readonly remaining: string
}

const BUCKETS: readonly Bucket[] = [
  ...['x-ratelimit', 'ratelimit'].flatMap((family) =>
    ['-requests', '-tokens', ''].map((name) => ({
      reset: `${family}-reset${name}`,
      remaining: `${family}-remaining${name}`,
    })),
  ),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens', 'unified'].map((name) => ({
    reset: `anthropic-ratelimit-${name}-reset`,
    remaining: `anthropic-ratelimit-${name}-remaining`,
  })),
]

/** Cerebras and Mistral have one for each span, most of which are far from empty. */
const BUCKET_OF_SPAN = /^x-ratelimit-reset-(\w+-(?:minute|hour|day|month))$/

/** When the last of the buckets that are empty is full again. */
function untilReset(headers: HeaderFields): number | undefined {
  const ofSpans = [...headers.keys()].flatMap((reset): Bucket[] => {
    const [, name] = BUCKET_OF_SPAN.exec(reset) ?? []
    const remaining = `x-ratelimit-remaining-${name}`
    return name !== undefined && headers.has(remaining) ? [{ reset, remaining }] : []
  })
  const resets = [...BUCKETS, ...ofSpans].flatMap((bucket) => resetOf(bucket, headers) ?? [])
  return resets.length > 0 ? Math.max(...resets) : undefined
}

/** OpenRouter tells in the body what the headers of its answer should have said. */
function headersIn(body: Json | undefined, answered: HeaderFields): HeaderFields {
  const error = errorIn(body)
  const told = isObject(error?.metadata) && isObject(error.metadata.headers) ? error.metadata.headers : {}
  const headers = new Headers({ date: answered.get('date') ?? '' })
  for (const [name, value] of Object.entries(told))
    if (/^x-ratelimit-[\w-]{1,40}$/i.test(name)) headers.set(name, String(value).replaceAll(/[^\x20-\x7e]/g, ''))
  return headers
}

function resetOf(bucket: Bucket, headers: HeaderFields): number | undefined {
  const reset = headers.get(bucket.reset) ?? undefined
  if (reset === undefined) return undefined
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

function untilDate(time: number, headers: HeaderFields): number | undefined {
  const now = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(time) || Number.isNaN(now) ? undefined : Math.max(0, time - now)
}

function finite(text: string | null | undefined): number | undefined {
  if ((text ?? '').trim() === '') return undefined
  const number = Number(text)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

// `6m0s`, `1.5s`, `20ms`, `45 seconds`
function duration(text: string): number | undefined {
  if (!WHOLE_DURATION.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(AMOUNTS))
    total += Number(amount) * (UNITS[unit === 'ms' || unit?.startsWith('milli') ? 'ms' : (unit?.[0] ?? '')] ?? 0)
  return Math.round(total)
}

const AMOUNT = String.raw`(\d+(?:\.\d+)?) ?(ms|milliseconds?|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?)`
const AMOUNTS = new RegExp(AMOUNT, 'g')
const WHOLE_DURATION = new RegExp(`^(?:${AMOUNT})+$`)
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

// `34.4s`
function protobufDuration(value: Json | undefined): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value) : undefined
  return match ? Math.round(Number(match[1]) * 1000) : undefined
}

const DELAY_IN_WORDS = new RegExp(`(?:try again|retry) (?:in|after) ((?:${AMOUNT})+)`, 'i')
