import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Provider } from '../../provider/provider.ts'
import { DEFAULT_RETRY } from '../../provider/resilience.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import { markTrace } from '../mark-trace.ts'
import type { Answer, Call, Handler, Middleware } from '../call.ts'
import { showsBrought } from '../credential.ts'
import type { CircuitBoard } from '../health/health.ts'
import { toldOf, type Chain, type Failure } from '../retry/chain.ts'
import { race, type Raced } from '../retry/hedge.ts'
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
  const repeats = createRepeats(parts.ports.now)
  return async (call, next) => {
    if (!call.target) return next(call)
    const isRepeated = repeats.isRepeated(call)
    try {
      return await goThrough(isRepeated ? { ...call, isRepeated } : call, call.target, next, parts)
    } catch (cause) {
      if (cause instanceof ModelError && cause.kind !== 'aborted') repeats.failed(call)
      throw cause
    }
  }
}

async function goThrough(call: Call, first: RouteTarget, next: Handler, parts: FallbackParts): Promise<Answer> {
  const { board, chain, ports } = parts
  const failures: Failure[] = []
  let left: readonly RouteTarget[] = call.fallbacks ? [first, ...call.fallbacks] : [first]
  for (;;) {
    const target = nextOf(left, board)
    const forget = markTrace(call.trace)
    if (target !== first) noteFallback(call, first, target, failures, parts)
    // Those that rest are passed over, not forgotten: there may be nobody else in the end.
    left = left.filter((each) => each !== target)
    const others = left.filter((each) => board.state(each) !== 'open')
    // oxlint-disable-next-line no-await-in-loop -- one target after the other
    const raced = await ask(call, [target, ...others], failures.length === 0, next, parts)
    if ('answer' in raced) return raced.answer
    failures.push(...raced.failures)
    const failure = raced.failures.find((each) => each.target === target) ?? raced.failures[0]
    if (!failure) throw new Error('a target has neither answered nor failed')
    left = isFinal(failure, call, parts)
      ? []
      : nextAfter(failure, left, call, chain).filter((each) => isNew(each, failures))
    if (left.length === 0) throw toldOf(failures)
    forget()
    const { message } = failure.error
    ports.log('warn', `${message}: asking ${nameOfTarget(nextOf(left, board))} instead`, { call: call.id })
    call.trace.warnings = [...call.trace.warnings, message]
  }
}

/** Asks the first of `targets`; the second besides if that is slow, and calls are hedged. */
async function ask(
  call: Call,
  [target, rival]: readonly RouteTarget[],
  mayHedge: boolean,
  next: Handler,
  { ports, ...parts }: FallbackParts,
): Promise<Raced> {
  if (!target) throw new Error('a chain of targets ended without an answer or an error')
  const hedgeAfterMs = call.care?.hedgeAfterMs ?? parts.hedgeAfterMs
  if (rival && mayHedge && hedgeAfterMs !== undefined) {
    const askOne = (own: Call, one: RouteTarget) => next({ ...own, target: one, isAlone: false })
    return race(call, [target, rival], hedgeAfterMs, askOne, ports)
  }
  try {
    return { answer: await next({ ...call, target, isAlone: !rival }) }
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause
    return { failures: [{ target, error: cause }] }
  }
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
  { isConfined = false }: Call,
  chain: Chain,
): readonly RouteTarget[] {
  const names = new Set(left.map(nameOfTarget))
  return chain.after(failure, left).filter((each) => !isConfined || names.has(nameOfTarget(each)))
}

function isNew(target: RouteTarget, failures: readonly Failure[]): boolean {
  return !failures.some((failure) => nameOfTarget(failure.target) === nameOfTarget(target))
}
