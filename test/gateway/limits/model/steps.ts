import fc from 'fast-check'
import type { Ending } from './world.ts'

/** Whose key is shown; the stranger's may not ask for this provider at all. */
export type Who = 'a' | 'b' | 'stranger'

/** What can happen. */
export type Step =
  | { readonly type: 'ask'; readonly who: Who; readonly output: number; readonly isStream: boolean }
  /** A question that comes again, whole, and is answered at once if it is let in. */
  | { readonly type: 'repeat'; readonly who: 'a' | 'b'; readonly question: number }
  | { readonly type: 'end'; readonly which: number; readonly ending: Ending }
  | { readonly type: 'abort'; readonly which: number; readonly isLate: boolean }
  | { readonly type: 'pass'; readonly ms: number }
  /** Who was refused last comes back when it was told to. */
  | { readonly type: 'return' }

const ending: fc.Arbitrary<Ending> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      input: fc.integer({ min: 1, max: 400 }),
      // More than was held for it at times.
      output: fc.integer({ min: 1, max: 1200 }),
    }),
  },
  fc.record({ type: fc.constant('status' as const), status: fc.constantFrom(400, 500) }),
  fc.record({ type: fc.constant('cut' as const) }),
)
const which = fc.nat({ max: 5 })
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant('ask' as const),
        who: fc.constantFrom<Who>('a', 'a', 'a', 'b', 'b', 'b', 'stranger'),
        output: fc.constantFrom(50, 300, 800),
        isStream: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('repeat' as const),
        who: fc.constantFrom<'a' | 'b'>('a', 'b'),
        question: fc.constantFrom(0, 1),
      }),
    },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('end' as const), which, ending }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('abort' as const), which, isLate: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('pass' as const),
        ms: fc.constantFrom(10, 5099, 5100, 20_000, 61_000, 1_000_000),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('return' as const) }) },
  ),
  { minLength: 10, maxLength: 60 },
)
