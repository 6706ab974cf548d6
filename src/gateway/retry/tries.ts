import { ERROR_POLICIES, ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import { DEFAULT_RETRY, type RetryPolicy } from '../../provider/resilience.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Call } from '../call.ts'
import { showsBrought } from '../credential.ts'
import type { CircuitBoard, Condition, Lease } from '../health/health.ts'
import type { KeyRing } from '../health/key-ring.ts'
import { forgetSince, markTrace, type Mark } from '../mark-trace.ts'
import type { Place } from '../place.ts'
import { markOfKey } from '../responses/keeper.ts'
import { isWorthWaiting, pauseBeforeRetry, type Situation } from './policy.ts'
import { describeRest, nameOfKey, restingError } from './words.ts'

/** What attempts are made with. */
export interface TryParts {
  readonly board: CircuitBoard
  readonly ring: KeyRing
  readonly ports: Pick<Ports, 'now' | 'sleep' | 'random' | 'log'>
}

/** What all attempts at one place have in common. */
export interface Desk extends TryParts {
  readonly target: RouteTarget
  readonly provider: Provider
  readonly keys: readonly string[]
  readonly policy: RetryPolicy
}

/** The attempts of one call at one target. */
export interface Tries {
  readonly call: Call
  readonly desk: Desk
  readonly policy: RetryPolicy
  /** The place of the key that alone can be shown: it keeps what the request goes on from. -1: each can. */
  readonly keeper: number
  /** What the client brings is shown in place of the provider's own keys, whose health it says nothing of. */
  readonly brings: boolean
  /** How many there were. */
  attempts: number
}

/** One attempt; it ends with `answered` or `failed`. */
export interface Try {
  /** The call as it is to be made. */
  readonly call: Call
  readonly lease: Lease
  /** What the trace held before it. */
  readonly mark: Mark
}

export function openDesk({ provider, target }: Place, parts: TryParts): Desk {
  return { ...parts, target, provider, keys: keysOf(provider), policy: provider.retry ?? ONE_ATTEMPT }
}

export function openTries(call: Call, desk: Desk): Tries {
  const { keys, policy: own, provider } = desk
  const { keeper, care, credential } = call
  return {
    call,
    desk,
    policy: care?.retry ? { ...own, ...care.retry } : own,
    keeper: keeper?.key === undefined ? -1 : keys.findIndex((key) => markOfKey(key) === keeper.key),
    brings: showsBrought(provider, credential),
    attempts: 0,
  }
}

/** The place of the key that the next attempt is made with. */
export function keyFor({ call, desk, brings, keeper }: Tries): number | undefined {
  if (brings) return undefined
  return keeper < 0 ? desk.ring.take(desk.target, call.trace.session) : keeper
}

/** Begins an attempt, whose time has come. */
export function beginTry(tries: Tries, key: number | undefined): Try {
  const { call, desk } = tries
  const { target, provider, keys, board } = desk
  const mark = markTrace(call.trace)
  const lease = board.begin(target, key)
  tries.attempts += 1
  const asked = { ...call, isFinal: (error: ModelError) => isFinal(tries, key, error) }
  if (key === undefined || keys.length < 2) return { call: asked, lease, mark }
  const shown = keys[key] ?? ''
  call.trace.key = markOfKey(shown)
  return { call: { ...asked, key: { provider: provider.name, show: () => shown } }, lease, mark }
}

/** Whether nobody is asked after this failure. */
function isFinal(tries: Tries, key: number | undefined, error: ModelError): boolean {
  return (
    tries.call.isAlone !== false &&
    ERROR_POLICIES[error.kind].elsewhere !== 'larger-window' &&
    pauseBeforeRetry(error, situationOf(tries, key), tries.policy, 0) === undefined
  )
}

/** The attempt's answer has begun; whether it was whole is known only at its end. */
export function answered(tries: Tries, attempt: Try): void {
  const { trace } = tries.call
  const { board } = tries.desk
  note(tries, attempt)
  board.begun(attempt.lease)
  trace.atEnd.push(() => {
    const failure = trace.broken ?? trace.failure
    if (failure) blame(tries, attempt, failure)
    else board.succeed(attempt.lease)
  })
}

/** Gives the pause before the next attempt; nothing where there is none. */
export function failed(tries: Tries, attempt: Try, cause: unknown): number | undefined {
  const { call, policy, desk } = tries
  const { lease, mark } = attempt
  if (!(cause instanceof ModelError)) {
    desk.board.leave(lease)
    return undefined
  }
  note(tries, attempt, cause)
  if (cause.kind === 'aborted') desk.board.leave(lease)
  else blame(tries, attempt, cause)
  if (call.signal.aborted) return undefined
  const pause = pauseBeforeRetry(cause, situationOf(tries, lease.key), policy, desk.ports.random())
  if (pause !== undefined) forgetSince(mark, call.trace)
  return pause
}

/** Of target and key together, only what forbids a call. */
export function restOf({ desk: { board, target } }: Tries, key: number | undefined): Condition | undefined {
  if (board.isQuiet(target)) return undefined
  const whole = board.conditionOf(target)
  const own = key === undefined ? undefined : board.conditionOfKey(target, key)
  if (!own?.isTold) return whole.isTold ? whole : undefined
  return whole.isTold && whole.readyAt >= own.readyAt ? whole : own
}

/** What the provider itself has asked for is kept to; a rest that we have guessed does not hinder who has no other choice. */
export async function waitWhileResting(tries: Tries, rest: Condition): Promise<void> {
  const { call, policy, desk } = tries
  const { ports, target } = desk
  const now = ports.now()
  const pause = Math.max(0, rest.readyAt - now)
  if (policy.attempts < 2 || call.isRepeated || !isWorthWaiting(pause, situationOf(tries, undefined), policy))
    throw restingError(target, rest, now)
  await ports.sleep(pause, call.signal)
  if (call.signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...target })
}

/** For providers whose config says nothing of retries: only other keys are tried. */
const ONE_ATTEMPT: RetryPolicy = { ...DEFAULT_RETRY, attempts: 1 }

function situationOf(tries: Tries, key: number | undefined): Situation {
  const { call, attempts, desk } = tries
  return {
    attempts,
    allAttempts: call.trace.attempts.length,
    elapsedMs: desk.ports.now() - call.trace.startedAt,
    isAlone: call.isAlone !== false,
    isRepeated: call.isRepeated === true,
    hasOtherKey: hasOtherThan(tries, key),
  }
}

function hasOtherThan({ desk, keeper, brings }: Tries, key: number | undefined): boolean {
  const { target, keys, board } = desk
  if (brings || keeper >= 0) return false
  return keys.some((_, other) => other !== key && board.conditionOfKey(target, other).state !== 'open')
}

/** Notes how an attempt went, for the call's record and for the log. */
function note({ call, desk }: Tries, { lease: { key, startedAt } }: Try, error?: ModelError): void {
  const { trace } = call
  const { target, ports } = desk
  const label = labelOf(desk, key)
  const attempt = {
    provider: target.provider,
    model: target.model,
    durationMs: ports.now() - startedAt,
    ...(label !== undefined && { key: label }),
    ...(error && { error: error.kind, status: error.status, ...(trace.usage && { usage: trace.usage }) }),
  }
  trace.attempts.push(attempt)
  if (ports.log.isOn?.('debug') !== false)
    ports.log('debug', 'attempt', { call: call.id, ...attempt, ...(error && { why: error.message }) })
}

/** Notes a failure for health. */
function blame({ call, desk }: Tries, { lease }: Try, error: ModelError): void {
  const { target, board, ports } = desk
  const rested = board.fail(lease, error)
  if (!rested) return
  const words = describeRest(rested, target, labelOf(desk, lease.key), error.kind, ports.now())
  ports.log('warn', words, { call: call.id, error: error.message })
  call.trace.warnings = [...call.trace.warnings, words]
}

function labelOf({ keys }: Desk, key: number | undefined): string | undefined {
  return keys.length > 1 && key !== undefined ? nameOfKey(keys[key] ?? '') : undefined
}
