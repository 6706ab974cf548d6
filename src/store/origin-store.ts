import type { Origin } from '../canonical/request.ts'

/**
 * Who signed which reasoning, as a provider refuses what another has signed; and what was thought before a tool was
 * called, as some providers want that back from clients that forget it.
 */
export interface OriginStore {
  /** What is known of a signature or of a call. */
  get(key: string): Promise<Remembered | undefined>
  set(key: string, remembered: Remembered): void
}

export interface Remembered extends Origin {
  readonly thought?: Thought
}

export interface Thought {
  readonly text: string
  readonly signature?: string
}
