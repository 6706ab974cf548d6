import type { Json } from '../canonical/json.ts'
import type { Problem } from './diagnostic.ts'
import { unsetVariables } from './interpolate.ts'
import { isPlaceholderKey } from './placeholder.ts'
import type { PathStep } from './place.ts'

/** The key, or `undefined`, with a warning, if it is a placeholder or names a variable that is not set. */
export function readKey(
  value: Json | undefined,
  path: readonly PathStep[],
  subject: string,
  problems: Problem[],
): string | undefined {
  if (typeof value !== 'string') return undefined
  const key = value.trim()
  const reason = reasonAgainst(key)
  if (reason === undefined) return key
  problems.push({ severity: 'warning', path, message: `${subject}: ${reason}; it counts as no key`, ...remedy(key) })
  return undefined
}

function reasonAgainst(key: string): string | undefined {
  if (key === '') return `the key is empty`
  const [variable] = wholeVariable.test(key) ? unsetVariables(key) : []
  if (variable !== undefined) return `the variable ${variable} of this key is not set`
  return isPlaceholderKey(key) ? 'the key is a placeholder' : undefined
}

function remedy(key: string): { suggestion?: string } {
  const [variable] = wholeVariable.test(key) ? unsetVariables(key) : []
  return variable === undefined ? {} : { suggestion: `set it: \`export ${variable}=…\`` }
}

const wholeVariable = /^\$(\{[^}]+\}|[A-Z_][A-Z0-9_]*)$/
