import type { Router } from './router.ts'

/** The end of a service, by signal or by `ccr stop`. */
export interface Ending {
  /** The exit code, when the router has stopped. */
  readonly ended: Promise<number>
  /** Stops the router: now, or when the running calls have ended. */
  stop(isNow: boolean): void
  /** Obeys SIGINT and SIGTERM from now on; gives what undoes that. The second one cuts the calls, the third ends at once. */
  listen(): () => void
}

/** `router` is asked for when it stops, and `drainMs` for how long its calls may go on then; `begin` hears how long before. */
export function createEnding(router: () => Router, drainMs: () => number, begin: (drainMs: number) => void): Ending {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let isStopping = false
  let code = 0
  const stop = (isNow: boolean): void => {
    if (isStopping && !isNow) return
    const graceMs = isNow ? 0 : drainMs()
    if (!isStopping) begin(graceMs)
    isStopping = true
    router()
      .stop(graceMs)
      .then(() => resolve(code), reject)
  }
  const onSignal = (): void => {
    if (code === 1) return resolve(code)
    if (isStopping) {
      code = 1
      return stop(true)
    }
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
