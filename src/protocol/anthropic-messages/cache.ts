import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { CacheMark } from '../../canonical/request.ts'
import { ID, leftover, objectAt, spelling } from './residue.ts'

/** A `cache_control` and, as `form`, what of it a `CacheMark` cannot say (its scope, say). */
export function decodeCache(
  value: Json | undefined,
): { readonly mark: CacheMark; readonly form?: JsonObject } | undefined {
  if (value === undefined || value === null) return undefined
  const control = objectAt(value, 'cache_control')
  const ttl = control.ttl === '5m' || control.ttl === '1h' ? control.ttl : undefined
  const claimed = new Set<string>()
  if (control.type === 'ephemeral') claimed.add('type')
  if (ttl) claimed.add('ttl')
  const more = leftover(control, claimed)
  return { mark: ttl ? { ttl } : {}, ...(more && { form: { cache_control: more } }) }
}

/**
 * `part`, which `block` was decoded to, with what any block may have: a mark of the cache, and what of it is not `claimed`.
 * `read`: how many of the claimed keys have said something already; most blocks have no others. `form`: how it was spelt.
 */
export function withMarks<P extends { cache?: CacheMark; native?: Native }>(
  part: P,
  block: JsonObject,
  claimed: ReadonlySet<string>,
  read: number,
  form?: JsonObject,
): P {
  const cache = block.cache_control === undefined ? undefined : decodeCache(block.cache_control)
  const isWhole = Object.keys(block).length === (cache ? read + 1 : read)
  const rest = isWhole ? undefined : leftover(block, claimed)
  const spelt = cache?.form ? { ...form, ...cache.form } : form
  if (cache) part.cache = cache.mark
  if (spelt) part.native = { protocol: ID, rest: rest ?? {}, form: spelt }
  else if (rest) part.native = { protocol: ID, rest }
  return part
}

/** The `cache_control` of a node, if it still has a mark. */
export function encodeCache(node: { readonly cache?: CacheMark; readonly native?: Native }): JsonObject | undefined {
  if (!node.cache) return undefined
  const more = spelling(node.native, 'cache_control')
  return { type: 'ephemeral', ttl: node.cache.ttl, ...(isObject(more) && more) }
}
