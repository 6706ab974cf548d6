import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ModelEvent } from '../../src/canonical/event.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { createCollector } from '../../src/canonical/reply.ts'
import { protocols } from '../../src/protocol/index.ts'
import type { Frame, Protocol } from '../../src/protocol/protocol.ts'
import { faultsOf } from '../helper/event-grammar.ts'
import { codecs, decodeContext, encodeContext, eventsIn, run } from './scenarios.ts'

/** A call as a model makes it, its arguments in pieces. */
interface Made {
  readonly id: string
  readonly name: string
  readonly pieces: readonly string[]
}

/** One step of a stream: the next piece of a call; the first begins it. */
interface Piece {
  readonly call: Made
  readonly place: number
  readonly text: string
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** How a provider tells pieces of calls that it makes side by side. */
const TELLERS: readonly (readonly [ProtocolId, (pieces: readonly Piece[], calls: readonly Made[]) => Frame[]])[] = [
  [
    'anthropic-messages',
    (pieces) => {
      const told = pieces.flatMap(({ call: { id, name }, place: index, text, isFirst, isLast }) => [
        ...(isFirst
          ? [{ type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } }]
          : []),
        { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: text } },
        ...(isLast ? [{ type: 'content_block_stop', index }] : []),
      ])
      const message = { id: 'msg_1', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1 } }
      const delta = { stop_reason: 'tool_use', stop_sequence: null }
      const end = [{ type: 'message_delta', delta, usage: { output_tokens: 1 } }, { type: 'message_stop' }]
      return named([{ type: 'message_start', message }, ...told, ...end])
    },
  ],
  [
    'openai-chat',
    (pieces) => {
      const chunk = (delta: object, finish: string | null = null): Frame => ({
        data: JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] }),
      })
      const told = pieces.map(({ call: { id, name }, place: index, text, isFirst }) =>
        chunk({
          tool_calls: [
            {
              index,
              ...(isFirst && { id, type: 'function' }),
              function: { ...(isFirst && { name }), arguments: text },
            },
          ],
        }),
      )
      return [...told, chunk({}, 'tool_calls'), { data: '[DONE]' }]
    },
  ],
  [
    'openai-responses',
    (pieces, calls) => {
      const item = ({ id, name, pieces: texts }: Made, status: string) => ({
        type: 'function_call',
        id: `fc_${id}`,
        call_id: id,
        name,
        arguments: status === 'completed' ? texts.join('') : '',
        status,
      })
      const told = pieces.flatMap(({ call, place, text, isFirst, isLast }) => [
        ...(isFirst
          ? [{ type: 'response.output_item.added', output_index: place, item: item(call, 'in_progress') }]
          : []),
        {
          type: 'response.function_call_arguments.delta',
          item_id: `fc_${call.id}`,
          output_index: place,
          delta: text,
        },
        ...(isLast ? [{ type: 'response.output_item.done', output_index: place, item: item(call, 'completed') }] : []),
      ])
      const response = { id: 'resp_1', object: 'response', model: 'm', output: [], status: 'in_progress' }
      const output = calls.map((call) => item(call, 'completed'))
      return named([
        { type: 'response.created', response },
        ...told,
        { type: 'response.completed', response: { ...response, status: 'completed', output } },
      ])
    },
  ],
  [
    'gemini',
    // Whole calls, each in a chunk of its own or several in one.
    (pieces) => {
      const told = pieces
        .filter(({ isLast }) => isLast)
        .toSorted((one, other) => one.place - other.place)
        .map(({ call }) => ({ functionCall: { id: call.id, name: call.name, args: JSON.parse(call.pieces.join('')) } }))
      const half = Math.floor(told.length / 2)
      return [told.slice(0, half), told.slice(half)].map((parts, index) => ({
        data: JSON.stringify({
          candidates: [{ content: { role: 'model', parts }, index: 0, ...(index === 1 && { finishReason: 'STOP' }) }],
        }),
      }))
    },
  ],
  [
    'bedrock-converse',
    (pieces) => {
      const told = pieces.flatMap(({ call: { id, name }, place, text, isFirst, isLast }) => {
        const own = { contentBlockIndex: place }
        return [
          ...(isFirst ? [['contentBlockStart', { ...own, start: { toolUse: { toolUseId: id, name } } }] as const] : []),
          ['contentBlockDelta', { ...own, delta: { toolUse: { input: text } } }] as const,
          ...(isLast ? [['contentBlockStop', own] as const] : []),
        ]
      })
      const all = [
        ['messageStart', { role: 'assistant' }],
        ...told,
        ['messageStop', { stopReason: 'tool_use' }],
      ] as const
      return all.map(([event, data]) => ({ event, data: JSON.stringify(data) }))
    },
  ],
]

const value = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  {
    maxKeys: 3,
  },
)

/** Some calls with their arguments cut anywhere, and an order in which the pieces come. */
const interleaved = fc
  .array(fc.tuple(value, fc.array(fc.nat(40), { maxLength: 4 })), { minLength: 2, maxLength: 5 })
  .chain((drawn) => {
    const calls = drawn.map(([input, cuts], place): Made => ({
      id: `call_${place}`,
      name: `tool_${place % 2}`,
      pieces: cut(JSON.stringify(input), cuts),
    }))
    const turns = calls.flatMap(({ pieces }, place) => pieces.map(() => place))
    return fc.tuple(fc.constant(calls), fc.shuffledSubarray(turns, { minLength: turns.length }))
  })

describe.each(TELLERS)('calls that %s makes side by side', (id, tell) => {
  test.each(codecs.map((client) => [client.id, client] as const))(
    'reach a client of %s whole and in order, however their pieces mix',
    (_, client: Protocol) => {
      fc.assert(
        fc.property(interleaved, ([calls, turns]) => {
          const events = eventsIn(protocols[id] as Protocol, tell(piecesOf(calls, turns), calls))
          expect(faultsOf(events)).toEqual([])
          const wanted = inOrder(calls, events)
          const frames = run(client.encodeStream(encodeContext()), events)
          const told = run(client.decodeStream(decodeContext()), frames)
          expect(faultsOf(told)).toEqual([])
          expect(callsIn(told)).toEqual(wanted)
          expect(told.at(-1)).toMatchObject({ type: 'finish', reason: { kind: 'tool-calls' } })
        }),
        { numRuns: 100, seed: 20260101 },
      )
    },
  )
})

/** The calls in the order in which they were begun, as far as the provider's own numbering leaves that open. */
function inOrder(calls: readonly Made[], events: readonly ModelEvent[]): unknown[] {
  const begun = events.flatMap((event) =>
    event.type === 'part-start' && event.part.type === 'tool-call' ? [event.part.id] : [],
  )
  expect(begun.toSorted()).toEqual(calls.map(({ id }) => id).toSorted())
  return begun.map((id) => {
    const { name, pieces } = calls.find((call) => call.id === id) as Made
    return { id, name, input: JSON.parse(pieces.join('')) }
  })
}

function callsIn(events: readonly ModelEvent[]): unknown[] {
  const collector = createCollector()
  for (const event of events) collector.push(event)
  return (collector.end()?.parts ?? []).map((part) =>
    part.type === 'tool-call' ? { id: part.id, name: part.name, input: JSON.parse(part.input) } : part,
  )
}

/** The pieces in the order of `turns`; a call that begins later has a higher place, as providers number them. */
function piecesOf(calls: readonly Made[], turns: readonly number[]): Piece[] {
  const told = calls.map(() => 0)
  const places = [...new Set(turns)]
  return turns.map((which) => {
    const call = calls[which] as Made
    const count = told[which] as number
    told[which] = count + 1
    return {
      call,
      place: places.indexOf(which),
      text: call.pieces[count] as string,
      isFirst: count === 0,
      isLast: count === call.pieces.length - 1,
    }
  })
}

function cut(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.filter((at) => at > 0 && at < text.length), text.length])].toSorted(
    (a, b) => a - b,
  )
  return places.slice(1).map((end, index) => text.slice(places[index], end))
}

function named(events: readonly { readonly type: string; readonly [key: string]: unknown }[]): Frame[] {
  return events.map((event) => ({ event: event.type, data: JSON.stringify(event) }))
}
