import type { JsonObject } from '../../canonical/json.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Call } from '../call.ts'

/**
 * Names the answer of a call: what is asked of whom, and for which client key. Not who asks in which session, nor in which
 * protocol, nor whether the answer is streamed.
 */
export async function cacheKeyOf(call: Call, provider: Provider | undefined): Promise<string> {
  const text = JSON.stringify([
    call.target?.provider,
    call.target?.model,
    provider?.endpoints.map(({ baseUrl }) => baseUrl),
    call.keyLabel ?? null,
    // Of one that its provider keeps, the client may ask for more than what was said.
    call.protocol.stateOf?.(call.request)?.isKept ?? false,
    canonical(askedOf(call.request)),
  ])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return new Uint8Array(digest).toHex()
}

function askedOf({ model: _model, stream: _stream, userId: _user, system, ...request }: ModelRequest): object {
  return { ...request, system: system.filter(({ text }) => !text.startsWith(BILLING_LINE)) }
}

const BILLING_LINE = 'x-anthropic-billing-header:'

/** What says nothing of the answer: names of users and sessions, and what is for the way of sending alone. */
const UNASKED: ReadonlySet<string> = new Set([
  'metadata',
  'user',
  'session_id',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'client_metadata',
  'stream',
  'stream_options',
  'store',
  'service_tier',
])

/** A value with its keys in order and without marks of the prompt cache and ways of spelling. */
function canonical(value: unknown, isResidue = false): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (inner === undefined || (isResidue && UNASKED.has(name)) || name === 'cache') return []
    if (name !== 'native') return [[name, canonical(inner)]]
    const rest = canonical((inner as { rest?: JsonObject }).rest ?? {}, true) as object
    return Object.keys(rest).length === 0 ? [] : [['native', rest]]
  })
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
