import { isObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { CacheMark, ModelRequest } from '../../canonical/request.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'
import { createToolNames, type ToolNames } from '../openai/tool-names.ts'
import { type Pairs, pairTools } from '../tool-pairs.ts'
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
  /** A name for a document, with a number where another has it: Bedrock refuses the same one twice. */
  uniqueName(name: string): string
  drop(path: string, why: string): void
  /** Lists the keys that another protocol left on a node. */
  dropResidue(native: Native | undefined, path: string): void
  /** The mark of a node, if it can be sent; what cannot is listed. */
  cacheOf(node: { readonly cache?: CacheMark; readonly native?: Native }, path: string): CacheMark | undefined
}

/** Begins the encoding of `request`. */
export function createEncoding(request: ModelRequest, target: Target): Encoding {
  const dropped: Dropped[] = []
  const documents = new Set<string>()
  const next = new Map<string, number>()
  let points = 0
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
    uniqueName(name) {
      let unique = name
      for (let count = next.get(name) ?? 2; documents.has(unique); next.set(name, ++count)) unique = `${name} ${count}`
      documents.add(unique)
      return unique
    },
    drop,
    dropResidue(native, path) {
      if (!native || native.protocol === ID) return
      for (const key in native.rest)
        if (native.rest[key] !== undefined) drop(path === '' ? key : `${path}.${key}`, NO_FIELD)
    },
    cacheOf({ cache, native }, path) {
      if (!cache) return undefined
      if (!caches) drop(`${path}.cache_control`, `${target.model} takes no cache points`)
      else if (!ours && ++points > MOST_POINTS)
        drop(`${path}.cache_control`, `Bedrock takes ${MOST_POINTS} cache points`)
      else if (native && native.protocol !== ID)
        for (const key of furtherKeys(native)) drop(`${path}.cache_control.${key}`, NO_FIELD)
      return caches && points <= MOST_POINTS ? cache : undefined
    },
  }
}

const MOST_POINTS = 4
const NO_FIELD = 'Converse has no such field'

/** What another protocol says with a mark of the cache besides. */
function furtherKeys({ form }: Native): string[] {
  const said = isObject(form) ? form.cache_control : undefined
  return isObject(said) ? Object.keys(said) : []
}

const ACCEPTED = /^[a-zA-Z0-9_-]{1,64}$/

/** An id of a call that Bedrock accepts; the same one for the same `id`. */
function toToolUseId(id: string): string {
  if (ACCEPTED.test(id)) return id
  const mark = `_${fingerprint(id)}`
  return id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64 - mark.length) + mark
}
