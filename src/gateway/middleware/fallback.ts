import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Provider } from '../../provider/provider.ts'
import { DEFAULT_RETRY } from '../../provider/resilience.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import { forgetSince, markTrace } from '../mark-trace.ts'
import type { Answer, Call, Handler, Middleware } from '../call.ts'
import { showsBrought } from '../credential.ts'
import type { CircuitBoard } from '../health/health.ts'
import { toldOf, type Chain, type Failure } from '../retry/chain.ts'
import { race, type Lost } from '../retry/hedge.ts'
import { createRepeats } from '../retry/repeats.ts'
import { spellMs } from '../retry/words.ts'

/** What a chain of targets is gone through with. */
export interface FallbackParts {
  readonly providers: readonly Provider[]
  readonly board: CircuitBoard
  readonly chain: Chain
  readonly ports: Pick<Ports, 'now' | 'log' | 'after'>
  /** After so much silence a second target is asked besides the first. Absent: never. */
  readonly hedgeAfterMs?: number | undefined
}

/**
 * Asks the call's target and, if it fails, those after it, until one answers; the client sees nothing of it but who has
 * answered. Who is left alone is passed over, unless there is nobody else.
 */
export function createFallback(parts: FallbackParts): Middleware {
  const { board, chain, ports } = parts
  const repeats = createRepeats(ports.now)
  return async (told, next) => {
    const { target: first, fallbacks } = told
    if (!first) return next(told)
    const call = repeats.isRepeated(told) ? { ...told, isRepeated: true } : told
    const failures: Failure[] = []
    let left: readonly RouteTarget[] = fallbacks ? [first, ...fallbacks] : [first]
    for (;;) {
      const target = nextOf(left, board)
      const mark = markTrace(call.trace)
      if (target !== first) noteFallback(call, first, target, failures, parts)
      // Those that rest are passed over, not forgotten: there may be nobody else in the end.
      left = left.length === 1 ? NOBODY : left.filter((each) => each !== target)
      const rival = left.find((each) => board.state(each) !== 'open')
      let failed: readonly Failure[]
      try {
        // oxlint-disable-next-line no-await-in-loop -- one target after the other
        const raced = await ask(call, target, rival, failures.length === 0, next, parts)
        if (!('failures' in raced)) return raced
        failed = raced.failures
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        failed = [{ target, error: cause }]
      }
      failures.push(...failed)
      const failure = failed.find((each) => each.target === target) ?? failed[0]
      if (!failure) throw new Error('a target has neither answered nor failed')
      left = isFinal(failure, call, parts) ? NOBODY : nextAfter(failure, left, failures, call, chain)
      if (left.length === 0) {
        const error = toldOf(failures)
        if (error?.kind !== 'aborted') repeats.failed(call)
        throw error
      }
      forgetSince(mark, call.trace)
      const { message } = failure.error
      ports.log('warn', `${message}: asking ${nameOfTarget(nextOf(left, board))} instead`, { call: call.id })
      call.trace.warnings = [...call.trace.warnings, message]
    }
  }
}

const NOBODY: readonly RouteTarget[] = []

/** Asks `target`; `rival` besides if that is slow, and calls are hedged. */
function ask(
  call: Call,
  target: RouteTarget,
  rival: RouteTarget | undefined,
  mayHedge: boolean,
  next: Handler,
  { ports, hedgeAfterMs }: FallbackParts,
): Promise<Answer | Lost> {
  // Nearly every call asks the one that was chosen, and nobody else could be asked.
  if (!rival) return next(target === call.target ? call : { ...call, target })
  const afterMs = call.care?.hedgeAfterMs ?? hedgeAfterMs
  if (!mayHedge || afterMs === undefined) return next({ ...call, target, isAlone: false })
  const askOne = (own: Call, one: RouteTarget) => next({ ...own, target: one, isAlone: false })
  return race(call, [target, rival], afterMs, askOne, ports)
}

/** The first that is not left alone; else the one of which the least is known, and then who is ready soonest. */
function nextOf(left: readonly RouteTarget[], board: CircuitBoard): RouteTarget {
  const [only] = left
  if (only && left.length === 1) return only
  const healthy = left.find((target) => board.state(target) !== 'open')
  const rank = (target: RouteTarget): number => {
    const { isTold, readyAt } = board.whole(target)
    return isTold ? readyAt : 0
  }
  return healthy ?? left.reduce((best, each) => (rank(each) < rank(best) ? each : best))
}

function noteFallback(
  { trace }: Call,
  first: RouteTarget,
  target: RouteTarget,
  failures: readonly Failure[],
  { board, ports }: FallbackParts,
): void {
  trace.target = target
  trace.fallback = true
  const failed = failures.find((failure) => failure.target === first)
  const { readyAt, why } = board.whole(first)
  const reason = failed
    ? `${nameOfTarget(first)} failed (${failed.error.kind})`
    : `${nameOfTarget(first)} is left alone for another ${spellMs(readyAt - ports.now())} (${why})`
  trace.reason = `${trace.reason ?? 'chosen'}; but ${reason}`
  if (!failed) trace.warnings = [...trace.warnings, reason]
}

/** Whether nobody else shall be asked after a failure. */
function isFinal({ target, error }: Failure, { trace, signal, credential, care }: Call, parts: FallbackParts): boolean {
  const provider = parts.providers.find(({ name }) => name === target.provider)
  const { mostAttempts, budgetMs } = { ...(provider?.retry ?? DEFAULT_RETRY), ...care?.retry }
  // A client whose own login has run out gets a new one when it is told.
  const isClients = error.kind === 'auth' && provider !== undefined && showsBrought(provider, credential)
  const isOver = trace.attempts.length >= mostAttempts || parts.ports.now() - trace.startedAt >= budgetMs
  return isClients || isOver || signal.aborted
}

/** What the chain knows besides is not for a call that is confined to its own targets. */
function nextAfter(
  failure: Failure,
  left: readonly RouteTarget[],
  failures: readonly Failure[],
  { isConfined = false }: Call,
  chain: Chain,
): readonly RouteTarget[] {
  const own = new Set(left.map(nameOfTarget))
  const failed = new Set(failures.map(({ target }) => nameOfTarget(target)))
  return chain
    .after(failure, left)
    .filter((each) => !failed.has(nameOfTarget(each)) && (!isConfined || own.has(nameOfTarget(each))))
}
