import { describe, expect, test } from 'bun:test'
import { nextState } from '../../src/router/long-context.ts'
import { learnInput, type SessionState } from '../../src/router/session.ts'
import { selectFor, target } from './request.ts'

const threshold = 60_000

test.each([
  ['at the threshold', 60_000, undefined, false],
  ['one above', 60_001, undefined, true],
  ['one below', 59_999, undefined, false],
  ['long, and back at the threshold', 60_000, 60_001, true],
  ['long, and at four fifths', 48_000, 60_000, true],
  ['long, and one below four fifths', 47_999, 60_000, false],
  ['long from far above, and shrunk to above four fifths of the threshold', 48_000, 200_000, true],
  ['long from far above, and shrunk below them', 47_999, 200_000, false],
])('%s: %i tokens, long from %p → %p', (_name, tokens, longFrom, long) => {
  const before = longFrom === undefined ? undefined : { estimated: longFrom, longFrom }
  expect(nextState({ estimated: tokens, inputTokens: tokens }, threshold, before).longFrom !== undefined).toBe(long)
})

describe('ten turns near the limit', () => {
  // The small model's tokenizer sees a fifth more in the same text than the large one's.
  const ratios = { short: 1.2, long: 0.9 }

  test.each([
    ['hovering', [49_000, 51_000, 50_500, 49_500, 51_000, 48_000, 50_000, 49_000, 51_000, 50_000]],
    ['growing', [45_000, 47_000, 49_000, 51_000, 53_000, 55_000, 57_000, 59_000, 61_000, 63_000]],
    ['trimmed by context edits', [52_000, 56_000, 47_000, 52_000, 47_000, 53_000, 48_000, 54_000, 47_500, 55_000]],
  ])('%s: the side changes once at most', (_name, estimates) => {
    let state: SessionState | undefined
    const sides = estimates.map((estimated) => {
      state = nextState({ estimated, inputTokens: Math.ceil(estimated * (state?.ratio ?? 1)) }, threshold, state)
      const side = state.longFrom === undefined ? 'short' : 'long'
      state = learnInput(state, estimated * ratios[side])
      return side
    })
    expect(sides.filter((side, index) => index > 0 && side !== sides[index - 1]).length).toBeLessThanOrEqual(1)
    expect(sides.at(-1)).toBe('long')
  })

  test('it comes back after compacting, even in the same conversation', () => {
    const long = nextState({ estimated: 150_000, inputTokens: 150_000 }, threshold)
    expect(nextState({ estimated: 12_000, inputTokens: 12_000 }, threshold, long)).toEqual({ estimated: 12_000 })
  })
})

describe('a request', () => {
  const routing = {
    providers: [{ name: 'p', models: ['m', 'big'] }],
    routes: { targets: { default: target('p,m'), longContext: target('p,big') }, longContextThreshold: threshold },
  }
  const headers = { 'x-claude-code-session-id': 'session-1234' }
  const prompt = (length: number) =>
    ({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'word '.repeat(length) }] }] }) as const

  test('is long by what the last usage showed, where the estimate alone is not', () => {
    const change = prompt(50_000)
    const first = selectFor(change, routing, { headers })
    expect(first.route).toBe('default')
    const session = learnInput(first.session as SessionState, 70_000)
    const second = selectFor(change, routing, { headers, session })
    expect(second.route).toBe('longContext')
    expect(second.reason).toMatch(/about 7\d{4} tokens, more than 60000/)
  })

  test('says so when it is only held back from flapping', () => {
    const session = { estimated: 62_000, longFrom: 62_000 }
    const selection = selectFor(prompt(65_000), routing, { headers, session })
    expect(selection.route).toBe('longContext')
    expect(selection.reason).toContain('not clearly below')
  })

  test('is not measured when no route asks for its size', () => {
    expect(
      selectFor(prompt(10), { ...routing, routes: { ...routing.routes, targets: { default: target('p,m') } } }).session,
    ).toBeUndefined()
    expect(selectFor({ ...prompt(10), model: 'p,m' }, routing).session).toBeUndefined()
  })

  test('keeps a threshold of its project', () => {
    const overrides = [{ from: 'project router', targets: {}, longContextThreshold: 1_000 }]
    expect(selectFor(prompt(2_000), { ...routing, overrides }).route).toBe('longContext')
  })
})
