import { asString, isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { ClientKey } from '../gateway/client-key.ts'
import { isUpstreamKey } from '../gateway/credential.ts'
import { namePattern, type Pattern } from '../router/pattern.ts'
import { PatternError } from '../router/regex/node.ts'
import type { Problem } from './diagnostic.ts'
import { readKey } from './key.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { readSpendLimits } from './spend-limits.ts'

/** The keys of clients. One that cannot be read is an error: it would open less, or more, than was meant. */
export function readClientKeys(section: Json | undefined, problems: Problem[]): ClientKey[] {
  if (!Array.isArray(section)) return []
  const seen = new Set<string>()
  return section.flatMap((entry, index) => {
    if (!isObject(entry)) return []
    const reading = { entry, path: ['keys', index], problems }
    const label = asString(entry['label'])?.trim()
    if (!label) return []
    if (seen.has(label)) tell(reading, 'error', 'label', `there are two keys named \`${label}\``)
    seen.add(label)
    const hash = readHash(reading, label)
    if (hash === undefined) return []
    const expiresAt = readExpiry(reading)
    const limits = readSpendLimits(entry['limits'], entry['budget'])
    const models = readModels(reading)
    return [
      {
        label,
        hash,
        ...(models && { models }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(limits && { limits }),
      },
    ]
  })
}

/** The hash by which a key is known. */
export function hashOfKey(key: string): string {
  return new Bun.CryptoHasher('sha256').update(key).digest('hex')
}

interface Reading {
  readonly entry: JsonObject
  readonly path: readonly PathStep[]
  readonly problems: Problem[]
}

function readHash(reading: Reading, label: string): string | undefined {
  const { entry, path, problems } = reading
  const hash = asString(entry['hash'])?.trim().toLowerCase()
  if (hash) {
    if (/^[\da-f]{64}$/.test(hash)) return hash
    tell(reading, 'error', 'hash', 'expected a SHA-256 of 64 hexadecimal digits', 'make one: `ccr key add LABEL`')
    return undefined
  }
  const key = readKey(entry['key'], [...path, 'key'], `the key \`${label}\``, problems)
  if (key === undefined) {
    if (!asString(entry['key'])) tell(reading, 'error', undefined, 'there is neither `hash` nor `key`')
    return undefined
  }
  if (isUpstreamKey(key)) tell(reading, 'error', 'key', 'it begins with `ccr:`, the mark of a key for a provider')
  tell(
    reading,
    'warning',
    'key',
    'the key itself is not needed here, its hash is enough',
    `write \`"hash": "${hashOfKey(key)}"\` instead`,
  )
  return hashOfKey(key)
}

function readExpiry(reading: Reading): number | undefined {
  const written = asString(reading.entry['expires'])?.trim()
  if (!written) return undefined
  const time = /^\d{4}-\d\d-\d\d/.test(written) ? Date.parse(written) : Number.NaN
  if (!Number.isNaN(time)) return time
  tell(reading, 'error', 'expires', `\`${written}\` is no date`, 'write it as 2030-01-31')
  return undefined
}

function readModels(reading: Reading): Pattern[] | undefined {
  const list = reading.entry['models']
  if (!Array.isArray(list)) return undefined
  return list.flatMap((written) => {
    const text = asString(written)?.trim()
    try {
      return text ? [namePattern(text)] : []
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      tell(reading, 'error', 'models', error.message)
      return []
    }
  })
}

function tell(
  { path, problems }: Reading,
  severity: Problem['severity'],
  field: string | undefined,
  message: string,
  suggestion?: string,
): void {
  const whole = field === undefined ? path : [...path, field]
  problems.push({
    severity,
    path: whole,
    message: `\`${pathText(whole)}\`: ${message}`,
    ...(suggestion && { suggestion }),
  })
}
