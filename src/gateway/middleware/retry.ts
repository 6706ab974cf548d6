import type { Provider } from '../../provider/provider.ts'
import type { Middleware } from '../call.ts'
import { openTries, type TryParts } from '../retry/tries.ts'

/**
 * Asks one target until it answers or there is no point in going on: with another key at once, with the same after a
 * pause. Where somebody else can be asked afterwards there is less patience.
 */
export function createRetry(providers: readonly Provider[], parts: TryParts): Middleware {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  return async (call, next) => {
    const provider = byName.get(call.target?.provider ?? '')
    if (!call.target || !provider) return next(call)
    const tries = openTries(call, call.target, provider, parts)
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const attempt = await tries.begin()
      try {
        // oxlint-disable-next-line no-await-in-loop
        return attempt.answered(await next(attempt.call))
      } catch (cause) {
        const pause = attempt.failed(cause)
        if (pause === undefined) throw cause
        // oxlint-disable-next-line no-await-in-loop
        if (pause > 0) await parts.ports.sleep(pause, call.signal)
        if (call.signal.aborted) throw cause
      }
    }
  }
}
