import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import { createCircuit } from '../../../src/gateway/health/circuit.ts'
import { createCircuitBoard } from '../../../src/gateway/health/health.ts'
import { createLearnt } from '../../../src/gateway/learnt.ts'
import { testProvider } from '../../helper/gateway.ts'

const SETTINGS = { failures: 3, restMs: 100, longestRestMs: 350 }
const T = 1_000_000

describe('a circuit', () => {
  test('opens after so many failures in a row, and a success in between starts the count anew', () => {
    const circuit = createCircuit(SETTINGS)
    expect([circuit.fail(T, 'timeout'), circuit.fail(T, 'timeout')]).toEqual([false, false])
    circuit.succeed(T)
    expect([1, 2, 3].map(() => circuit.fail(T, 'server'))).toEqual([false, false, true])
    expect(circuit.state(T)).toBe('open')
    expect(circuit.why()).toBe('server')
    expect(circuit.readyAt(T)).toBe(T + 100)
  })

  test('lets one probe in when the rest is over; it closes or opens for twice as long, up to the longest rest', () => {
    const circuit = createCircuit(SETTINGS)
    for (const _ of [1, 2, 3]) circuit.fail(T, 'server')
    let now = T
    for (const rest of [100, 200, 350, 350]) {
      expect(circuit.state(now + rest - 1)).toBe('open')
      now += rest
      expect(circuit.state(now)).toBe('half-open')
      circuit.enter(now)
      expect(circuit.state(now)).toBe('open')
      expect(circuit.fail(now, 'server')).toBe(false)
    }
    now += 350
    circuit.enter(now)
    circuit.succeed(now)
    expect(circuit.state(now)).toBe('closed')
    for (const _ of [1, 2, 3]) circuit.fail(now, 'server')
    expect(circuit.readyAt(now)).toBe(now + 100)
  })

  test('is not blocked by a probe that is given up or never heard of again', () => {
    const circuit = createCircuit(SETTINGS)
    for (const _ of [1, 2, 3]) circuit.fail(T, 'server')
    circuit.leave(circuit.enter(T + 100) ?? 0)
    expect(circuit.state(T + 100)).toBe('half-open')
    circuit.enter(T + 100)
    expect(circuit.state(T + 1000)).toBe('open')
    expect(circuit.state(T + 200_000)).toBe('half-open')
  })

  test('rests at once and exactly as long as the provider says, whatever else answers meanwhile', () => {
    const circuit = createCircuit(SETTINGS)
    expect(circuit.fail(T, 'rate-limit', { ms: 30_000, isTold: true })).toBe(true)
    circuit.succeed(T + 5)
    expect(circuit.state(T + 29_999)).toBe('open')
    expect(circuit.isTold(T + 29_999)).toBe(true)
    expect(circuit.state(T + 30_000)).toBe('half-open')
    circuit.enter(T + 30_000)
    circuit.succeed(T + 30_001)
    expect(circuit.state(T + 30_001)).toBe('closed')
  })

  test('a rest that nobody told is undone by a success, and doubles', () => {
    const circuit = createCircuit(SETTINGS)
    circuit.fail(T, 'rate-limit', { ms: 50, isTold: false })
    expect(circuit.readyAt(T)).toBe(T + 50)
    circuit.enter(T + 50)
    circuit.fail(T + 50, 'rate-limit', { ms: 50, isTold: false })
    expect(circuit.readyAt(T + 50)).toBe(T + 150)
    circuit.succeed(T + 60)
    expect(circuit.state(T + 60)).toBe('closed')
  })

  test('what the provider said binds for as long as it said, however long is guessed besides', () => {
    const circuit = createCircuit(SETTINGS)
    for (const _ of [1, 2, 3]) circuit.fail(T, 'server')
    circuit.fail(T, 'overload', { ms: 10, isTold: true })
    expect([circuit.state(T + 9), circuit.isTold(T + 9), circuit.readyAt(T + 9)]).toEqual(['open', true, T + 10])
    expect([circuit.state(T + 10), circuit.isTold(T + 10), circuit.readyAt(T + 10)]).toEqual(['open', false, T + 100])
    circuit.succeed(T + 11)
    expect(circuit.state(T + 11)).toBe('closed')
  })

  test('rests that were told make no guess longer', () => {
    const circuit = createCircuit(SETTINGS)
    for (const _ of [1, 2, 3]) circuit.fail(T, 'rate-limit', { ms: 10, isTold: true })
    circuit.fail(T + 10, 'server')
    expect(circuit.readyAt(T + 10)).toBe(T + 110)
  })

  test('is tried again after ten minutes though the provider wants to be left alone for a day', () => {
    const circuit = createCircuit(SETTINGS)
    const day = 86_400_000
    circuit.fail(T, 'quota', { ms: day, isTold: true })
    expect(circuit.state(T + 599_999)).toBe('open')
    expect(circuit.readyAt(T)).toBe(T + day)
    expect(circuit.state(T + 600_000)).toBe('half-open')
    circuit.enter(T + 600_000)
    circuit.fail(T + 600_000, 'quota', { ms: day, isTold: true })
    expect(circuit.state(T + 1_199_999)).toBe('open')
    circuit.enter(T + 1_200_000)
    circuit.fail(T + 1_200_000, 'server')
    expect(circuit.readyAt(T + 1_200_000)).toBeLessThan(T + 1_201_000)
    circuit.succeed(T + 1_202_000)
    expect(circuit.state(T + 1_202_000)).toBe('closed')
  })
})

test('a call that began before its target failed, and is given up, lets nobody in beside the probe', () => {
  const clock = { now: T }
  const target = { provider: 'mock', model: 'm' }
  const providers = [testProvider('http://127.0.0.1:1', 'openai-chat', { breaker: SETTINGS })]
  const board = createCircuitBoard(providers, createLearnt(providers), () => clock.now)
  const early = board.begin(target, 0)
  for (const _ of [1, 2, 3]) board.fail(board.begin(target, 0), new ModelError('busy', { kind: 'overload' }))
  const stale = board.begin(target, 0)
  clock.now += 100
  expect(board.state(target)).toBe('half-open')
  const probe = board.begin(target, 0)
  for (const other of [early, stale]) {
    board.leave(other)
    expect(board.state(target)).toBe('open')
  }
  board.leave(probe)
  expect(board.state(target)).toBe('half-open')
  board.succeed(board.begin(target, 0))
  expect(board.state(target)).toBe('closed')
})
