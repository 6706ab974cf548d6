import { describe, expect, test } from 'bun:test'
import { createCollector, eventsOf, type ModelReply } from '../../src/canonical/reply.ts'
import type { Part } from '../../src/canonical/request.ts'
import { decodeContext, encodeContext, eventsIn, framesOf, having, plain, run, translations } from './scenarios.ts'
import type { ModelEvent } from '../../src/canonical/event.ts'

describe('law 3: a stream adds up to the whole reply of the same scenario', () => {
  test.each(having('stream', 'reply'))('%s', (_, { protocol, stream, reply }) => {
    const collected = collect(eventsIn(protocol, framesOf(stream)))
    expect(comparable(collected)).toEqual(comparable(protocol.decodeReply(reply, decodeContext())))
  })
})

describe('a whole reply can be told as a stream', () => {
  test.each(translations('reply'))('%s to a client of %s', (_name, _to, { protocol, reply }, client) => {
    const decoded = protocol.decodeReply(reply, decodeContext())
    const frames = run(client.encodeStream(encodeContext()), eventsOf(decoded))
    const events = eventsIn(client, frames)
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
    expect(essence(collect(events))).toEqual(essence(decoded))
  })

  test.each(translations('stream', 'reply'))(
    '%s as a whole reply to a client of %s',
    (_name, _to, scenario, client) => {
      const collected = collect(eventsIn(scenario.protocol, framesOf(scenario.stream)))
      const body = client.encodeReply(collected, encodeContext())
      expect(essence(client.decodeReply(body, decodeContext()))).toEqual(essence(collected))
    },
  )
})

function collect(events: readonly ModelEvent[]): ModelReply {
  const collector = createCollector()
  for (const event of events) collector.push(event)
  const reply = collector.end()
  if (!reply) throw new Error('the stream has no end')
  return reply
}

/** Without the residue of the message, which a stream spreads over its events, and with arguments as values. */
function comparable(reply: ModelReply): unknown {
  return plain({ ...reply, native: undefined, parts: reply.parts.map(withParsedInput) })
}

function withParsedInput(part: Part): unknown {
  return part.type === 'tool-call' ? { ...part, input: JSON.parse(part.input) } : part
}

/** What every protocol can say. */
function essence({ parts, finish }: ModelReply): unknown {
  return {
    text: parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join(''),
    calls: parts.flatMap((part) =>
      part.type === 'tool-call' ? [{ id: part.id, name: part.name, input: JSON.parse(part.input) }] : [],
    ),
    isWhole: finish.kind !== 'length' && finish.kind !== 'context-window',
    isDeclined: finish.kind === 'refusal' || finish.kind === 'content-filter',
  }
}
