import type { PlaceLayer } from '../place.ts'
import {
  answered,
  beginTry,
  failed,
  keyFor,
  openDesk,
  openTries,
  restOf,
  waitWhileResting,
  type TryParts,
} from '../retry/tries.ts'

/**
 * Asks one target until it answers or there is no point in going on: with another key at once, with the same after a
 * pause. Where somebody else can be asked afterwards there is less patience.
 */
export function createRetry(parts: TryParts): PlaceLayer {
  return (place, next) => {
    const desk = openDesk(place, parts)
    return async (call) => {
      const tries = openTries(call, desk)
      for (;;) {
        let key = keyFor(tries)
        const rest = restOf(tries, key)
        if (rest) {
          // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
          await waitWhileResting(tries, rest)
          key = keyFor(tries)
        }
        const attempt = beginTry(tries, key)
        try {
          // oxlint-disable-next-line no-await-in-loop
          const answer = await next(attempt.call)
          answered(tries, attempt)
          return answer
        } catch (cause) {
          const pause = failed(tries, attempt, cause)
          if (pause === undefined) throw cause
          // oxlint-disable-next-line no-await-in-loop
          if (pause > 0) await parts.ports.sleep(pause, call.signal)
          if (call.signal.aborted) throw cause
        }
      }
    }
  }
}
