import type { Native } from '../../canonical/native.ts'
import type { CacheMark, ModelRequest } from '../../canonical/request.ts'
import { fingerprint } from '../openai-chat/hash.ts'
import { createToolNames, type ToolNames } from '../openai-chat/names.ts'
import { type Pairs, pairTools } from '../openai-chat/pairs.ts'
import type { Dropped, Target } from '../protocol.ts'
import { familyOf, takesCachePoints, type Family } from './model.ts'
import { ID, isOurs } from './residue.ts'

/** What the encoding of one request carries along: for whom, and what could not be said to them. */
export interface Encoding {
  readonly target: Target
  readonly family: Family
  /** The request came in this protocol: it is sent as it came, not brought into order. */
  readonly ours: boolean
  readonly names: ToolNames
  readonly pairs: Pairs
  readonly dropped: readonly Dropped[]
  drop(path: string, why: string): void
  /** Lists the keys that another protocol left on a node. */
  dropResidue(native: Native | undefined, path: string): void
  /** Whether a mark of the cache can be sent; if not, it is listed. */
  keepsCache(cache: CacheMark | undefined, path: string): boolean
}

/** Begins the encoding of `request`. */
export function createEncoding(request: ModelRequest, target: Target): Encoding {
  const dropped: Dropped[] = []
  const drop = (path: string, why: string): void => void dropped.push({ path, why })
  const ours = isOurs(request)
  const caches = target.traits.cacheControl ?? (ours || takesCachePoints(target.model))
  return {
    target,
    family: familyOf(target.model),
    ours,
    names: ours ? { of: (name) => name, renamed: new Map() } : createToolNames(request),
    pairs: pairTools(request.messages, toToolUseId),
    dropped,
    drop,
    dropResidue(native, path) {
      if (!native || native.protocol === ID) return
      for (const key in native.rest)
        if (native.rest[key] !== undefined) drop(path === '' ? key : `${path}.${key}`, 'Converse has no such field')
    },
    keepsCache(cache, path) {
      if (cache && !caches) drop(`${path}.cache_control`, `${target.model} takes no cache points`)
      return cache !== undefined && caches
    },
  }
}

const ACCEPTED = /^[a-zA-Z0-9_-]{1,64}$/

/** An id of a call that Bedrock accepts; the same one for the same `id`. */
function toToolUseId(id: string): string {
  if (ACCEPTED.test(id)) return id
  const mark = `_${fingerprint(id)}`
  return id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64 - mark.length) + mark
}
