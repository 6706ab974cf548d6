import type { ErrorKind } from '../../canonical/error.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import type { Learnt } from '../learnt.ts'
import { nameOfKey } from '../retry/words.ts'

/** Something that is left alone at the moment, or is to be tried again carefully. */
export interface Resting {
  readonly provider: string
  /** `provider`, `model m`, `key …abcd`, `key …abcd at m`. */
  readonly what: string
  readonly state: 'open' | 'half-open'
  /** Milliseconds since 1970. */
  readonly until: number
  readonly why?: ErrorKind
}

/** All that is left alone, of all providers. */
export function restingOf(providers: readonly Provider[], learnt: Learnt, now: number): Resting[] {
  return providers.flatMap((provider) =>
    [...learnt.of(provider.name).circuits.entries()].flatMap(([name, circuit]) => {
      const state = circuit.state(now)
      if (state === 'closed') return []
      const why = circuit.why()
      const what = withKeyName(name, provider)
      return [{ provider: provider.name, what, state, until: circuit.readyAt(now), ...(why && { why }) }]
    }),
  )
}

function withKeyName(name: string, provider: Provider): string {
  return name.replace(/^key (\d+)/, (_, place: string) => `key ${nameOfKey(keysOf(provider)[Number(place)] ?? '')}`)
}
