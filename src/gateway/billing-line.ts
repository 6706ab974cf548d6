import { isObject, type JsonObject } from '../canonical/json.ts'
import type { Dropped } from '../protocol/protocol.ts'
import { isAnthropics } from '../provider/endpoint.ts'
import type { Endpoint } from '../provider/provider.ts'

/** A request whose body may still be edited. */
interface Editable {
  readonly body: JsonObject
  readonly text: () => string
  readonly dropped: readonly Dropped[]
}

/**
 * The request without the line that Claude Code begins its instructions with for Anthropic's billing: it differs from
 * call to call, so that no prompt cache of anybody else would ever match. The very same request if there is none.
 */
export function withoutBillingLine<R extends Editable>(request: R): R {
  const { system } = request.body
  if (!Array.isArray(system)) return request
  const kept = system.filter((block) => !(isObject(block) && String(block['text']).startsWith(BILLING_LINE)))
  if (kept.length === system.length) return request
  const body = { ...request.body, system: kept }
  const path = `system[${system.findIndex((block) => !kept.includes(block))}]`
  const dropped = [
    ...request.dropped,
    { path, why: 'a billing line for Anthropic alone; it would spoil the prompt cache' },
  ]
  return { ...request, body, text: () => JSON.stringify(body), dropped }
}

const BILLING_LINE = 'x-anthropic-billing-header:'

/**
 * Whether the line is nothing for who listens there: neither Anthropic nor this machine, where a relay to Anthropic may
 * be. Other protocols leave it out themselves.
 */
export function isForeign({ protocol, baseUrl }: Endpoint): boolean {
  if (protocol !== 'anthropic-messages') return false
  const url = new URL(baseUrl)
  return !isAnthropics(url) && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
}
