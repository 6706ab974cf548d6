import type { Router } from './router.ts'

/** How long calls that run when the router is stopped may go on. */
const DRAIN_MS = 30_000

/** The end of a service, by signal or by `ccr stop`. */
export interface Ending {
  /** The exit code, when the router has stopped. */
  readonly ended: Promise<number>
  /** Stops the router: now, or when the running calls have ended. */
  stop(isNow: boolean): void
  /** Obeys SIGINT and SIGTERM from now on; gives what undoes that. The second one ends at once. */
  listen(): () => void
}

/** `router` is asked for when it stops. */
export function createEnding(router: () => Router): Ending {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let isStopping = false
  const stop = (isNow: boolean): void => {
    if (isStopping && !isNow) return
    isStopping = true
    router()
      .stop(isNow ? 0 : DRAIN_MS)
      .then(() => resolve(0), reject)
  }
  const onSignal = (): void => {
    if (isStopping) return resolve(1)
    console.error('ccr: stopping when the running calls have ended; the same signal again stops at once')
    stop(false)
  }
  return {
    ended: promise,
    stop,
    listen() {
      for (const signal of signals) process.on(signal, onSignal)
      return () => signals.forEach((signal) => process.off(signal, onSignal))
    },
  }
}

// Not SIGHUP: a handler would undo `nohup`.
const signals = ['SIGINT', 'SIGTERM'] as const
