import { expect, test } from 'bun:test'
import { pairIds } from '../../../src/protocol/anthropic-messages/pair-ids.ts'

const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id })

test('calls that share an id get ids of their own, and results belong to them in order', () => {
  const [calls, results] = pairIds([
    { role: 'assistant', blocks: [call('a'), call('a'), call('a_2')] },
    { role: 'user', blocks: [result('a'), result('a'), result('a_2'), result('a')] },
  ])
  expect(calls?.blocks.map(({ id }) => id)).toEqual(['a', 'a_3', 'a_2'])
  expect(results?.blocks.map(({ tool_use_id: id }) => id)).toEqual(['a', 'a_3', 'a_2', 'a_again'])
})

test('100,000 calls of one id take no longer than others', () => {
  const many = Array.from({ length: 100_000 }, () => 'a')
  const before = process.cpuUsage()
  const [calls] = pairIds([
    { role: 'assistant', blocks: many.map(call) },
    { role: 'user', blocks: many.map(result) },
  ])
  expect(new Set(calls?.blocks.map(({ id }) => id)).size).toBe(100_000)
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
})
