/** Whether a request has been given up, and what ends it then. It changes as the request goes on. */
export interface Halt {
  reason: Error | undefined
  /** Ends what runs now; whoever waits gets `reason`. */
  run: (reason: Error) => void
}

/** A halt for one request, which `signal` brings about, and what `onBegin` is given. */
export function createHalt(
  signal: AbortSignal,
  onBegin: ((giveUp: (reason: Error) => void) => void) | undefined,
): Halt {
  const halt: Halt = { reason: undefined, run: nothing }
  const giveUp = (reason: Error): void => {
    if (halt.reason !== undefined) return
    halt.reason = reason
    halt.run(reason)
  }
  onBegin?.(giveUp)
  // A signal is of one call and goes with it.
  signal.addEventListener('abort', () => giveUp(signal.reason as Error), { once: true })
  return halt
}

/** What ends nothing, as nothing runs. */
export function nothing(): void {
  return undefined
}
