import { asNumber, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import { promptTokens, type Usage } from '../../canonical/usage.ts'
import { defined } from './residue.ts'

/** Bedrock's counts: `inputTokens` is without cached tokens already. */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const usage: { -readonly [Key in keyof Usage]: Usage[Key] } = {}
  for (const [wire, field] of FIELDS) {
    const count = asNumber(value[wire])
    if (count !== undefined) usage[field] = count
  }
  return Object.keys(usage).length > 0 ? usage : undefined
}

/** What `decodeUsage` did not claim. */
export function usageRest(value: Json | undefined): JsonObject | undefined {
  const rest = isObject(value) ? omit(value, COUNTS) : {}
  return Object.keys(rest).length > 0 ? rest : undefined
}

/** Counts for a client. The three that are always there are 0 where nothing is known. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const { cacheRead, cacheWrite, output = 0 } = usage ?? {}
  return defined({
    inputTokens: usage?.input ?? 0,
    outputTokens: output,
    totalTokens: promptTokens(usage ?? {}) + output,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
  })
}

/** Only the counts that are known. */
export function encodeKnownUsage(usage: Usage | undefined): JsonObject {
  return defined(Object.fromEntries(FIELDS.map(([wire, field]) => [wire, usage?.[field]])))
}

const FIELDS = [
  ['inputTokens', 'input'],
  ['cacheReadInputTokens', 'cacheRead'],
  ['cacheWriteInputTokens', 'cacheWrite'],
  ['outputTokens', 'output'],
] as const
const COUNTS: ReadonlySet<string> = new Set(FIELDS.map(([wire]) => wire))
