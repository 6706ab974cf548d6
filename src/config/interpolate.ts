import type { Json } from '../canonical/json.ts'

/** The values of the process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A copy of `value` in which `$NAME` and `${NAME}` of every string value are replaced by the variable.
 * An unset or empty variable leaves the text as it is written; keys are not touched.
 */
export function interpolate(value: Json, env: Environment): Json {
  if (typeof value === 'string') return interpolateText(value, env)
  if (Array.isArray(value)) return value.map((item) => interpolate(item, env))
  if (typeof value !== 'object' || value === null) return value
  // fromEntries keeps a key named `__proto__` a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item ?? null, env)]))
}

/** The variables that are still named in `text`, because they are not set. */
export function unsetVariables(text: string): string[] {
  return [...text.matchAll(reference)].map(([, braced, bare]) => (braced ?? bare) as string)
}

function interpolateText(text: string, env: Environment): string {
  if (!text.includes('$')) return text
  return text.replace(
    reference,
    (written: string, braced?: string, bare?: string) => env[(braced ?? bare) as string] || written,
  )
}

const reference = /\$\{([^}]+)\}|\$([A-Z_][A-Z0-9_]*)/g
