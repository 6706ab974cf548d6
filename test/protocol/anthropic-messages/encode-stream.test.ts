import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import type { FinishKind, ModelEvent } from '../../../src/canonical/event.ts'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Part, ToolCallPart } from '../../../src/canonical/request.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import { decode, encode } from './answers.ts'

describe('the frame of an answer', () => {
  test('message_start comes first and knows the usage that was told with it', () => {
    const [first] = encode([
      { type: 'start', id: 'msg_9', model: 'm' },
      { type: 'usage', usage: { input: 5, cacheRead: 2 } },
      ...whole('Hi'),
    ])
    expect(first).toEqual({
      type: 'message_start',
      message: {
        id: 'msg_9',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 5, cache_read_input_tokens: 2, cache_creation_input_tokens: 0, output_tokens: 0 },
      },
    })
  })

  test('an answer without a start, an id or usage still has all that clients read', () => {
    const frames = encode(whole('Hi').slice(1))
    expect(frames[0]).toMatchObject({
      message: { id: 'msg_1', model: 'client-model', usage: { input_tokens: 0, output_tokens: 0 } },
    })
    expect(frames.at(-2)).toMatchObject({ type: 'message_delta', usage: { input_tokens: 0, output_tokens: 0 } })
    expect(frames.at(-1)).toEqual({ type: 'message_stop' })
  })

  test('usage that comes last is told whole', () => {
    const events = whole('Hi')
    const usage = { input: 10, cacheRead: 4, cacheWrite: 3, output: 7, reasoning: 2 }
    const frames = encode([...events.slice(0, -1), { type: 'usage', usage }, ...events.slice(-1)])
    expect(frames.at(-2)?.usage).toEqual({
      input_tokens: 10,
      cache_read_input_tokens: 4,
      cache_creation_input_tokens: 3,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 2 },
    })
  })
})

describe('blocks', () => {
  test('come one at a time with dense indexes, however the parts are interleaved', () => {
    const calls = [call('a', '{"x":1}'), call('b', '{"y":2}')] as const
    const frames = encode([
      { type: 'start' },
      { type: 'part-start', index: 0, part: { ...calls[0], input: '' } },
      { type: 'part-start', index: 1, part: { ...calls[1], input: '' } },
      { type: 'part-delta', index: 1, text: '{"y"' },
      { type: 'part-delta', index: 0, text: '{"x":1}' },
      { type: 'part-delta', index: 1, text: ':2}' },
      { type: 'part-end', index: 1, part: calls[1] },
      { type: 'part-end', index: 0, part: calls[0] },
      { type: 'finish', reason: { kind: 'tool-calls' } },
    ])
    expect(frames.slice(1, -2).map(({ type, index }) => [type, index])).toEqual([
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
    ])
    expect(frames[5]).toMatchObject({ delta: { type: 'input_json_delta', partial_json: '{"y":2}' } })
  })

  test('an empty text makes none', () => {
    expect(encode(whole('')).map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop'])
  })

  test('text that is only told when its part ends is not lost', () => {
    const part: Part = { type: 'text', text: 'Hello' }
    const frames = encode([
      { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
      { type: 'part-delta', index: 0, text: 'He' },
      { type: 'part-end', index: 0, part },
      stop,
    ])
    expect(frames.flatMap(({ delta }) => ((delta as JsonObject | undefined)?.text as string) ?? []).join('')).toBe(
      'Hello',
    )
  })

  test('a signature stands before the stop of its block', () => {
    const native = { protocol: 'anthropic-messages', rest: {} } as const
    const frames = encode([
      { type: 'part-start', index: 0, part: { type: 'reasoning', text: '', native } },
      { type: 'part-delta', index: 0, text: 'Hm.' },
      { type: 'part-end', index: 0, part: { type: 'reasoning', text: 'Hm.', signature: 'sig', native } },
      stop,
    ])
    expect(frames.slice(1, 5)).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
      { type: 'content_block_stop', index: 0 },
    ])
  })

  test('blocks of other protocols make none, and leave no gap', () => {
    const native = { type: 'native', native: { protocol: 'openai-responses', rest: { type: 'odd' } } } as const
    const frames = encode([
      { type: 'part-start', index: 0, part: native },
      { type: 'part-end', index: 0, part: native },
      { type: 'part-start', index: 1, part: call('a', '') },
      { type: 'part-end', index: 1, part: call('a', '{}') },
      stop,
    ])
    expect(frames[1]).toMatchObject({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', input: {} },
    })
  })

  test('an image that the model made is told in words', () => {
    const image: Part = {
      type: 'media',
      kind: 'image',
      mediaType: 'image/png',
      source: { type: 'base64', data: 'iVBO' },
    }
    const frames = encode([
      { type: 'part-start', index: 0, part: image },
      { type: 'part-end', index: 0, part: image },
      stop,
    ])
    expect(frames[2]).toMatchObject({ delta: { type: 'text_delta' } })
  })
})

describe('why an answer ended', () => {
  test.each<[FinishKind, boolean, string]>([
    ['stop', false, 'end_turn'],
    ['stop', true, 'tool_use'],
    ['tool-calls', true, 'tool_use'],
    ['tool-calls', false, 'end_turn'],
    ['other', true, 'tool_use'],
    ['length', true, 'max_tokens'],
    ['context-window', false, 'model_context_window_exceeded'],
    ['content-filter', false, 'refusal'],
    ['refusal', false, 'refusal'],
    ['pause', false, 'pause_turn'],
    ['stop-sequence', false, 'stop_sequence'],
  ])('%s, with a call: %p, is %s', (kind, hasCall, reason) => {
    const called: ModelEvent[] = [
      { type: 'part-start', index: 0, part: call('a', '') },
      { type: 'part-end', index: 0, part: call('a', '{}') },
    ]
    const frames = encode([{ type: 'start' }, ...(hasCall ? called : []), { type: 'finish', reason: { kind } }])
    expect(frames.at(-2)).toMatchObject({ delta: { stop_reason: reason } })
  })
})

describe('failures', () => {
  test('an error is the last thing that a client hears', () => {
    const error = new ModelError('Overloaded', { kind: 'overload', requestId: 'req_1' })
    const frames = encode([...whole('Hi').slice(0, 3), { type: 'error', error }, ...whole('again')])
    expect(frames.at(-1)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
      request_id: 'req_1',
    })
    expect(frames.filter(({ type }) => type === 'error')).toHaveLength(1)
  })

  test('an error before anything else stands alone', () => {
    const frames = encode([{ type: 'start' }, { type: 'error', error: new ModelError('x', { kind: 'server' }) }])
    expect(frames.map(({ type }) => type)).toEqual(['error'])
  })

  test('an end without a finish is an error', () => {
    expect(encode(whole('Hi').slice(0, -1)).at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })
})

describe('what another provider signed comes back with its origin', () => {
  const origin = { provider: 'gem: ü', model: 'gemini/3' }
  test.each<[string, Part]>([
    ['signed reasoning', { type: 'reasoning', text: 'Hm.', signature: 'a:b/+=', origin }],
    ['unsigned reasoning', { type: 'reasoning', text: 'Hm.', origin }],
    ['encrypted reasoning', { type: 'reasoning', text: '', encrypted: 'opaque', origin }],
    ['encrypted reasoning with a summary', { type: 'reasoning', text: 'Sum.', encrypted: 'opaque', origin }],
    [
      'a signed tool call with an id of its own',
      { type: 'tool-call', id: 'functions.read:0', name: 'run', input: '{}', signature: 'sig', origin },
    ],
  ])('%s', (_, part) => {
    const empty = part.type === 'tool-call' ? { ...part, input: '' } : { type: 'reasoning' as const, text: '' }
    const frames = encode([{ type: 'part-start', index: 0, part: empty }, { type: 'part-end', index: 0, part }, stop])
    const content = decode(frames).flatMap<JsonObject>((event) =>
      event.type === 'part-end' ? blockOf(event.part) : [],
    )
    const body = { model: 'm', messages: [{ role: 'assistant', content }] }
    const { messages } = anthropicMessages.decodeRequest({ path: '', query: '', headers: {}, body })
    expect(messages[0]?.parts).toEqual([part])
  })
})

const stop: ModelEvent = { type: 'finish', reason: { kind: 'stop' } }

function whole(text: string): ModelEvent[] {
  return [
    { type: 'start', id: 'msg_9', model: 'm' },
    { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
    ...(text === '' ? [] : [{ type: 'part-delta' as const, index: 0, text }]),
    { type: 'part-end', index: 0, part: { type: 'text', text } },
    stop,
  ]
}

function call(id: string, input: string): ToolCallPart {
  return { type: 'tool-call', id, name: 'run', input }
}

/** A block as a client keeps it and sends it back. */
function blockOf(part: Part): JsonObject {
  if (part.type === 'tool-call')
    return { type: 'tool_use', id: part.id, name: part.name, input: JSON.parse(part.input) }
  if (part.type !== 'reasoning') throw new Error(`unexpected ${part.type}`)
  if (part.encrypted !== undefined) return { type: 'redacted_thinking', data: part.encrypted }
  return { type: 'thinking', thinking: part.text, ...(part.signature !== undefined && { signature: part.signature }) }
}
