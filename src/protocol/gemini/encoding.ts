import type { Native } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import { type Pairs, pairTools } from '../tool-pairs.ts'
import type { Dropped, Target } from '../protocol.ts'
import { createFunctionNames, type FunctionNames } from './names.ts'
import { ID, isOurs } from './residue.ts'

/** What the encoding of one request carries along: for whom, and what could not be said to them. */
export interface Encoding {
  readonly target: Target
  /** The request came in this protocol: it is sent as it came, not brought into order. */
  readonly ours: boolean
  readonly names: FunctionNames
  readonly pairs: Pairs
  readonly dropped: readonly Dropped[]
  drop(path: string, why: string): void
  /** Lists the keys that another protocol left on a node. */
  dropResidue(native: Native | undefined, path: string): void
}

/** Begins the encoding of `request`. */
export function createEncoding(request: ModelRequest, target: Target): Encoding {
  const dropped: Dropped[] = []
  const drop = (path: string, why: string): void => void dropped.push({ path, why })
  const ours = isOurs(request)
  return {
    target,
    ours,
    names: ours ? { of: (name) => name, renamed: new Map() } : createFunctionNames(request),
    pairs: pairTools(request.messages, (id) => id),
    dropped,
    drop,
    dropResidue(native, path) {
      if (!native || native.protocol === ID) return
      for (const key in native.rest)
        if (native.rest[key] !== undefined) drop(path === '' ? key : `${path}.${key}`, 'Gemini has no such field')
    },
  }
}
