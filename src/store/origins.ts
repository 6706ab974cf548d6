import { fingerprint } from '../canonical/fingerprint.ts'
import type { Log } from '../platform/ports.ts'
import { createKeptMap, type KeptMap } from './kept-map.ts'
import type { OriginStore, Remembered } from './origin-store.ts'

/** As many signatures as a hundred long sessions have. */
const MOST = 20_000
/** As many characters of thoughts as fit into the longest windows. */
const MOST_CHARACTERS = 4_000_000

/** Keeps the newest entries, by hash, in memory and, if there is a `file`, also after a restart; `settled`: as of now. */
export function createOriginStore(file?: string, log?: Log): OriginStore & Pick<KeptMap<Remembered>, 'settled'> {
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
    get: (key) => kept.get(fingerprint(key)),
    set: (key, remembered) => void kept.set(fingerprint(key), remembered),
    settled: () => kept.settled(),
  }
}
