import type { ModelError } from '../../canonical/error.ts'
import type { ModelReply } from '../../canonical/reply.ts'

/** What became of a call that several wait for. `alone`: of no use to anybody else. */
export type Landing = { readonly reply: ModelReply } | { readonly error: ModelError } | 'alone'

/** One call to a provider that several clients wait for. It is ended when the last of them has gone. */
export interface Flight {
  readonly signal: AbortSignal
  /** Resolves when the call has ended, or `signal` aborts; then with `alone`. */
  follow(signal: AbortSignal): Promise<Landing>
  followers(): number
  /** The one that began the call goes away. */
  leave(): void
  land(landing: Landing): void
}

export function openFlight(): Flight {
  const abort = new AbortController()
  const { promise, resolve } = Promise.withResolvers<Landing>()
  let followers = 0
  let isLed = true
  const endIfForsaken = (): void => {
    if (!isLed && followers === 0) abort.abort()
  }
  return {
    signal: abort.signal,
    async follow(signal) {
      followers += 1
      const gone = Promise.withResolvers<Landing>()
      const leave = (): void => gone.resolve('alone')
      signal.addEventListener('abort', leave, { once: true })
      if (signal.aborted) leave()
      try {
        return await Promise.race([promise, gone.promise])
      } finally {
        signal.removeEventListener('abort', leave)
        followers -= 1
        endIfForsaken()
      }
    },
    followers: () => followers,
    leave() {
      isLed = false
      endIfForsaken()
    },
    land: resolve,
  }
}
