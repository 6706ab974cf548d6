import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import { withKeys } from './residue.ts'

/** Reads Anthropic's counts: `input_tokens` is without cached tokens already. */
export function decodeUsage(value: Json | undefined): Usage {
  if (!isObject(value)) return {}
  const usage: { -readonly [Key in keyof Usage]: Usage[Key] } = {}
  for (const { wire, field } of FIELDS) {
    const count = asNumber(value[wire])
    if (count !== undefined) usage[field] = count
  }
  const details = value.output_tokens_details
  const reasoning = isObject(details) ? asNumber(details.thinking_tokens) : undefined
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

/** What `decodeUsage` did not claim. */
export function usageRest(value: Json | undefined): JsonObject | undefined {
  if (!isObject(value)) return undefined
  let rest: JsonObject | undefined
  for (const key in value) {
    const left =
      key === 'output_tokens_details'
        ? detailsRest(value[key])
        : COUNTS.has(key) && asNumber(value[key]) !== undefined
          ? undefined
          : value[key]
    if (left === undefined) continue
    rest ??= {}
    rest[key] = left
  }
  return rest
}

/** All four counts, 0 where nothing is known: clients add them up without asking. */
export function encodeUsage(usage: Usage | undefined, rest?: JsonObject): JsonObject {
  const wire = encodeKnownUsage(usage, rest)
  for (const field of FIELDS) wire[field.wire] ??= 0
  return wire
}

/** Only the counts that are known. */
export function encodeKnownUsage(usage: Usage | undefined, rest?: JsonObject): JsonObject {
  const told: JsonObject = {}
  for (const { wire, field } of FIELDS) {
    const count = usage?.[field]
    if (count !== undefined) told[wire] = whole(count)
  }
  if (usage?.reasoning !== undefined) {
    const more = rest?.output_tokens_details
    told.output_tokens_details = withKeys(
      { thinking_tokens: whole(usage.reasoning) },
      isObject(more) ? more : undefined,
    )
  }
  return withKeys(told, rest)
}

/**
 * Adds a later report to an earlier one. A prompt count of 0 after a real one says nothing:
 * compatible providers fill the last report with zeros.
 */
export function laterUsage(earlier: Usage, later: Usage): Usage {
  const merged = { ...earlier, ...later }
  for (const field of ['input', 'cacheRead', 'cacheWrite'] as const) {
    if (later[field] === 0 && earlier[field]) merged[field] = earlier[field]
  }
  return merged
}

const FIELDS = [
  { wire: 'input_tokens', field: 'input' },
  { wire: 'cache_creation_input_tokens', field: 'cacheWrite' },
  { wire: 'cache_read_input_tokens', field: 'cacheRead' },
  { wire: 'output_tokens', field: 'output' },
] as const
const COUNTS: ReadonlySet<string> = new Set(FIELDS.map(({ wire }) => wire))

function detailsRest(details: Json | undefined): Json | undefined {
  if (!isObject(details) || asNumber(details.thinking_tokens) === undefined) return details
  const { thinking_tokens: _, ...rest } = details
  return Object.keys(rest).length > 0 ? rest : undefined
}

function whole(count: number): number {
  return Number.isFinite(count) && count > 0 ? Math.round(count) : 0
}
