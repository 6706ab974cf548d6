import { describe, expect, test } from 'bun:test'
import { nextFactor } from '../../../src/gateway/count/calibration.ts'
import { createTokenCounter } from '../../../src/gateway/count/counter.ts'
import { createLearnt } from '../../../src/gateway/learnt.ts'
import type { Tokenizer } from '../../../src/gateway/count/tokenizer.ts'
import { requestWith, target } from '../../router/request.ts'

const request = requestWith({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'word '.repeat(2_000) }] }] })
const words: Tokenizer = (text) => text.trim().split(' ').length

function counterWith(load: () => Promise<Tokenizer>) {
  const logged: string[] = []
  const ports = { sleep: () => Promise.resolve(), log: (_level: string, message: string) => void logged.push(message) }
  return { counter: createTokenCounter(ports, createLearnt([]), load), logged }
}

test('the tokenizer is loaded when first asked, and once for many at once', async () => {
  let loads = 0
  const { counter } = counterWith(async () => {
    loads++
    return words
  })
  expect(loads).toBe(0)
  const counts = await Promise.all(Array.from({ length: 24 }, () => counter.count(request)))
  expect(loads).toBe(1)
  expect(counts).toEqual(Array.from({ length: 24 }, () => 2_007))
})

test('a tokenizer that cannot be loaded is said once, and the estimate serves', async () => {
  const { counter, logged } = counterWith(() => Promise.reject(new Error('no such module')))
  expect(await counter.count(request)).toBeWithin(1_500, 2_500)
  await counter.count(request)
  expect(logged).toEqual(['the tokenizer could not be loaded: tokens are estimated'])
})

test('a tokenizer that throws is said, and the estimate serves', async () => {
  const { counter, logged } = counterWith(async () => () => {
    throw new Error('bad input')
  })
  expect(await counter.count(request)).toBeWithin(1_500, 2_500)
  expect(logged).toHaveLength(1)
})

test('what a target reported scales its later counts, and nobody else’s', async () => {
  const { counter } = counterWith(async () => words)
  counter.learn(target('p,m'), 10_000, 13_000)
  expect(await counter.count(request, target('p,m'))).toBe(Math.ceil(2_007 * 1.3))
  expect(await counter.count(request, target('p,other'))).toBe(2_007)
  expect(await counter.count(request)).toBe(2_007)
})

describe('the factor', () => {
  test.each([
    ['starts at what was seen', undefined, 10_000, 12_000, 1.2],
    ['moves a part of the way', 1.2, 10_000, 16_000, 1.3],
    ['learns nothing from a short prompt', 1.2, 500, 900, 1.2],
    ['learns nothing from no count', 1.2, 10_000, 0, 1.2],
    ['learns nothing from a count without the cached part', 1.2, 100_000, 4, 1.2],
    ['learns nothing from a count of something else', undefined, 10_000, 90_000, undefined],
    ['learns nothing from what is no number', 1.2, 10_000, NaN, 1.2],
  ])('%s', (_name, before, estimated, counted, after) => {
    const factor = nextFactor(before, estimated, counted)
    if (after === undefined) expect(factor).toBeUndefined()
    else expect(factor).toBeCloseTo(after, 6)
  })
})
