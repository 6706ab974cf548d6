import type { Origin } from '../canonical/request.ts'

/** Who signed which reasoning: a provider refuses what another has signed. */
export interface OriginStore {
  /** The signer, if it is known. */
  get(signature: string): Promise<Origin | undefined>
  set(signature: string, origin: Origin): void
}
