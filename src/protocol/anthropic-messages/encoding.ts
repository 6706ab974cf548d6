import type { Native } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Dropped, Target } from '../protocol.ts'
import { ID } from './residue.ts'

/** What the encoding of one request carries along: for whom, and what could not be said to them. */
export interface Encoding {
  readonly target: Target
  /** The request came in this protocol: it is sent as it came, not brought into order. */
  readonly ours: boolean
  readonly dropped: Dropped[]
  /** A tool's name as the provider is told it. */
  nameOf(name: string): string
  drop(path: string, why: string): void
  /** Lists the keys that another protocol left on a node. */
  dropResidue(native: Native | undefined, path: string): void
}

/** Begins the encoding of `request`; `toolNames` leads from changed names back to the client's. */
export function createEncoding(request: ModelRequest, target: Target): Encoding & { toolNames: Map<string, string> } {
  const dropped: Dropped[] = []
  const drop = (path: string, why: string): void => void dropped.push({ path, why })
  const ours = request.native?.protocol === ID
  const { nameOf, toolNames } = ours ? KEEP_NAMES() : createNames(request)
  return {
    target,
    ours,
    dropped,
    toolNames,
    nameOf,
    drop,
    dropResidue(native, path) {
      if (!native || native.protocol === ID) return
      for (const key in native.rest) drop(path === '' ? key : `${path}.${key}`, 'Anthropic Messages has no such field')
    },
  }
}

interface Names {
  nameOf(name: string): string
  /** Names as the provider is told them → as the client knows them, where they differ. */
  readonly toolNames: Map<string, string>
}

const KEEP_NAMES = (): Names => ({ nameOf: (name) => name, toolNames: new Map() })
const plain = /^[a-zA-Z0-9_-]{1,128}$/

// Anthropic accepts `^[a-zA-Z0-9_-]{1,128}$`; two names must not become one.
function createNames(request: ModelRequest): Names {
  const safe = new Map<string, string>()
  const toolNames = new Map<string, string>()
  // The number that the next name of a base is tried with.
  const next = new Map<string, number>()
  const taken = new Set(request.tools.map((tool) => tool.name).filter((name) => plain.test(name)))
  return {
    toolNames,
    nameOf(name) {
      if (plain.test(name)) return name
      const known = safe.get(name)
      if (known !== undefined) return known
      const base = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 124) || 'tool'
      let candidate = base
      for (let count = next.get(base) ?? 2; taken.has(candidate); next.set(base, ++count))
        candidate = `${base}_${count}`
      taken.add(candidate)
      safe.set(name, candidate)
      toolNames.set(candidate, name)
      return candidate
    },
  }
}
