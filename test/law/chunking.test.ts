import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ModelEvent } from '../../src/canonical/event.ts'
import { decodeSse } from '../../src/protocol/framing/sse.ts'
import { chain } from '../../src/protocol/protocol.ts'
import { decodeContext, having, plain, run, type Scenario } from './scenarios.ts'

describe('law 4: any split of the bytes gives the same events', () => {
  test.each(having('stream'))('%s, one byte at a time', (_, { protocol, stream }) => {
    const bytes = [...stream].map((byte) => Uint8Array.of(byte))
    expect(told(protocol, bytes)).toEqual(told(protocol, [stream]))
  })

  test.each(having('stream'))('%s, in random pieces', (_, { protocol, stream }) => {
    const whole = told(protocol, [stream])
    const cuts = fc.uniqueArray(fc.nat(stream.length), { maxLength: 30 })
    fc.assert(
      fc.property(cuts, (places) => {
        const edges = [0, ...places.toSorted((one, other) => one - other), stream.length]
        const pieces = edges.slice(1).map((edge, index) => stream.slice(edges[index], edge))
        expect(told(protocol, pieces)).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })
})

function told(protocol: Scenario['protocol'], pieces: readonly Uint8Array[]): unknown {
  return run(chain(decodeSse(), protocol.decodeStream(decodeContext())), pieces).map(comparable)
}

// An `Error` has no own JSON form.
function comparable(event: ModelEvent): unknown {
  return event.type === 'error' ? { type: 'error', kind: event.error.kind, message: event.error.message } : plain(event)
}
