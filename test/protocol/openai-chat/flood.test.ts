import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import { decodeSse } from '../../../src/protocol/framing/sse.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import { chain } from '../../../src/protocol/protocol.ts'

describe('a flood of chunks', () => {
  test('is read as many pieces of one text', () => {
    const said = Array.from({ length: 400 }, (_, index) => `word ${index}`)
    const [first = '', ...rest] = said.map((content) => chunk({ content }))
    const events = decode([first, rest[0] ?? '', rest.slice(1).join(''), END], true)
    expect(events.find((event) => event.type === 'part-delta' && event.pieces)).toMatchObject({ pieces: said.slice(2) })
    expect(events.find((event) => event.type === 'part-end')).toMatchObject({ part: { text: said.join('') } })
  })

  const lively = fc.oneof(
    { weight: 40, arbitrary: fc.string({ maxLength: 8 }).map((content) => chunk({ content })) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((content) => chunk({ content })) },
    fc.constantFrom(
      chunk({ content: 'a' }, 'other'),
      chunk({ reasoning_content: 'hm' }),
      chunk({ refusal: 'no' }),
      chunk({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'look', arguments: '{}' } }] }),
      chunk({ content: 'b' }).replaceAll('\n', '\r\n'),
      ': a comment\n\n',
      'event: message\n' + chunk({ content: 'named' }),
      chunk({ content: '' }).replace('"finish_reason":null', '"finish_reason":"stop"'),
    ),
  )
  test('tells what the same chunks tell one by one, however it is cut', () => {
    const stream = fc.tuple(fc.array(lively, { minLength: 3 }), fc.array(lively, { minLength: 90, maxLength: 300 }))
    fc.assert(
      fc.property(stream, fc.array(fc.nat(60_000), { maxLength: 3 }), ([calm, flood], cuts) => {
        const text = flood.join('')
        const places = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place))
        const all = [...calm, ...pieces, END]
        expect(singly(decode(all, true))).toEqual(singly(decode(all, false)))
      }),
      { numRuns: 150 },
    )
  })
})

const END = 'data: [DONE]\n\n'

function chunk(delta: object, id = 'chatcmpl-1'): string {
  return `data: ${JSON.stringify({ id, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
}

function decode(texts: readonly string[], glances: boolean): ModelEvent[] {
  const decoder = openaiChat.decodeStream({ provider: 'p', model: 'm', id: (prefix) => prefix })
  const step = chain(decodeSse(glances ? decoder.glance : undefined), decoder)
  const encoder = new TextEncoder()
  return [...texts.flatMap((text) => step.push(encoder.encode(text))), ...step.end()]
}

/** The same with each piece as an event of its own. */
function singly(events: readonly ModelEvent[]): ModelEvent[] {
  return events.flatMap((event): ModelEvent[] => {
    if (event.type !== 'part-delta' || !event.pieces) return [event]
    const { pieces, ...rest } = event
    return pieces.map((text) => ({ ...rest, text }))
  })
}
