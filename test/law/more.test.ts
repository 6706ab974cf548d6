import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ModelError } from '../../src/canonical/error.ts'
import type { ModelEvent } from '../../src/canonical/event.ts'
import { encodeSse } from '../../src/protocol/framing/sse.ts'
import type { Protocol } from '../../src/protocol/protocol.ts'
import { codecs, encodeContext, eventsIn, framesOf, translations } from './scenarios.ts'

describe('more text that an encoder writes at once is what it writes as frames', () => {
  test.each(translations('stream'))('%s to a client of %s', (_name, _to, { protocol, stream }, client) => {
    expectSame(client, eventsIn(protocol, framesOf(stream)))
  })

  const clients = codecs.flatMap((client) => {
    const { more } = client.encodeStream(encodeContext())
    return more ? [[client.id, client] as const] : []
  })
  test.each(clients)('whatever the text, of whatever part, to a client of %s', (_, client) => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('"', '\\', '\n', '\ud83d', 'é🙂'),
    )
    const deltas = fc.array(fc.record({ type: fc.constant('part-delta' as const), index: fc.nat(3), text }))
    const end = fc.constantFrom(ends, broken)
    fc.assert(fc.property(deltas, end, (told, last) => expectSame(client, [...parts, ...told, ...last, ...told])))
  })

  test.each(clients)('once a part has begun, its text goes to a client of %s that way', (_, client) => {
    const encoder = client.encodeStream(encodeContext())
    expect(encoder.more?.(0, 'a')).toBeUndefined()
    for (const event of parts) encoder.push(event)
    encoder.push({ type: 'part-delta', index: 0, text: 'a' })
    expect(encoder.more?.(0, 'b')).toContain('b')
  })
})

const parts: readonly ModelEvent[] = [
  { type: 'start' },
  { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
  { type: 'part-start', index: 1, part: { type: 'tool-call', id: 'call_1', name: 'look', input: '' } },
  { type: 'part-start', index: 2, part: { type: 'text', text: '' } },
]

const ends: readonly ModelEvent[] = [
  { type: 'part-end', index: 0, part: { type: 'text', text: 'whole' } },
  { type: 'finish', reason: { kind: 'stop' } },
]

const broken: readonly ModelEvent[] = [{ type: 'error', error: new ModelError('cut', { kind: 'cut-stream' }) }]

/** What is written for `events` with `more` and without it. */
function expectSame(client: Protocol, events: readonly ModelEvent[]): void {
  const [quick, plain] = [client.encodeStream(encodeContext()), client.encodeStream(encodeContext())]
  const text = (step: typeof plain, event: ModelEvent): string => step.push(event).map(encodeSse).join('')
  for (const event of events) {
    const more = event.type === 'part-delta' ? quick.more?.(event.index, event.text) : undefined
    expect(more ?? text(quick, event)).toBe(text(plain, event))
  }
  expect(quick.end()).toEqual(plain.end())
}
