import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'

/** A header that cannot be sent, and why. */
export interface HeaderProblem {
  readonly name: string
  readonly problem: string
}

/** The headers of an entry, by their names in lower case: written twice in two spellings, a header would be sent twice. */
export function readHeaders(
  value: Json | undefined,
  problems: (problem: HeaderProblem) => void,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, text] of isObject(value) ? Object.entries(value) : []) {
    if (typeof text !== 'string') continue
    const problem = problemOf(name, text)
    if (problem === undefined) headers[name.toLowerCase()] = text
    else problems({ name, problem })
  }
  return headers
}

/** What belongs to the connection: set by hand, the provider would wait for a body that does not come, or cut it off. */
const ofConnection = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function problemOf(name: string, text: string): string | undefined {
  if (ofConnection.has(name.trim().toLowerCase())) return 'this header is set for each call and would break it'
  try {
    return new Headers([[name, text]]).has(name) ? undefined : unsendable
  } catch {
    return unsendable
  }
}

const unsendable = 'this is no header that can be sent: a name without blanks, and a value of one line in Latin letters'
