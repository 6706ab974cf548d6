import { ModelError } from '../canonical/error.ts'

/** What a terminal shows without scrolling, in characters. */
const LONGEST = 300
/** An overflow is told in the client's own words besides. */
const LONGEST_OVERFLOW = 210

/** `error` as one readable sentence: on one line, without a stack trace or escapes, and not longer than it is read. */
export function asSentence(error: ModelError): ModelError {
  const message = sentence(error.message, error.kind === 'context-overflow' ? LONGEST_OVERFLOW : LONGEST)
  return message === error.message ? error : new ModelError(message, { ...error.details, status: error.status })
}

function sentence(text: string, longest: number): string {
  const plain = text
    .replace(/\n\s+at [\s\S]*$/, '')
    .replace(/\\+(["'])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain
}
