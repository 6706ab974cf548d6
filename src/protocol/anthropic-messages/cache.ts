import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { CacheMark } from '../../canonical/request.ts'
import { leftover, objectAt, spelling } from './residue.ts'

/** A `cache_control` and, as `form`, what of it a `CacheMark` cannot say (its scope, say). */
export function decodeCache(
  value: Json | undefined,
  path: string,
): { readonly mark: CacheMark; readonly form?: JsonObject } | undefined {
  if (value === undefined || value === null) return undefined
  const control = objectAt(value, path, 'cache_control')
  const ttl = control.ttl === '5m' || control.ttl === '1h' ? control.ttl : undefined
  const claimed = new Set<string>()
  if (control.type === 'ephemeral') claimed.add('type')
  if (ttl) claimed.add('ttl')
  const more = leftover(control, claimed)
  return { mark: ttl ? { ttl } : {}, ...(more && { form: { cache_control: more } }) }
}

/** The `cache_control` of a node, if it still has a mark. */
export function encodeCache(node: { readonly cache?: CacheMark; readonly native?: Native }): JsonObject | undefined {
  if (!node.cache) return undefined
  const more = spelling(node.native, 'cache_control')
  return { type: 'ephemeral', ttl: node.cache.ttl, ...(isObject(more) && more) }
}
