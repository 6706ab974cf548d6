import { ERROR_POLICIES, ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import { DEFAULT_RETRY, type RetryPolicy } from '../../provider/resilience.ts'
import type { RouteTarget } from '../../router/route.ts'
import { markTrace } from '../mark-trace.ts'
import type { Answer, Call, ProviderKey } from '../call.ts'
import { showsBrought } from '../credential.ts'
import type { CircuitBoard, Condition, Lease } from '../health/health.ts'
import type { KeyRing } from '../health/key-ring.ts'
import { markOfKey } from '../responses/keeper.ts'
import { isWorthWaiting, pauseBeforeRetry, type Situation } from './policy.ts'
import { describeRest, nameOfKey, restingError } from './words.ts'

/** What attempts are made with. */
export interface TryParts {
  readonly board: CircuitBoard
  readonly ring: KeyRing
  readonly ports: Pick<Ports, 'now' | 'sleep' | 'random' | 'log'>
}

/** The attempts of one call at one target. */
export interface Tries {
  /** The next attempt, when its time has come. Rejects where the provider wants to be left alone for too long. */
  begin(): Promise<Try>
}

/** One attempt; it ends with one of the two. */
export interface Try {
  /** The call as it is to be made. */
  readonly call: Call
  answered(answer: Answer): Answer
  /** Gives the pause before the next attempt; absent: there is none. */
  failed(cause: unknown): number | undefined
}

export function openTries(call: Call, target: RouteTarget, provider: Provider, parts: TryParts): Tries {
  const { board, ring, ports } = parts
  const { trace } = call
  const own = provider.retry ?? ONE_ATTEMPT
  const policy = call.care?.retry ? { ...own, ...call.care.retry } : own
  const keys = keysOf(provider)
  // What the client brings is shown in place of the provider's own keys, whose health it says nothing of.
  const brings = showsBrought(provider, call.credential)
  let attempts = 0

  const situation = (hasOtherKey: boolean): Situation => ({
    attempts,
    allAttempts: trace.attempts.length,
    elapsedMs: ports.now() - trace.startedAt,
    isAlone: call.isAlone !== false,
    isRepeated: call.isRepeated === true,
    hasOtherKey,
  })
  // Nobody but the key that keeps what the request goes on from can answer it.
  const keeper = call.keeper?.key === undefined ? -1 : keys.findIndex((key) => markOfKey(key) === call.keeper?.key)
  const hasOtherThan = (key: number | undefined): boolean =>
    !brings &&
    keeper < 0 &&
    keys.some((_, other) => other !== key && board.conditionOfKey(target, other).state !== 'open')
  const withKey = (asked: Call, key: number | undefined): Call =>
    key === undefined || keys.length < 2 ? asked : { ...asked, key: keyOf(provider, keys[key] ?? '') }
  const takeKey = (): number | undefined => {
    if (brings) return undefined
    return keeper < 0 ? ring.take(target, trace.session) : keeper
  }

  return {
    async begin() {
      const first = takeKey()
      const rest = restOf(board, target, first)
      const waited = rest && (await waitWhileResting(call, rest, situation(false), policy, target, ports))
      const key = waited ? takeKey() : first
      const forget = markTrace(trace)
      const end = record(call, target, board.begin(target, key), keys, key, ports)
      attempts += 1
      if (key !== undefined && keys.length > 1) trace.key = markOfKey(keys[key] ?? '')
      return {
        call: withKey(
          {
            ...call,
            isFinal: (error) =>
              call.isAlone !== false &&
              ERROR_POLICIES[error.kind].elsewhere !== 'larger-window' &&
              pauseBeforeRetry(error, situation(hasOtherThan(key)), policy, 0) === undefined,
          },
          key,
        ),
        answered(answer) {
          end.answered()
          return answer
        },
        failed(cause) {
          end.failed(cause)
          if (!(cause instanceof ModelError) || call.signal.aborted) return undefined
          const pause = pauseBeforeRetry(cause, situation(hasOtherThan(key)), policy, ports.random())
          if (pause !== undefined) forget()
          return pause
        },
      }
    },
  }
}

/** For providers whose config says nothing of retries: only other keys are tried. */
const ONE_ATTEMPT: RetryPolicy = { ...DEFAULT_RETRY, attempts: 1 }

function keyOf({ name }: Provider, key: string): ProviderKey {
  return { provider: name, show: () => key }
}

/** Of target and key together, only what forbids a call. */
function restOf(board: CircuitBoard, target: RouteTarget, key: number | undefined): Condition | undefined {
  const whole = board.conditionOf(target)
  const own = key === undefined ? undefined : board.conditionOfKey(target, key)
  if (!own?.isTold) return whole.isTold ? whole : undefined
  return whole.isTold && whole.readyAt >= own.readyAt ? whole : own
}

/** What the provider itself has asked for is kept to; a rest that we have guessed does not hinder who has no other choice. Gives whether it took time. */
async function waitWhileResting(
  { signal }: Call,
  rest: Condition,
  situation: Situation,
  policy: RetryPolicy,
  target: RouteTarget,
  ports: TryParts['ports'],
): Promise<boolean> {
  const now = ports.now()
  const pause = Math.max(0, rest.readyAt - now)
  if (policy.attempts < 2 || situation.isRepeated || !isWorthWaiting(pause, situation, policy))
    throw restingError(target, rest, now)
  await ports.sleep(pause, signal)
  if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...target })
  return true
}

/** Notes how an attempt goes: for health, for the call's record and, a line each, for the log. */
function record(
  { id, trace }: Call,
  target: RouteTarget,
  lease: Lease,
  keys: readonly string[],
  key: number | undefined,
  ports: TryParts['ports'],
) {
  const startedAt = ports.now()
  const label = keys.length > 1 && key !== undefined ? nameOfKey(keys[key] ?? '') : undefined
  const note = (error?: ModelError): void => {
    const attempt = {
      ...target,
      durationMs: ports.now() - startedAt,
      ...(label !== undefined && { key: label }),
      ...(error && { error: error.kind, status: error.status, ...(trace.usage && { usage: trace.usage }) }),
    }
    trace.attempts.push(attempt)
    if (ports.log.isOn?.('debug') === false) return
    ports.log('debug', 'attempt', { call: id, ...attempt, ...(error && { why: error.message }) })
  }
  const fail = (error: ModelError): void => {
    const rested = lease.fail(error)
    if (!rested) return
    const words = describeRest(rested, target, label, error.kind, ports.now())
    ports.log('warn', words, { call: id, error: error.message })
    trace.warnings = [...trace.warnings, words]
  }
  return {
    answered() {
      note()
      lease.begun()
      // Whether the answer was whole is known only at its end.
      trace.atEnd.push(() => {
        const failure = trace.broken ?? trace.failure
        if (failure) fail(failure)
        else lease.succeed()
      })
    },
    failed(cause: unknown) {
      if (!(cause instanceof ModelError)) return lease.leave()
      note(cause)
      if (cause.kind === 'aborted') lease.leave()
      else fail(cause)
    },
  }
}
