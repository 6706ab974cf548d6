import { describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../../src/canonical/error.ts'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import type { Frame } from '../../../src/protocol/protocol.ts'
import { block, decode, decodeContext, end, run, start } from './answers.ts'

describe('what compatible providers make of the stream', () => {
  test('text, reasoning and arguments that stand in the start of a block are not lost', () => {
    const events = decode([
      start(),
      ...block(0, { type: 'thinking', thinking: 'Hm. ' }, { type: 'thinking_delta', thinking: 'Yes.' }),
      ...block(1, { type: 'text', text: 'He' }, { type: 'text_delta', text: 'llo' }),
      ...block(2, { type: 'tool_use', id: 'a', name: 'run', input: { x: 1 } }),
      ...end('tool_use'),
    ])
    expect(parts(events)).toMatchObject([
      { type: 'reasoning', text: 'Hm. Yes.' },
      { type: 'text', text: 'Hello' },
      { type: 'tool-call', input: '{"x":1}' },
    ])
    expect(deltas(events)).toBe('Hm. Yes.Hello{"x":1}')
  })

  test('arguments of the start give way to those of the deltas', () => {
    const call = { type: 'tool_use', id: 'a', name: 'run', input: { x: 1 } }
    const events = decode([
      start(),
      ...block(0, call, { type: 'input_json_delta', partial_json: '{"x":2}' }),
      ...end('tool_use'),
    ])
    expect(parts(events)).toMatchObject([{ input: '{"x":2}' }])
  })

  test('content that comes whole in message_start is told', () => {
    const content = [{ type: 'tool_use', id: 'a', name: 'run', input: {} }]
    const events = decode([start({ content, stop_reason: 'tool_use' }), { type: 'message_stop' }])
    expect(parts(events)).toMatchObject([{ type: 'tool-call', id: 'a', input: '{}' }])
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: { kind: 'tool-calls' } })
  })

  test('message_start may be told twice, and blocks may lack their start or their stop', () => {
    const events = decode([
      start(),
      start(),
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      ...end('end_turn'),
    ])
    expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'part-end', 'finish'])
  })

  test('a tool call without an id gets one, and its name leads back to the client', () => {
    const context = decodeContext({ toolNames: new Map([['files_read', 'files.read']]) })
    const events = decode(
      [start(), ...block(0, { type: 'tool_use', name: 'files_read', input: {} }), ...end('tool_use')],
      context,
    )
    expect(parts(events)).toMatchObject([{ id: 'toolu_1', name: 'files.read' }])
    expect(events.find(({ type }) => type === 'part-start')).toMatchObject({ part: { id: 'toolu_1', input: '' } })
  })

  test('a prompt count of zero in the last report does not undo the first', () => {
    const events = decode([
      start({ usage: { input_tokens: 70, output_tokens: 1 } }),
      ...end('end_turn', { input_tokens: 0, output_tokens: 9 }),
    ])
    expect(events.findLast(({ type }) => type === 'usage')).toEqual({
      type: 'usage',
      usage: { input: 70, output: 9 },
    })
  })

  test('events without a name are read by their type', () => {
    const data = [
      start(),
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }),
      ...end('end_turn'),
    ]
    const frames = data.map((item): Frame => ({ data: JSON.stringify(item) }))
    expect(run(anthropicMessages.decodeStream(decodeContext()), [...frames, { data: '[DONE]' }]).at(-1)).toMatchObject({
      type: 'finish',
    })
  })

  test('reasoning knows who signed it', () => {
    const thinking = block(0, { type: 'thinking', thinking: '' }, { type: 'signature_delta', signature: 'sig' })
    expect(parts(decode([start(), ...thinking, ...end('end_turn')]))).toMatchObject([
      { type: 'reasoning', signature: 'sig', origin: { provider: 'lab', model: 'claude-lab' } },
    ])
  })

  test('deltas of an unknown kind are folded into their block, events of an unknown kind are carried', () => {
    const compaction = block(0, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'Short.' })
    const events = decode([start(), ...compaction, { type: 'weather', sky: 'blue' }, ...end('end_turn')])
    expect(parts(events)).toMatchObject([
      { type: 'native', native: { rest: { type: 'compaction', content: 'Short.' } } },
    ])
    expect(events.find(({ type }) => type === 'native')).toMatchObject({ native: { rest: { sky: 'blue' } } })
  })
})

describe('why an answer ended', () => {
  test.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool-calls'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['stop_sequence', 'stop-sequence'],
    ['model_context_window_exceeded', 'context-window'],
    ['something_new', 'other'],
  ])('%s is %s', (raw, kind) => {
    expect(decode([start(), ...end(raw)]).at(-1)).toMatchObject({ type: 'finish', reason: { kind, raw } })
  })
})

describe('what is no answer ends in an error', () => {
  const opened: JsonObject[] = [
    start(),
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ]
  test.each<[string, readonly (JsonObject | Frame)[], ErrorKind]>([
    ['nothing', [], 'empty-answer'],
    ['only a ping', [{ type: 'ping' }], 'empty-answer'],
    ['a start and no more', [start()], 'cut-stream'],
    ['no message_stop', [...opened, { type: 'message_delta', delta: { stop_reason: 'end_turn' } }], 'cut-stream'],
    ['something that is not JSON', [...opened, { data: '{"type":' }], 'malformed'],
    ['JSON that is no object', [{ data: '17' }], 'malformed'],
    ['another message inside the first', [...opened, start({ id: 'msg_2' })], 'malformed'],
    [
      'arguments of a call that never began',
      [start(), { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{' } }],
      'malformed',
    ],
    [
      'an overload',
      [start(), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
      'overload',
    ],
    ['an error of another shape', [{ data: '{"error":{"message":"boom"}}' }], 'server'],
    ['an error that is not JSON', [{ event: 'error', data: 'upstream connect error' }], 'server'],
    [
      'an overflow',
      [
        {
          type: 'error',
          error: { type: 'invalid_request_error', message: 'prompt is too long: 2 tokens > 1 maximum' },
        },
      ],
      'context-overflow',
    ],
  ])('%s', (_, inputs, kind) => {
    const frames = inputs.map((input) =>
      'data' in input ? (input as Frame) : { event: String(input.type), data: JSON.stringify(input) },
    )
    const events = run(anthropicMessages.decodeStream(decodeContext()), frames)
    const last = events.at(-1)
    if (last?.type !== 'error') throw new Error(`ended with ${last?.type}`)
    expect(last.error.kind).toBe(kind)
    expect(last.error.details).toMatchObject({ provider: 'lab', model: 'claude-lab' })
    expect(events.filter(({ type }) => type === 'finish' || type === 'error')).toHaveLength(1)
  })

  test('nothing is told after the end', () => {
    const step = anthropicMessages.decodeStream(decodeContext())
    run(step, [])
    expect(step.push({ event: 'message_stop', data: '{"type":"message_stop"}' })).toEqual([])
    expect(step.end()).toEqual([])
  })
})

function parts(events: readonly ModelEvent[]) {
  return events.flatMap((event) => (event.type === 'part-end' ? event.part : []))
}

function deltas(events: readonly ModelEvent[]): string {
  return events.flatMap((event) => (event.type === 'part-delta' ? event.text : [])).join('')
}
