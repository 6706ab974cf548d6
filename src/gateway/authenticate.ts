import { ModelError } from '../canonical/error.ts'
import { isUpstreamKey } from './credential.ts'

/**
 * Refuses a request none of whose keys is `apiKey`. Any header in which a protocol carries its key will do, so that a
 * wrong `authorization` does not hide a right `x-api-key`; what is marked as a provider's key is never one of ours.
 * Without an `apiKey` everybody is let in.
 */
export function authenticate(shown: readonly string[], apiKey: string | undefined): void {
  if (apiKey === undefined) return
  const keys = shown.filter((key) => !isUpstreamKey(key))
  if (keys.some((key) => sameText(key, apiKey))) return
  throw new ModelError(
    keys.length === 0
      ? `a key is needed: send APIKEY of the router in x-api-key or in Authorization: Bearer${shown.length > 0 ? ', in the one of them that your ccr: key is not in' : ''}`
      : 'the key is wrong: it must be APIKEY of the router',
    { kind: 'auth' },
  )
}

/** Compares in a time that depends on the length of `given` alone. */
export function sameText(given: string, wanted: string): boolean {
  const encoder = new TextEncoder()
  const [a, b] = [encoder.encode(given), encoder.encode(wanted)]
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index % b.length] ?? 0)
  return difference === 0
}
