import { isObject, type JsonObject } from '../canonical/json.ts'
import type { CacheSettings } from '../gateway/cache/reply-cache.ts'
import { toNumber } from './scalar.ts'

/** What `cache` says. Absent: nothing is kept. */
export function readCache({ cache }: JsonObject): { readonly cache?: CacheSettings } {
  if (!isObject(cache) || cache['enabled'] !== true) return {}
  const ttlMs = 1000 * (toNumber(cache['ttl']) ?? DEFAULT_TTL_SECONDS)
  const mostCharacters = 1_000_000 * (toNumber(cache['megabytes']) ?? DEFAULT_MEGABYTES)
  const except = Array.isArray(cache['except']) ? cache['except'].filter((name) => typeof name === 'string') : []
  return ttlMs > 0 ? { cache: { ttlMs, mostCharacters, except } } : {}
}

const DEFAULT_TTL_SECONDS = 300
const DEFAULT_MEGABYTES = 32
