import { fingerprint } from '../canonical/fingerprint.ts'
import type { ModelRequest } from '../canonical/request.ts'

/** Ids for what the provider leaves without one: the same for the same request, others for the next turn. */
export function createTurnIds({ messages }: ModelRequest): (prefix: string) => string {
  const last = messages.at(-1)?.parts ?? []
  let turn: string | undefined
  let count = 0
  return (prefix) => {
    // Most providers leave nothing without an id.
    turn ??= fingerprint(JSON.stringify(last) + String(messages.length))
    return `${prefix}${turn}${count++}`
  }
}
