import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ModelEvent } from '../../src/canonical/event.ts'
import type { Part } from '../../src/canonical/request.ts'
import { faultsOf, textOf } from '../helper/event-grammar.ts'
import { codecs, encodeContext, eventsIn, framesOf, having, run, translations } from './scenarios.ts'

describe('law 5: what a decoder tells obeys the grammar of events', () => {
  test.each(having('stream'))('%s', (_, { protocol, stream }) => {
    expect(faultsOf(eventsIn(protocol, framesOf(stream)))).toEqual([])
  })
})

describe('law 5: what an encoder writes obeys its protocol', () => {
  test.each(translations('stream'))('%s to a client of %s', (_name, _to, { protocol, stream }, client) => {
    const told = eventsIn(protocol, framesOf(stream))
    const heard = eventsIn(client, run(client.encodeStream(encodeContext()), told))
    expect(faultsOf(heard)).toEqual([])
    expect(contentOf(heard)).toEqual(contentOf(told))
  })

  const clients = codecs.map((client) => [client.id, client] as const)
  test.each(clients)('interleaved parts reach a client of %s whole', (_, client) => {
    fc.assert(
      fc.property(interleaved(), (told) => {
        const heard = eventsIn(client, run(client.encodeStream(encodeContext()), told))
        expect(faultsOf(heard)).toEqual([])
        expect(contentOf(heard)).toEqual(contentOf(told))
      }),
      { numRuns: 200 },
    )
  })

  test.each(clients)('a client of %s hears nothing after an error', (_, client) => {
    const step = client.encodeStream(encodeContext())
    const start: ModelEvent[] = [{ type: 'start' }, { type: 'part-start', index: 0, part: { type: 'text', text: '' } }]
    start.forEach((event) => step.push(event))
    expect(step.end().length).toBeGreaterThan(0)
    expect(step.push({ type: 'finish', reason: { kind: 'stop' } })).toEqual([])
    expect(step.end()).toEqual([])
  })
})

/** Text, calls and how it ended: what every protocol can say. Calls that ran side by side may be told in any order. */
function contentOf(events: readonly ModelEvent[]) {
  const ends = events.flatMap((event) => (event.type === 'part-end' ? event : []))
  const parts = ends.toSorted((one, other) => one.index - other.index).map(({ part }) => part)
  const last = events.at(-1)
  return {
    text: parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join(''),
    calls: parts
      .flatMap((part) =>
        part.type === 'tool-call' ? { id: part.id, name: part.name, input: JSON.parse(part.input) } : [],
      )
      .toSorted((one, other) => one.id.localeCompare(other.id)),
    end: last?.type,
  }
}

/** A turn of several parts whose deltas come in any order. */
function interleaved(): fc.Arbitrary<ModelEvent[]> {
  const text = fc.record({ type: fc.constant('text' as const), text: fc.string({ minLength: 1, unit: 'grapheme' }) })
  const call = fc.jsonValue().map((value) => ({ type: 'tool-call' as const, input: JSON.stringify({ value }) }))
  // Some protocols know no answer without parts. Text first: not every protocol can say where between calls a text stood.
  const parts = fc
    .tuple(fc.array(text, { maxLength: 1 }), fc.array(call, { maxLength: 4 }))
    .map(([texts, calls]) => [...texts, ...calls])
    .filter((list) => list.length > 0)
  return fc
    .tuple(parts, fc.infiniteStream(fc.nat(1000)))
    .map(([list, chance]) => schedule(list, () => chance.next().value ?? 0))
}

function schedule(
  list: readonly ({ type: 'text'; text: string } | { type: 'tool-call'; input: string })[],
  random: () => number,
) {
  const events: ModelEvent[] = [{ type: 'start', id: 'answer-1', model: 'some-model' }]
  const parts = list.map((part, index): Part =>
    part.type === 'text' ? part : { type: 'tool-call', id: `call_${index}`, name: `tool_${index}`, input: part.input },
  )
  const left = parts.map(textOf)
  parts.forEach((part, index) => {
    const empty: Part = part.type === 'text' ? { ...part, text: '' } : ({ ...part, input: '' } as Part)
    events.push({ type: 'part-start', index, part: empty })
  })
  let open = parts.map((_, index) => index)
  while (open.length > 0) {
    const index = open[random() % open.length] as number
    const rest = left[index] as string
    if (rest === '') {
      events.push({ type: 'part-end', index, part: parts[index] as Part })
      open = open.filter((other) => other !== index)
      continue
    }
    const size = 1 + (random() % 7)
    events.push({ type: 'part-delta', index, text: rest.slice(0, size) })
    left[index] = rest.slice(size)
  }
  events.push({
    type: 'finish',
    reason: { kind: list.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop' },
  })
  return events
}
