import type { Native, ProtocolId } from '../../canonical/native.ts'
import type { Dropped } from '../protocol.ts'

/** What a provider is not told, collected while a request is encoded. */
export interface Losses {
  readonly list: readonly Dropped[]
  drop(path: string, why: string): void
  /** Says where the node stands to which the paths of all losses after the first `since` belong; only told where there are any. */
  placed(since: number, place: string): void
  /** Another protocol's residue has no place here: each of its keys is a loss. */
  residue(native: Native | undefined, path: string): void
}

/** No losses yet, of a request for a provider that speaks `protocol`, which its vendor calls `name`. */
export function createLosses(protocol: ProtocolId, name: string): Losses {
  const list: Dropped[] = []
  const drop = (path: string, why: string): void => {
    list.push({ path, why })
  }
  return {
    list,
    drop,
    placed(since, place) {
      for (let index = since; index < list.length; index++) {
        const { path, why } = list[index] as Dropped
        list[index] = { path: path === '' ? place : `${place}.${path}`, why }
      }
    },
    residue(native, path) {
      if (!native || native.protocol === protocol) return
      for (const key in native.rest)
        if (native.rest[key] !== undefined) drop(path ? `${path}.${key}` : key, `${name} has no field for it`)
    },
  }
}
