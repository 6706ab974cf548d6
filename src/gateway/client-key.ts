import { ModelError } from '../canonical/error.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { Pattern } from '../router/pattern.ts'
import type { RouteTarget } from '../router/route.ts'
import { authenticate, sameText } from './authenticate.ts'
import { isUpstreamKey } from './credential.ts'
import type { Limits } from './limits/limits.ts'

/** A key that a client may show in place of APIKEY. */
export interface ClientKey {
  readonly label: string
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string
  /** The models that it may use, as `provider,model` or the model alone. Absent: all. */
  readonly models?: readonly Pattern[]
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  readonly limits?: Limits
}

/** Who calls, by the key that was shown. */
export interface Identity {
  /** The text that was shown: it is nothing for providers. */
  readonly shown?: string
  /** Absent: APIKEY was shown, or no key is needed. */
  readonly key?: ClientKey
}

/** Refuses who shows neither `apiKey` nor one of `keys`, or one that has expired. */
export async function identify(
  keysShown: readonly string[],
  apiKey: string | undefined,
  keys: readonly ClientKey[],
  now: number,
): Promise<Identity> {
  const shown = keysShown.filter((key) => !isUpstreamKey(key))
  if (apiKey !== undefined && shown.some((key) => sameText(key, apiKey))) return { shown: apiKey }
  const digests = await Promise.all(shown.map(hashOf))
  for (const key of keys) {
    // All of them are looked at, whichever fits.
    const place = digests.map((digest) => sameText(digest, key.hash)).lastIndexOf(true)
    if (place < 0) continue
    if (key.expiresAt !== undefined && now >= key.expiresAt) throw expired(key, key.expiresAt)
    return { shown: shown[place] as string, key }
  }
  if (shown.length === 0) authenticate(keysShown, apiKey ?? '')
  const own = apiKey === undefined ? 'none' : 'neither APIKEY nor one'
  throw new ModelError(`the key is wrong: it is ${own} of the keys of the router`, { kind: 'auth' })
}

/** Throws if `key` does not allow `target`. */
export function authorise(key: ClientKey | undefined, target: RouteTarget): void {
  if (mayUse(key, target)) return
  const message = `the key "${key?.label}" may not use ${nameOfTarget(target)}, to which the request was routed`
  throw new ModelError(message, { kind: 'permission', shouldRetry: false })
}

export function mayUse(key: ClientKey | undefined, target: RouteTarget): boolean {
  if (!key?.models) return true
  const name = nameOfTarget(target)
  return key.models.some((pattern) => pattern.matches(name) || pattern.matches(target.model))
}

async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return new Uint8Array(digest).toHex()
}

function expired({ label }: ClientKey, at: number): ModelError {
  return new ModelError(`the key "${label}" has expired on ${new Date(at).toISOString().slice(0, 10)}`, {
    kind: 'auth',
  })
}
