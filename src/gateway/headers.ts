import type { HeaderFields } from '../canonical/header-fields.ts'

/**
 * Headers of a client that go up on a relay, to a provider that speaks its protocol: what the vendor's own API reads.
 * Never credentials, cookies, or what belongs to the connection.
 */
export function relayedRequestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const relayed: Record<string, string> = {}
  for (const name in headers) if (OF_REQUESTS.test(name)) relayed[name] = headers[name] as string
  return relayed
}

/** Headers of a provider that the client may see, whichever protocol it speaks. */
export function relayedResponseHeaders(headers: HeaderFields): Record<string, string> {
  const relayed: Record<string, string> = {}
  headers.forEach((value, name) => {
    if (OF_RESPONSES.test(name)) relayed[name] = value
  })
  return relayed
}

/** A text as a header can carry it: printable ASCII, at most 400 characters. */
export function headerText(text: string): string {
  const ascii = NOT_PRINTABLE.test(text) ? text.replace(new RegExp(NOT_PRINTABLE, 'g'), '?') : text
  return ascii.length > 400 ? `${ascii.slice(0, 397)}...` : ascii
}

const NOT_PRINTABLE = /[^\x20-\x7e]/

const OF_REQUESTS =
  /^(?:anthropic-|x-stainless-|(?:user-agent|x-app|x-claude-code-session-id|openai-beta|session-id|originator)$)/
const OF_RESPONSES =
  /^(?:anthropic-ratelimit-|x-ratelimit-|openai-|(?:request-id|x-request-id|retry-after|retry-after-ms|x-should-retry)$)/
