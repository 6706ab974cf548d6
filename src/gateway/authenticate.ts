import { ModelError } from '../canonical/error.ts'

/**
 * Refuses a request whose client key is not `apiKey`. Any header in which a protocol carries its key will do, so that a
 * wrong `authorization` does not hide a right `x-api-key`. Without an `apiKey` everybody is let in.
 */
export function authenticate(headers: Readonly<Record<string, string>>, apiKey: string | undefined): void {
  if (apiKey === undefined) return
  const keys = [
    headers['x-api-key'],
    headers['authorization']?.replace(/^bearer\s+/i, ''),
    headers['x-goog-api-key'],
  ].filter((key) => key !== undefined)
  if (keys.some((key) => sameText(key, apiKey))) return
  throw new ModelError(
    keys.length === 0
      ? 'a key is needed: send APIKEY of the router in x-api-key or in Authorization: Bearer'
      : 'the key is wrong: it must be APIKEY of the router',
    { kind: 'auth' },
  )
}

/** Compares in a time that depends on the length of `given` alone. */
function sameText(given: string, wanted: string): boolean {
  const encoder = new TextEncoder()
  const [a, b] = [encoder.encode(given), encoder.encode(wanted)]
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index % b.length] ?? 0)
  return difference === 0
}
