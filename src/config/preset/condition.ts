import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'

/** Whether a preset's `when` holds of the user's values: one condition, or several of which all must. */
export function applies(when: Json | undefined, values: JsonObject): boolean {
  const conditions = Array.isArray(when) ? when : when === undefined || when === null ? [] : [when]
  return conditions.every((condition) => isObject(condition) && holds(condition, values))
}

function holds({ field, operator, value }: JsonObject, values: JsonObject): boolean {
  const name = asString(field) ?? ''
  const found = Object.hasOwn(values, name) ? values[name] : undefined
  const test = OPERATORS[asString(operator) ?? 'eq']
  return test?.(found, value) ?? false
}

const OPERATORS: Readonly<Record<string, (found: Json | undefined, wanted: Json | undefined) => boolean>> = {
  eq: (found, wanted) => found === wanted,
  ne: (found, wanted) => found !== wanted,
  in: (found, wanted) => Array.isArray(wanted) && wanted.includes(found ?? null),
  nin: (found, wanted) => Array.isArray(wanted) && !wanted.includes(found ?? null),
  gt: (found, wanted) => Number(found) > Number(wanted),
  lt: (found, wanted) => Number(found) < Number(wanted),
  gte: (found, wanted) => Number(found) >= Number(wanted),
  lte: (found, wanted) => Number(found) <= Number(wanted),
  exists: (found, wanted) => (found !== undefined && found !== null && found !== '') === (wanted !== false),
}
