/**
 * How long the provider asks to be left alone, in milliseconds. There is no clock here: a date counts only beside
 * the answer's own `date`. Rate-limit resets count only for a 429 without a plainer word.
 */
export function retryAfterMs(headers: Headers, status: number): number | undefined {
  const exact = finite(headers.get('retry-after-ms'))
  if (exact !== undefined) return exact
  const after = headers.get('retry-after')
  const told = after === null ? undefined : (seconds(after) ?? untilDate(Date.parse(after), headers))
  if (told !== undefined || status !== 429) return told
  const resets = BUCKETS.flatMap((bucket) => resetOf(bucket, headers) ?? [])
  return resets.length > 0 ? Math.max(...resets) : undefined
}

const BUCKETS = ['-requests', '-tokens', '']

function resetOf(bucket: string, headers: Headers): number | undefined {
  const reset = headers.get(`x-ratelimit-reset${bucket}`)
  if (reset === null) return undefined
  const remaining = finite(headers.get(`x-ratelimit-remaining${bucket}`))
  if (remaining !== undefined && remaining > 0) return undefined
  const number = finite(reset)
  if (number === undefined) return duration(reset)
  if (number > 1e12) return untilDate(number, headers)
  return number > 1e9 ? untilDate(number * 1000, headers) : number * 1000
}

function seconds(text: string): number | undefined {
  const number = finite(text)
  return number === undefined ? undefined : number * 1000
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
