import type { Json } from '../canonical/json.ts'
import { asString } from '../canonical/json.ts'

/** A number, also as text: variables of the environment give nothing else. */
export function toNumber(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value
  const text = asString(value)?.trim()
  return text && /^\d+$/.test(text) ? Number(text) : undefined
}
