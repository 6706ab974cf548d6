import type { ModelEvent } from '../canonical/event.ts'

/** The events of an answer as they come. */
export interface Batches {
  /** The events of the next piece of input; `undefined` at the end. A broken connection is an `error` event. */
  next(): Promise<readonly ModelEvent[] | undefined>
  /** Lets go of whoever answers besides the provider that was asked first. */
  cancel?(): void
}
