import { describe, expect, test } from 'bun:test'
import { LONGEST_MS, playFault } from './matrix/cell.ts'
import { CUTS, FAULTS } from './matrix/fault.ts'

describe.each([
  ['a fault', FAULTS],
  ['a stream or a body that breaks off', CUTS],
])('%s', (_, faults) => {
  test.each(faults.map((fault) => [fault.name, fault] as const))(
    '%s: every client is answered, or told in its own words, in time',
    async (_name, fault) => {
      const outcomes = await playFault(fault)
      const wrong = outcomes
        .filter(({ expected, found }) => expected !== found)
        .map(({ cell: { client, upstream, setup, streamed }, expected, found }) => ({
          cell: `${client.protocol} → ${upstream}, ${setup}, ${streamed ? 'streamed' : 'whole'}`,
          expected,
          found,
        }))
      expect(wrong).toEqual([])
      expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(LONGEST_MS)
    },
    20_000,
  )
})
