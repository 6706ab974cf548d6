import { describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../../src/canonical/error.ts'
import type { FinishKind, ModelEvent } from '../../../src/canonical/event.ts'
import { openaiResponses } from '../../../src/protocol/openai-responses/index.ts'
import type { DecodeContext } from '../../../src/protocol/protocol.ts'
import { faultsOf } from '../../helper/event-grammar.ts'

function heard(events: readonly (object | string)[], more: Partial<DecodeContext> = {}): ModelEvent[] {
  let count = 0
  const step = openaiResponses.decodeStream({
    provider: 'acme',
    model: 'm-1',
    id: (prefix) => `${prefix}${++count}`,
    ...more,
  })
  const frames = events.map((event) => ({ data: typeof event === 'string' ? event : JSON.stringify(event) }))
  return [...frames.flatMap((frame) => step.push(frame)), ...step.end()]
}

const created = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'm-1', status: 'in_progress', output: [] },
}
const ending = (fields: object = {}) => ({
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', output: [], ...fields },
})
const item = (output_index: number, fields: object) => ({
  type: 'response.output_item.added',
  output_index,
  item: fields,
})
const done = (output_index: number, fields: object) => ({
  type: 'response.output_item.done',
  output_index,
  item: fields,
})
const message = (id: string, text: string) => ({
  type: 'message',
  id,
  role: 'assistant',
  content: [{ type: 'output_text', text }],
})
const call = (call_id: string, args: string) => ({
  type: 'function_call',
  id: `fc_${call_id}`,
  call_id,
  name: 'f',
  arguments: args,
})
const delta = (output_index: number, text: string) => ({
  type: 'response.output_text.delta',
  output_index,
  content_index: 0,
  delta: text,
})
const argument = (output_index: number, text: string) => ({
  type: 'response.function_call_arguments.delta',
  output_index,
  delta: text,
})

describe('however the items are told', () => {
  test.each<[name: string, events: (object | string)[], parts: string[]]>([
    ['deltas without their announcement', [created, delta(0, 'a'), delta(0, 'b'), ending()], ['text ab']],
    ['an item that is only done', [created, done(0, message('m', 'ab')), ending()], ['text ab']],
    [
      'a response whose items only the end tells',
      [created, ending({ output: [message('m', 'ab'), call('c', '{}')] })],
      ['text ab', 'tool-call {}'],
    ],
    [
      'places with gaps',
      [
        created,
        done(0, message('a', 'a')),
        done(2, message('b', 'b')),
        ending({ output: [message('a', 'a'), message('b', 'b')] }),
      ],
      ['text a', 'text b'],
    ],
    [
      'deltas that lack the end of the text',
      [created, delta(0, 'a'), done(0, message('m', 'ab')), ending()],
      ['text ab'],
    ],
    [
      'arguments without deltas',
      [created, item(0, call('c', '')), done(0, call('c', '{"a":1}')), ending()],
      ['tool-call {"a":1}'],
    ],
    [
      'arguments of two calls by turns',
      [
        created,
        item(0, call('c', '')),
        item(1, call('d', '')),
        argument(0, '{"a"'),
        argument(1, '{"b"'),
        argument(0, ':1}'),
        argument(1, ':2}'),
        done(1, call('d', '{"b":2}')),
        done(0, call('c', '{"a":1}')),
        ending(),
      ],
      ['tool-call {"b":2}', 'tool-call {"a":1}'],
    ],
    [
      'a call that is announced without its name',
      [created, item(0, { type: 'function_call' }), argument(0, '{}'), done(0, call('c', '{}')), ending()],
      ['tool-call {}'],
    ],
    ['an item that is never done', [created, item(0, call('c', '')), argument(0, '{}'), ending()], ['tool-call {}']],
    ['[DONE] and empty events', [created, '', delta(0, 'a'), ending(), '[DONE]'], ['text a']],
    [
      'events of types that nobody knows',
      [created, { type: 'keepalive' }, { type: 'response.new.thing', output_index: 0 }, delta(0, 'a'), ending()],
      ['text a'],
    ],
    ['what follows the end', [created, delta(0, 'a'), ending(), delta(0, 'b'), created], ['text a']],
  ])('%s', (_, events, parts) => {
    const told = heard(events)
    expect(faultsOf(told)).toEqual([])
    const texts = told.flatMap((event) => {
      if (event.type !== 'part-end') return []
      const { part } = event
      return `${part.type} ${part.type === 'tool-call' ? part.input : 'text' in part ? part.text : ''}`
    })
    expect(texts).toEqual(parts)
  })

  test('names and ids are those that the client knows', () => {
    const told = heard([created, done(0, call('', '{}')), ending()], { toolNames: new Map([['f', 'files.read']]) })
    expect(told.find(({ type }) => type === 'part-end')).toMatchObject({ part: { id: 'call_1', name: 'files.read' } })
  })
})

describe('free-form tools', () => {
  const custom = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'patch', input: 'a "b" 🩹' }
  const events = [
    created,
    item(0, { ...custom, input: '' }),
    { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'a "b" \ud83e' },
    { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '\ude79' },
    done(0, custom),
    ending(),
  ]

  test('are functions with one argument', () => {
    expect(faultsOf(heard(events))).toEqual([])
    const told = heard(events).find(({ type }) => type === 'part-end')
    const part = told?.type === 'part-end' && told.part.type === 'tool-call' ? told.part : undefined
    expect(JSON.parse(part?.input ?? '')).toEqual({ input: 'a "b" 🩹' })
  })

  test('that the client never declared are the provider’s own, and no call for it to answer', () => {
    const told = heard(events, { customTools: new Set() })
    expect(told.find(({ type }) => type === 'part-end')).toMatchObject({ part: { type: 'native' } })
    expect(told.at(-1)).toMatchObject({ type: 'finish', reason: { kind: 'stop' } })
  })
})

describe('how it ends', () => {
  test.each<[name: string, event: object, kind: FinishKind]>([
    ['completed', ending(), 'stop'],
    [
      'a limit',
      {
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      },
      'length',
    ],
    [
      'a filter',
      { type: 'response.incomplete', response: { incomplete_details: { reason: 'content_filter' } } },
      'content-filter',
    ],
    [
      'an unknown reason',
      { type: 'response.incomplete', response: { incomplete_details: { reason: 'boredom' } } },
      'other',
    ],
    [
      'a completed response that says it is not whole',
      ending({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      'length',
    ],
  ])('%s', (_, event, kind) => {
    expect(heard([created, delta(0, 'a'), event]).at(-1)).toMatchObject({ type: 'finish', reason: { kind } })
  })

  const failed = (error: object) => ({ type: 'response.failed', response: { status: 'failed', error } })
  test.each<[name: string, events: (object | string)[], kind: ErrorKind, message: string]>([
    ['nothing', [], 'empty-answer', 'acme (m-1) answered nothing at all'],
    ['a cut', [created, delta(0, 'a')], 'cut-stream', 'acme (m-1) broke off its answer'],
    ['[DONE] without an end', [created, delta(0, 'a'), '[DONE]'], 'cut-stream', 'acme (m-1) broke off its answer'],
    ['a failed response', [created, failed({ code: 'server_error', message: 'Oops' })], 'server', 'Oops'],
    [
      'a full context',
      [created, failed({ code: 'context_length_exceeded', message: 'Too long' })],
      'context-overflow',
      'Too long',
    ],
    ['an unacceptable prompt', [created, failed({ code: 'invalid_prompt', message: 'No' })], 'bad-request', 'No'],
    ['an overloaded server', [created, failed({ code: 'server_is_overloaded', message: 'Busy' })], 'overload', 'Busy'],
    [
      'a flat error event',
      [created, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow' }],
      'rate-limit',
      'Slow',
    ],
    [
      'a nested error event',
      [created, { type: 'error', error: { type: 'insufficient_quota', message: 'Pay' } }],
      'quota',
      'Pay',
    ],
    ['a failure without words', [created, { type: 'response.failed', response: {} }], 'server', 'acme (m-1) failed'],
    ['an event that is no JSON', [created, '{"type":'], 'malformed', 'acme (m-1) sent an event'],
  ])('%s is an error', (_, events, kind, text) => {
    const last = heard(events).at(-1)
    expect(last).toMatchObject({ type: 'error', error: { kind } })
    expect(last?.type === 'error' && last.error.message).toContain(text)
  })
})

test('of a relayed stream, the notable frames alone tell usage, proofs and the end', () => {
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }
  const usage = { input_tokens: 5, output_tokens: 2 }
  const events = [
    created,
    item(0, { type: 'reasoning', id: 'rs_1' }),
    done(0, reasoning),
    item(1, { type: 'message', id: 'm' }),
    delta(1, 'a'),
    done(1, message('m', 'a')),
    ending({ output: [reasoning, message('m', 'a')], usage }),
  ]
  const notable = events.filter((event) =>
    openaiResponses.isNotable({ event: event.type, data: JSON.stringify(event) }),
  )
  expect(notable.length).toBeLessThan(events.length)
  const told = heard(notable)
  expect(faultsOf(told)).toEqual([])
  expect(told.filter(({ type }) => type === 'part-end')).toMatchObject([
    { part: { encrypted: 'gAAA' } },
    { part: { text: 'a' } },
  ])
  expect(told.filter(({ type }) => type === 'usage')).toMatchObject([{ usage: { input: 5, output: 2 } }])
})
