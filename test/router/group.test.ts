import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createBalance } from '../../src/gateway/balance.ts'
import { type Circumstances, fresh } from '../../src/router/circumstances.ts'
import { type Facts, factsOf } from '../../src/router/facts.ts'
import { type Group, orderOf } from '../../src/router/group.ts'
import type { Health } from '../../src/router/health.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { namePattern } from '../../src/router/pattern.ts'
import { STRATEGIES, type Strategy } from '../../src/router/strategy.ts'
import { requestWith, target } from './request.ts'

function group(strategy: Strategy, members: readonly (readonly [string, number?])[], more: Partial<Group> = {}): Group {
  const all = members.map(([name, weight = 1]) => ({ of: target(name), weight }))
  return { id: 'g', strategy, isSticky: true, members: all, ...more }
}

function factsFor(session?: string): Facts {
  return factsOf(requestWith({}), { headers: session === undefined ? {} : { 'session-id': session } })
}

function order(of: Group, circumstances: Partial<Circumstances> = {}, session?: string): string[] {
  return orderOf(of, factsFor(session), { ...fresh, ...circumstances }).targets.map(nameOfTarget)
}

/** The same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function healthOf(open: readonly string[], numbers: Readonly<Record<string, number>> = {}): Health {
  return {
    state: (of) => (open.includes(nameOfTarget(of)) ? 'open' : 'closed'),
    latencyMs: (of) => numbers[nameOfTarget(of)],
    running: (of) => numbers[nameOfTarget(of)] ?? 0,
  }
}

describe('weights hold in the long run', () => {
  const weights = { 'a,x': 5, 'b,x': 3, 'c,x': 2, 'd,x': 0 }
  const members = Object.entries(weights)
  const runs = 10_000

  function shares(first: (index: number) => string | undefined): Record<string, number> {
    const counts: Record<string, number> = {}
    for (let index = 0; index < runs; index++) {
      const name = first(index) ?? ''
      counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }

  test.each<[string, (index: number) => string | undefined]>([
    [
      'over calls',
      (
        (random) => () =>
          order(group('weighted', members), { random })[0]
      )(randomOf(1)),
    ],
    ['over sessions', (index) => order(group('weighted', members), {}, `session-${index}`)[0]],
  ])('%s', (_name, first) => {
    const found = shares(first)
    expect(found['d,x']).toBeUndefined()
    for (const [name, weight] of members.slice(0, 3)) {
      const share = weight / 10
      // Four standard deviations.
      const spread = 4 * Math.sqrt(runs * share * (1 - share))
      expect(Math.abs((found[name] ?? 0) - runs * share)).toBeLessThan(spread)
    }
  })

  test('and among those that are left when the first has failed', () => {
    const random = randomOf(2)
    const health = healthOf(['a,x'])
    const found = shares(() => order(group('weighted', members), { random, health })[0])
    expect(Math.abs((found['b,x'] ?? 0) - runs * 0.6)).toBeLessThan(4 * Math.sqrt(runs * 0.6 * 0.4))
  })
})

test('a session is drawn to the same target every time, also by a router that has just started', () => {
  const weighted = group('weighted', [['a,x'], ['b,x'], ['c,x']])
  for (let index = 0; index < 100; index++) {
    const session = `session-${index}`
    expect(order(weighted, { random: randomOf(index) }, session)).toEqual(
      order(weighted, { random: randomOf(-index) }, session),
    )
  }
})

describe('strategies', () => {
  const members = [['a,x'], ['b,x'], ['c,x']] as const
  const prices = [
    { pattern: namePattern('a,x'), price: { input: 10, output: 10 } },
    { pattern: namePattern('b,x'), price: { input: 1, output: 2 } },
  ]
  test.each<[Strategy, Partial<Circumstances>, string]>([
    ['order', {}, 'a,x b,x c,x'],
    ['round-robin', { turnsOf: () => 4 }, 'b,x c,x a,x'],
    ['least-latency', { health: healthOf([], { 'a,x': 300, 'b,x': 100, 'c,x': 200 }) }, 'b,x c,x a,x'],
    ['least-latency', { health: healthOf([], { 'a,x': 300, 'b,x': 100 }) }, 'c,x b,x a,x'],
    ['least-cost', { prices }, 'b,x a,x c,x'],
    ['least-busy', { health: healthOf([], { 'a,x': 2, 'c,x': 1 }) }, 'b,x c,x a,x'],
  ])('%s', (strategy, circumstances, expected) => {
    expect(order(group(strategy, members), circumstances).join(' ')).toBe(expected)
  })

  test('the least busy one is found by weight: twice the weight bears twice the calls', () => {
    const health = healthOf([], { 'a,x': 3, 'b,x': 2 })
    expect(
      order(
        group('least-busy', [
          ['a,x', 2],
          ['b,x', 1],
        ]),
        { health },
      )[0],
    ).toBe('a,x')
  })
})

test('whatever the strategy and the circumstances: each target once, the same order each time, the failed ones last', () => {
  const names = ['a,x', 'b,x', 'c,x', 'd,x']
  fc.assert(
    fc.property(
      fc.constantFrom(...STRATEGIES),
      fc.array(fc.tuple(fc.constantFrom(...names), fc.nat({ max: 5 })), { minLength: 1, maxLength: 6 }),
      fc.subarray(names),
      fc.nat(),
      fc.option(fc.constantFrom('one-session', 'another-session'), { nil: undefined }),
      fc.dictionary(fc.constantFrom(...names), fc.nat({ max: 5 })),
      (strategy, members, open, turns, session, numbers) => {
        const of = group(strategy, members)
        const ask = (): string[] =>
          order(of, { random: randomOf(turns), turnsOf: () => turns, health: healthOf(open, numbers) }, session)
        const targets = ask()
        expect(ask()).toEqual(targets)
        expect(targets.toSorted()).toEqual([...new Set(members.map(([name]) => name))].toSorted())
        const states = targets.map((name) => open.includes(name))
        expect(states).toEqual(states.toSorted((one, other) => Number(one) - Number(other)))
      },
    ),
    { numRuns: 500 },
  )
})

describe('the balance of a group', () => {
  const of = group('round-robin', [['a,x'], ['b,x'], ['c,x']])
  const ask = (balance: ReturnType<typeof createBalance>, session: string, health = healthOf([])) => {
    const { targets } = orderOf(of, factsFor(session), {
      ...fresh,
      health,
      turnsOf: balance.turnsOf,
      heldBy: (id) => balance.heldBy(id, session),
    })
    const [first] = targets
    if (!first) throw new Error('an empty order')
    balance.took(of, session, first)
    return first
  }

  test('spreads sessions evenly, and each stays where it is', () => {
    const balance = createBalance()
    const seen = new Map<string, Set<string>>()
    for (let call = 0; call < 200; call++) {
      const session = `session-${(call * 7) % 20}`
      seen.set(session, (seen.get(session) ?? new Set()).add(nameOfTarget(ask(balance, session))))
    }
    expect([...seen.values()].every((targets) => targets.size === 1)).toBe(true)
    const counts = Object.values(Object.groupBy([...seen.values()], (targets) => [...targets].join(' '))).map(
      (all) => all?.length ?? 0,
    )
    expect(counts.toSorted((one, other) => one - other)).toEqual([6, 7, 7])
  })

  test('moves a session once when its target fails, and not back', () => {
    const balance = createBalance()
    const first = ask(balance, 'session-1')
    const second = ask(balance, 'session-1', healthOf([nameOfTarget(first)]))
    expect(second).not.toEqual(first)
    expect(ask(balance, 'session-1', healthOf([nameOfTarget(first)]))).toEqual(second)
    expect(ask(balance, 'session-1')).toEqual(second)
  })

  test('moves a session once, however many of its calls fail at the same time', () => {
    const balance = createBalance()
    const first = ask(balance, 'session-1')
    for (let call = 0; call < 5; call++) expect(ask(balance, 'session-1')).toEqual(first)
    const [second, third] = of.members.map((member) => member.of).filter((each) => each !== first)
    balance.moved(of, 'session-1', first, second as typeof first)
    balance.moved(of, 'session-1', first, third as typeof first)
    expect(ask(balance, 'session-1')).toEqual(second as typeof first)
  })

  test('a model of it: a session only ever moves when its target is open, and then to one that is not', () => {
    const names = ['a,x', 'b,x', 'c,x']
    const step = fc.record({ session: fc.constantFrom('s-1', 's-2', 's-3'), open: fc.subarray(names) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const balance = createBalance()
        const at = new Map<string, string>()
        for (const { session, open } of steps) {
          const before = at.get(session)
          const now = nameOfTarget(ask(balance, session, healthOf(open)))
          // Where everybody has failed, moving would help nobody.
          const stays = before !== undefined && (!open.includes(before) || open.length === names.length)
          if (stays) expect(now).toBe(before)
          else if (open.length < names.length) expect(open).not.toContain(now)
          at.set(session, now)
        }
      }),
      { numRuns: 300 },
    )
  })
})
