import { expect, test } from 'bun:test'
import { createCircuitBoard } from '../../../src/gateway/health/health.ts'
import { createLearnt } from '../../../src/gateway/learnt.ts'
import { testProvider } from '../../helper/gateway.ts'

test('how long answers take to begin is a mean that forgets: what was slow is tried again some day', () => {
  let now = 0
  const providers = [testProvider('http://127.0.0.1:1', 'openai-chat')]
  const board = createCircuitBoard(providers, createLearnt(providers), () => now)
  const target = { provider: 'mock', model: 'mock-model' }
  const answer = (ms: number): void => {
    const running = board.begin(target, undefined)
    now += ms
    board.begun(running)
    board.succeed(running)
  }
  expect(board.latencyMs(target)).toBeUndefined()
  answer(1000)
  expect(board.latencyMs(target)).toBe(1000)
  answer(200)
  expect(Math.round(board.latencyMs(target) ?? 0)).toBe(760)
  now += 300_000
  expect(Math.round(board.latencyMs(target) ?? 0)).toBe(380)
})
