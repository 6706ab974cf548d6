import { createTrace, type Trace } from './call.ts'

/** A trace for one of several ways to an answer. What it learns reaches `main` by `adopt` and `adoptAttempts`. */
export function ownTrace(main: Trace): Trace {
  const { session, route, target, reason } = main
  return {
    ...createTrace(main.startedAt),
    attempts: [...main.attempts],
    // Whoever wins: what was taken was taken.
    further: main.further,
    ...(session !== undefined && { session }),
    ...(route !== undefined && { route }),
    ...(target && { target }),
    ...(reason !== undefined && { reason }),
  }
}

/** The attempts that `own` has noted beyond those that `main` knows. */
export function adoptAttempts(main: Trace, own: Trace, known: number): void {
  main.attempts.push(...own.attempts.slice(known))
}

/** What `own` knows is what `main` knows, now and when the call ends. */
export function adopt(main: Trace, own: Trace): void {
  const warnings = main.warnings
  const copy = (): void => {
    const { startedAt: _startedAt, attempts: _attempts, atEnd: _atEnd, signatures, ...known } = own
    Object.assign(main, known, { warnings: [...new Set([...warnings, ...own.warnings])] })
    main.signatures.splice(0, main.signatures.length, ...signatures)
  }
  copy()
  // Before those that were there already, which read what is copied.
  main.atEnd.unshift(copy)
  main.atEnd.push(() => own.atEnd.forEach((run) => run()))
}
