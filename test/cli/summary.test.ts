import { expect, test } from 'bun:test'
import { createTally } from '../../src/cli/summary.ts'
import type { CallRecord } from '../../src/store/usage-store.ts'

const call: CallRecord = {
  id: 'c',
  startedAt: 0,
  durationMs: 1,
  requested: 'claude-x',
  provider: 'lab',
  model: 'small',
  usage: { input: 1000, cacheRead: 200, cacheWrite: 34, output: 5 },
  status: 200,
  fallback: false,
  stream: true,
  relayed: false,
}
const { provider: _provider, model: _model, usage: _usage, ...nobody } = call

test.each<[string, CallRecord[], string | undefined]>([
  ['no call', [], undefined],
  ['one call', [call], 'ccr: lab,small (1) · 1,234 tokens in (200 from cache), 5 out'],
  [
    'two models',
    [call, call, { ...call, model: 'big' }],
    'ccr: lab,small (2), lab,big (1) · 3,702 tokens in (600 from cache), 15 out',
  ],
  [
    'a fallback',
    [{ ...call, fallback: true }],
    'ccr: lab,small (1) · 1,234 tokens in (200 from cache), 5 out · 1 by fallback',
  ],
  ['a failure', [{ ...nobody, status: 500, error: 'x' }], 'ccr: no model answered · 0 tokens in, 0 out · 1 failed'],
])('%s is told in one line', (_name, calls, line) => {
  const tally = createTally()
  for (const each of calls) tally.record(each)
  expect(tally.line()).toBe(line)
})
