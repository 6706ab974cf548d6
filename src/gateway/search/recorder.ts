import type { ModelEvent } from '../../canonical/event.ts'
import type { Batches } from '../batches.ts'

/** The events behind an answer, for who reads them instead of its bytes. */
export interface Recorder {
  /** To stand between the provider and its answer. */
  readonly tap: (batches: Batches) => Batches
  /** What has come since the last time. */
  take(): ModelEvent[]
}

export function createRecorder(): Recorder {
  let seen: ModelEvent[] = []
  return {
    tap(batches) {
      // A provider is asked anew: what it said before does not count.
      seen = []
      return {
        async next() {
          const batch = await batches.next()
          if (batch) seen.push(...batch)
          return batch
        },
        cancel: () => batches.cancel?.(),
      }
    },
    take() {
      const taken = seen
      seen = []
      return taken
    },
  }
}
