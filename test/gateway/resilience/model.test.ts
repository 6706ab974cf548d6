import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { json } from '../../helper/answer.ts'
import { createStage } from './stage.ts'

const BREAKER = { failures: 3, restMs: 1000, longestRestMs: 5000 }
const KEYS = ['key-zero-0000', 'key-one-11111']
const ONE_ATTEMPT = { attempts: 1, mostAttempts: 8, pauseMs: 1, longestPauseMs: 5, budgetMs: 60_000 }

/** What can happen. */
type Step =
  | { readonly type: 'ask'; readonly session: string }
  | { readonly type: 'pass'; readonly ms: number }
  /** From now on the provider answers so. */
  | { readonly type: 'model'; readonly fails: boolean }
  | { readonly type: 'key'; readonly key: number; readonly waitMs: number | undefined }

const session = fc.constantFrom('session-a', 'session-b', 'session-c')
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('ask' as const), session }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(10, 999, 1000, 2000, 5000) }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('model' as const), fails: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('key' as const),
        key: fc.constantFrom(0, 1),
        waitMs: fc.constantFrom(undefined, 1000, 3000),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
)

/** A circuit as its rules say it, and nothing of how it is built. */
interface Circuit {
  failures: number
  rests: number
  /** 0: closed. */
  until: number
}

const closed = (): Circuit => ({ failures: 0, rests: 0, until: 0 })

/** What must happen: who is asked with which key, and who answers. */
function createModel() {
  let now = 0
  let modelFails = false
  const waits: (number | undefined)[] = [undefined, undefined]
  let model = closed()
  const keys = [closed(), closed()]
  const seats = new Map<string, number>()
  const isOpen = ({ until }: Circuit): boolean => until > now

  const seat = (of: string, usable: readonly number[]): number => {
    const seated = seats.get(of)
    if (seated !== undefined && usable.includes(seated)) return seated
    seats.delete(of)
    const count = (key: number): number => [...seats.values()].filter((each) => each === key).length
    const key = usable.toSorted((one, other) => count(one) - count(other))[0] as number
    seats.set(of, key)
    return key
  }
  const fail = (circuit: Circuit): void => {
    circuit.failures += 1
    const isProbe = circuit.until !== 0
    if (!isProbe && circuit.failures < BREAKER.failures) return
    circuit.until = now + Math.min(BREAKER.restMs * 2 ** circuit.rests, BREAKER.longestRestMs)
    circuit.rests += 1
  }
  const ask = (of: string): { readonly asked: number[]; readonly by: string } => {
    const asked: number[] = []
    for (;;) {
      const usable = [0, 1].filter((key) => !isOpen(keys[key] as Circuit))
      if (isOpen(model) || usable.length === 0) return { asked, by: 'two' }
      const key = seat(of, usable)
      asked.push(key)
      const wait = waits[key]
      if (wait !== undefined) {
        keys[key] = { failures: 0, rests: 0, until: now + wait }
        continue
      }
      if (modelFails) {
        fail(model)
        return { asked, by: 'two' }
      }
      model = closed()
      keys[key] = closed()
      return { asked, by: 'one' }
    }
  }
  return {
    ask,
    now: () => now,
    apply(step: Exclude<Step, { type: 'ask' }>) {
      if (step.type === 'pass') now += step.ms
      else if (step.type === 'model') modelFails = step.fails
      else waits[step.key] = step.waitMs
    },
    answer: (key: number) => {
      const wait = waits[key]
      if (wait !== undefined) return json({ error: {} }, 429, { 'retry-after-ms': String(wait) })
      return modelFails ? json({ error: {} }, 500) : { text: 'Hello' }
    },
  }
}

test('pains #52: breakers, pauses and sessions do what their rules say, whatever happens in whichever order', async () => {
  const run = async (all: readonly Step[]): Promise<void> => {
    const model = createModel()
    const keyOf = (shown: string): number => KEYS.indexOf(shown)
    await using stage = await createStage(
      [
        {
          name: 'one',
          play: ({ headers }) => model.answer(keyOf(String(headers['authorization']).replace('Bearer ', ''))),
          row: { apiKey: KEYS[0] ?? '', apiKeys: KEYS, retry: ONE_ATTEMPT, breaker: BREAKER },
        },
        { name: 'two', play: () => ({ text: 'Hello' }) },
      ],
      // Not from 0: that is when nothing has happened yet.
      { ports: { now: () => 1_000_000 + model.now() } },
    )
    for (const step of all) {
      if (step.type !== 'ask') {
        model.apply(step)
        continue
      }
      const before = stage.keysShown('one').length
      const expected = model.ask(step.session)
      // oxlint-disable-next-line no-await-in-loop -- the order is what is tested
      const response = await stage.ask({}, { 'x-claude-code-session-id': step.session })
      const asked = stage.keysShown('one').slice(before).map(keyOf)
      const by = response.headers.get('x-ccr-model')?.split(',')[0] ?? ''
      expect({ status: response.status, asked, by }).toEqual({ status: 200, ...expected })
    }
  }
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 60 })
}, 60_000)

test('pains #52: closed, open, half-open, closed again, through the whole path', async () => {
  let now = 1_000_000
  let fails = true
  await using stage = await createStage(
    [
      {
        name: 'one',
        play: () => (fails ? json({ error: {} }, 500) : { text: 'Hello' }),
        row: { retry: ONE_ATTEMPT, breaker: BREAKER },
      },
      { name: 'two', play: () => ({ text: 'Hello' }) },
    ],
    { ports: { now: () => now } },
  )
  const asked = async (): Promise<number> => {
    const before = stage.asked()[0] ?? 0
    expect((await stage.ask()).status).toBe(200)
    return (stage.asked()[0] ?? 0) - before
  }
  const all: number[] = []
  const askTimes = async (times: number): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop
    for (let time = 0; time < times; time++) all.push(await asked())
  }
  await askTimes(5)
  now += 999
  await askTimes(1)
  now += 1
  await askTimes(2)
  now += 2000
  fails = false
  await askTimes(2)
  expect(all).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 1, 1])
  expect(
    stage.lines.filter(({ message }) => message.startsWith('one (one-model) is left alone for 1 s (server)')),
  ).toHaveLength(1)
})
