import type { Origin } from '../canonical/request.ts'

/** Who keeps a response or a conversation: only there, and only with that key, it can be built on. */
export interface Keeper extends Origin {
  /** Tells the keys of one provider apart, and nothing else about them. Absent: it was called without one. */
  readonly key?: string
}

/** Which provider keeps what, by the ids that its clients were told. Never what was said. */
export interface ResponseStore {
  get(id: string): Promise<Keeper | undefined>
  /** Resolves when it would be known after a restart. */
  set(id: string, keeper: Keeper): Promise<void>
  delete(id: string): Promise<void>
}
