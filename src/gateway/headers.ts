/**
 * Headers of a client that go up on a relay, to a provider that speaks its protocol: what the vendor's own API reads.
 * Never credentials, cookies, or what belongs to the connection.
 */
export function relayedRequestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return pick(headers, (name) => REQUEST_NAMES.has(name) || REQUEST_PREFIXES.some((prefix) => name.startsWith(prefix)))
}

/** Headers of a provider that the client may see, whichever protocol it speaks. */
export function relayedResponseHeaders(headers: Headers): Record<string, string> {
  return pick(
    Object.fromEntries(headers),
    (name) => RESPONSE_NAMES.has(name) || RESPONSE_PREFIXES.some((prefix) => name.startsWith(prefix)),
  )
}

/** A text as a header can carry it: printable ASCII, at most 400 characters. */
export function headerText(text: string): string {
  const ascii = text.replace(/[^\x20-\x7e]/g, '?')
  return ascii.length > 400 ? `${ascii.slice(0, 397)}...` : ascii
}

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

function pick(headers: Readonly<Record<string, string>>, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name in headers) if (wanted(name)) picked[name] = headers[name] as string
  return picked
}
