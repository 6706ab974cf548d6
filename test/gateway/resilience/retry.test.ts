import { describe, expect, test } from 'bun:test'
import { ERROR_POLICIES, ModelError, type ErrorKind } from '../../../src/canonical/error.ts'
import { pauseBeforeRetry, type Situation } from '../../../src/gateway/retry/policy.ts'
import { DEFAULT_RETRY } from '../../../src/provider/resilience.ts'

const POLICY = { ...DEFAULT_RETRY, pauseMs: 100, longestPauseMs: 3000, budgetMs: 60_000 }
const FIRST: Situation = {
  attempts: 1,
  allAttempts: 1,
  elapsedMs: 0,
  isAlone: true,
  isRepeated: false,
  hasOtherKey: false,
}
const failed = (kind: ErrorKind, details = {}): ModelError => new ModelError('failed', { kind, ...details })
const pauseOf = (error: ModelError, situation: Partial<Situation> = {}, random = 1): number | undefined =>
  pauseBeforeRetry(error, { ...FIRST, ...situation }, POLICY, random)

describe('the pause before a retry', () => {
  test('doubles, and lies at random between its half and its whole', () => {
    const pauses = [1, 2].flatMap((attempts) =>
      [0, 0.5, 1].map((random) => pauseOf(failed('server'), { attempts }, random)),
    )
    expect(pauses).toEqual([50, 75, 100, 100, 150, 200])
  })

  test('is as long as the provider says, and not waited for where that is too long', () => {
    expect(pauseOf(failed('overload', { retryAfterMs: 2000 }))).toBe(2000)
    expect(pauseOf(failed('overload', { retryAfterMs: 3001 }))).toBeUndefined()
    expect(pauseOf(failed('overload', { retryAfterMs: 1001 }), { isAlone: false })).toBeUndefined()
  })

  test('never ends after the budget of the call', () => {
    expect(pauseOf(failed('server'), { elapsedMs: 59_899 })).toBe(100)
    expect(pauseOf(failed('server'), { elapsedMs: 59_900 })).toBeUndefined()
  })

  test.each<[what: string, situation: Partial<Situation>]>([
    ['of this target', { attempts: 3, allAttempts: 3 }],
    ['of this target, where others wait', { attempts: 2, allAttempts: 2, isAlone: false }],
    ['of the call', { allAttempts: 8 }],
    ['of the client, which repeats by itself', { isRepeated: true }],
  ])('there is none after the last attempt %s', (_, situation) => {
    expect(pauseOf(failed('server'), situation)).toBeUndefined()
  })

  test('there is none where the provider says that it is in vain', () => {
    expect(pauseOf(failed('server', { shouldRetry: false }))).toBeUndefined()
    expect(pauseOf(failed('network', { isLasting: true }))).toBeUndefined()
  })

  test.each<[kind: ErrorKind]>((Object.keys(ERROR_POLICIES) as ErrorKind[]).map((kind) => [kind]))(
    '%s: with another key at once only where the key is to blame',
    (kind) => {
      const isKeys = ['auth', 'payment', 'permission', 'rate-limit', 'quota'].includes(kind)
      expect(pauseOf(failed(kind, { retryAfterMs: 30_000 }), { hasOtherKey: true })).toBe(isKeys ? 0 : undefined)
    },
  )

  test.each<[kind: ErrorKind, alone: boolean, others: boolean]>([
    ['rate-limit', true, false],
    ['timeout', true, false],
    ['overload', true, true],
    ['network', true, true],
    ['cut-stream', true, true],
    ['auth', false, false],
    ['bad-request', false, false],
    ['context-overflow', false, false],
    ['empty-answer', false, false],
    ['aborted', false, false],
  ])('%s is repeated alone: %p, beside others: %p', (kind, alone, others) => {
    expect(pauseOf(failed(kind)) !== undefined).toBe(alone)
    expect(pauseOf(failed(kind), { isAlone: false }) !== undefined).toBe(others)
  })
})
