import type { Log } from '../platform/ports.ts'
import { createKeptMap } from './kept-map.ts'
import type { OriginStore, Remembered } from './origin-store.ts'

/** As many signatures as a hundred long sessions have. */
const MOST = 20_000
/** As many characters of thoughts as fit into the longest windows. */
const MOST_CHARACTERS = 4_000_000

/** Keeps the newest entries, by hash, in memory and, if there is a `file`, also after a restart. */
export function createOriginStore(file?: string, log?: Log): OriginStore {
  const kept = createKeptMap<Remembered>({
    file,
    log,
    what: 'what reasoning was signed by whom',
    most: MOST,
    mostCharacters: MOST_CHARACTERS,
    lengthOf: ({ thought }) => thought?.text.length ?? 0,
    encode: ({ provider, model, thought }) => [
      provider,
      model,
      ...(thought ? [thought.text, thought.signature ?? ''] : []),
    ],
    decode: ([provider, model, text, signature]) =>
      provider === undefined || model === undefined
        ? undefined
        : { provider, model, ...(text !== undefined && { thought: { text, ...(signature && { signature }) } }) },
  })
  return {
    get: (key) => kept.get(hashOf(key)),
    set: (key, remembered) => void kept.set(hashOf(key), remembered),
  }
}

/** 53 bits: signatures are long random texts, so that two of a session never meet. */
function hashOf(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36)
}
