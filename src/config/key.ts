import type { Json } from '../canonical/json.ts'
import type { Problem } from './diagnostic.ts'
import { unsetVariables } from './interpolate.ts'
import { isPlaceholderKey } from './placeholder.ts'
import type { PathStep } from './place.ts'

/** The key, or `undefined`, with a warning, if it is a placeholder or names a variable that is not set; with an error, if no header can hold it. */
export function readKey(
  value: Json | undefined,
  path: readonly PathStep[],
  subject: string,
  problems: Problem[],
): string | undefined {
  if (typeof value !== 'string') return undefined
  const key = value.trim()
  const unfit = unfitCharacter(key)
  if (unfit !== undefined) {
    const message = `${subject}: the key holds a character that cannot be sent (${unfit})`
    problems.push({ severity: 'error', path, message, suggestion: 'copy it anew, without quotes or line breaks' })
    return undefined
  }
  const reason = reasonAgainst(key)
  if (reason === undefined) return key
  problems.push({ severity: 'warning', path, message: `${subject}: ${reason}; it counts as no key`, ...remedy(key) })
  return undefined
}

/** What a header cannot hold. Texts of word processors and web pages have some that nobody sees. */
function unfitCharacter(key: string): string | undefined {
  // Placeholders are in every language.
  if (isPlaceholderKey(key)) return undefined
  const [character] = /[^\t\x20-\x7e\xa0-\xff]/u.exec(key) ?? []
  return character && `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
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
