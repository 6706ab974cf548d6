import type { HeaderFields } from '../canonical/header-fields.ts'

/**
 * Headers of a client that go up on a relay, to a provider that speaks its protocol: what the vendor's own API reads.
 * Never credentials, cookies, or what belongs to the connection.
 */
export function relayedRequestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return pick(headers, REQUEST_NAMES, REQUEST_PREFIXES)
}

/** Headers of a provider that the client may see, whichever protocol it speaks. */
export function relayedResponseHeaders(headers: HeaderFields): Record<string, string> {
  return pick(Object.fromEntries(headers), RESPONSE_NAMES, RESPONSE_PREFIXES)
}

/** A text as a header can carry it: printable ASCII, at most 400 characters. */
export function headerText(text: string): string {
  const ascii = NOT_PRINTABLE.test(text) ? text.replace(new RegExp(NOT_PRINTABLE, 'g'), '?') : text
  return ascii.length > 400 ? `${ascii.slice(0, 397)}...` : ascii
}

const NOT_PRINTABLE = /[^\x20-\x7e]/

const REQUEST_NAMES = new Set([
  'user-agent',
  'x-app',
  'x-claude-code-session-id',
  'openai-beta',
  'session-id',
  'originator',
])
const REQUEST_PREFIXES = ['anthropic-', 'x-stainless-']
const RESPONSE_NAMES = new Set(['request-id', 'x-request-id', 'retry-after', 'retry-after-ms', 'x-should-retry'])
const RESPONSE_PREFIXES = ['anthropic-ratelimit-', 'x-ratelimit-', 'openai-']

function pick(
  headers: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
  prefixes: readonly string[],
): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name in headers)
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) picked[name] = headers[name] as string
  return picked
}
