import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Answer, Call } from '../call.ts'
import { adopt, adoptAttempts, ownTrace } from '../own-trace.ts'
import type { Failure } from './chain.ts'

/** Asks one target, under a signal and with a trace of its own. */
export type AskOne = (call: Call, target: RouteTarget) => Promise<Answer>

/** How all have failed. */
export interface Lost {
  readonly failures: readonly Failure[]
}

interface Runner {
  readonly target: RouteTarget
  readonly call: Call
  readonly abort: AbortController
  readonly startedAt: number
  hasFailed: boolean
}

/**
 * Asks `first`, and `second` besides if the answer has not begun after `afterMs`. The one whose answer begins first wins;
 * the other call is ended. Rejects only with what is no `ModelError`.
 */
export async function race(
  call: Call,
  [first, second]: readonly [RouteTarget, RouteTarget],
  afterMs: number,
  ask: AskOne,
  ports: Pick<Ports, 'after' | 'log' | 'now'>,
): Promise<Answer | Lost> {
  const runners: Runner[] = []
  const failures: Failure[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Answer | Lost>()
  let isOver = false
  let stop = (): void => undefined

  const known = call.trace.attempts.length
  const end = (winner: Runner | undefined, raced: Answer | Lost): void => {
    isOver = true
    stop()
    for (const runner of runners) {
      const { target, startedAt, hasFailed } = runner
      adoptAttempts(call.trace, runner.call.trace, known)
      if (runner === winner || hasFailed) continue
      // Its own note would come too late for the record of a short call.
      const { usage } = runner.call.trace
      const durationMs = ports.now() - startedAt
      call.trace.attempts.push({ ...target, durationMs, error: 'aborted', ...(usage && { usage }) })
      runner.abort.abort()
    }
    resolve(raced)
  }
  const won = (runner: Runner, answer: Answer): void => {
    if (isOver) return letGo(answer)
    adopt(call.trace, runner.call.trace)
    end(runner, answer)
  }
  const lost = (runner: Runner, cause: unknown): void => {
    if (isOver) return
    if (!(cause instanceof ModelError)) {
      isOver = true
      stop()
      return reject(cause)
    }
    runner.hasFailed = true
    failures.push({ target: runner.target, error: cause })
    if (failures.length === runners.length) end(undefined, { failures })
  }
  const start = (target: RouteTarget, reason?: string): void => {
    const abort = new AbortController()
    const trace = ownTrace(call.trace)
    if (reason !== undefined) Object.assign(trace, { target, fallback: true, reason })
    const own = { ...call, trace, signal: AbortSignal.any([call.signal, abort.signal]) }
    const runner = { target, call: own, abort, startedAt: ports.now(), hasFailed: false }
    runners.push(runner)
    ask(own, target).then(
      (answer) => won(runner, answer),
      (cause: unknown) => lost(runner, cause),
    )
  }
  const startSecond = (): void => {
    stop()
    if (isOver || runners.length > 1) return
    ports.log('debug', 'hedged', { call: call.id, ...second, afterMs })
    start(second, `${call.trace.reason ?? 'chosen'}; but ${first.provider},${first.model} was not the first to answer`)
  }
  start(first)
  stop = ports.after(afterMs, startSecond)
  return promise
}

function letGo({ body }: Answer): void {
  if (typeof body !== 'string') body.cancel()
}
