import { describe, expect, test } from 'bun:test'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Part } from '../../../src/canonical/request.ts'
import { bedrockConverse } from '../../../src/protocol/bedrock-converse/index.ts'
import type { DecodeContext, Frame } from '../../../src/protocol/protocol.ts'

const frame = (event: string, body: unknown): Frame => ({ event, data: JSON.stringify(body) })
const begin = frame('messageStart', { role: 'assistant' })
const start = (index: number, toolUse: JsonObject): Frame =>
  frame('contentBlockStart', { contentBlockIndex: index, start: { toolUse } })
const delta = (index: number, body: JsonObject): Frame =>
  frame('contentBlockDelta', { contentBlockIndex: index, delta: body })
const stop = (index: number): Frame => frame('contentBlockStop', { contentBlockIndex: index })
const end = (stopReason: string, more: JsonObject = {}): Frame => frame('messageStop', { stopReason, ...more })
const counts = frame('metadata', {
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  metrics: { latencyMs: 1 },
})

function context(more: Partial<DecodeContext> = {}): DecodeContext {
  let count = 0
  return { provider: 'bedrock', model: 'm', id: (prefix) => `${prefix}${++count}`, ...more }
}

function events(frames: readonly Frame[], more?: Partial<DecodeContext>): ModelEvent[] {
  const step = bedrockConverse.decodeStream(context(more))
  return [...frames.flatMap((each) => step.push(each)), ...step.end()]
}

const partsIn = (told: readonly ModelEvent[]): Part[] =>
  told.flatMap((event) => (event.type === 'part-end' ? event.part : []))
const lastOf = (told: readonly ModelEvent[]): ModelEvent | undefined => told.at(-1)

describe('a stream', () => {
  test('ends as soon as reason and counts are there, in whichever order', () => {
    for (const tail of [
      [end('end_turn'), counts],
      [counts, end('end_turn')],
    ]) {
      const step = bedrockConverse.decodeStream(context())
      const told = [begin, delta(0, { text: 'x' }), stop(0), ...tail].flatMap((each) => step.push(each))
      expect(told.at(-1)).toMatchObject({ type: 'finish', reason: { kind: 'stop', raw: 'end_turn' } })
      expect(told).toContainEqual({ type: 'usage', usage: { input: 3, output: 2 } })
      expect(step.push(delta(0, { text: 'more' }))).toEqual([])
      expect(step.end()).toEqual([])
    }
  })

  test('may have no counts', () => {
    expect(lastOf(events([begin, delta(0, { text: 'x' }), end('max_tokens')]))).toMatchObject({
      type: 'finish',
      reason: { kind: 'length' },
    })
  })

  test('gives calls the client’s names and ids of their own', () => {
    const use = { toolUseId: 'same', name: 'short' }
    const told = events(
      [
        begin,
        start(0, use),
        delta(0, { toolUse: { input: '{"a":' } }),
        delta(0, { toolUse: { input: '1}' } }),
        stop(0),
        start(1, use),
        stop(1),
        start(2, { name: 'short' }),
        stop(2),
        end('tool_use'),
        counts,
      ],
      {
        toolNames: new Map([['short', 'the.long/name']]),
      },
    )
    expect(partsIn(told)).toMatchObject([
      { type: 'tool-call', id: 'same', name: 'the.long/name', input: '{"a":1}' },
      { type: 'tool-call', id: 'tooluse_1', name: 'the.long/name', input: '{}' },
      { type: 'tool-call', id: 'tooluse_2', input: '{}' },
    ])
  })

  test('keeps arguments that broke off for the client to see', () => {
    const told = events([
      begin,
      start(0, { toolUseId: 't', name: 'f' }),
      delta(0, { toolUse: { input: '{"a' } }),
      end('max_tokens'),
      counts,
    ])
    expect(partsIn(told)).toMatchObject([{ type: 'tool-call', input: '{"a' }])
    expect(lastOf(told)).toMatchObject({ type: 'finish', reason: { kind: 'length' } })
  })

  test.each([
    ['end_turn', true, 'tool-calls'],
    ['tool_use', false, 'stop'],
    ['stop_sequence', false, 'stop-sequence'],
    ['guardrail_intervened', false, 'content-filter'],
    ['content_filtered', false, 'content-filter'],
    ['model_context_window_exceeded', false, 'context-window'],
    ['something_new', false, 'other'],
  ])('that ends with %s, calls %p, is %s', (reason, calls, kind) => {
    const body = calls ? [start(0, { toolUseId: 't', name: 'f' }), stop(0)] : [delta(0, { text: 'x' }), stop(0)]
    expect(lastOf(events([begin, ...body, end(reason), counts]))).toMatchObject({
      type: 'finish',
      reason: { kind, raw: reason },
    })
  })

  test('says which stop sequence was met', () => {
    const fields = { additionalModelResponseFields: { delta: { stop_sequence: 'END' } } }
    expect(lastOf(events([begin, delta(0, { text: 'x' }), end('stop_sequence', fields), counts]))).toMatchObject({
      reason: { stopSequence: 'END' },
    })
  })

  test('tells of the model’s own search what it looked for and found', () => {
    const page = { title: 'A', location: { web: { url: 'https://a.example' } } }
    const own = { toolUseId: 's', name: 'nova_grounding', type: 'server_tool_use' }
    const told = events([
      begin,
      start(0, own),
      delta(0, { toolUse: { input: '{"query":"q"}' } }),
      stop(0),
      delta(1, { text: 'Yes' }),
      delta(1, { citation: page }),
      delta(1, { citation: page }),
      stop(1),
      end('end_turn'),
      counts,
    ])
    expect(lastOf(told)).toMatchObject({
      type: 'finish',
      reason: { kind: 'stop' },
      search: { queries: ['q'], pages: [{ url: 'https://a.example', title: 'A' }] },
    })
  })

  test.each<[string, Frame[], string]>([
    ['of nothing', [], 'empty-answer'],
    ['that is cut', [begin, delta(0, { text: 'x' })], 'cut-stream'],
    ['that is cut inside a message', [begin, { event: 'cut', data: '' }], 'cut-stream'],
    ['that cannot be read', [begin, { event: 'unreadable', data: 'its sum' }], 'malformed'],
    ['that is no JSON', [begin, { event: 'contentBlockDelta', data: '{' }], 'malformed'],
    ['that the model spoilt', [begin, end('malformed_tool_use'), counts], 'malformed'],
    [
      'with a throttling',
      [begin, frame('throttlingException', { message: 'Too many tokens, please wait' })],
      'rate-limit',
    ],
    ['with a refusal', [begin, frame('validationException', { message: 'no' })], 'bad-request'],
    [
      'that is too long',
      [frame('validationException', { message: 'prompt is too long: 9 tokens > 8' })],
      'context-overflow',
    ],
    [
      'that the model broke off',
      [begin, frame('modelStreamErrorException', { message: 'x', originalStatusCode: 424 })],
      'server',
    ],
    ['that nobody serves', [frame('serviceUnavailableException', {})], 'overload'],
    ['that took too long', [frame('modelTimeoutException', { message: 'x' })], 'timeout'],
    ['with an error without a type', [begin, frame('error', { code: 'InternalFailure', message: 'x' })], 'server'],
  ])('%s ends in an error', (_name, frames, kind) => {
    const told = events(frames)
    expect(lastOf(told)).toMatchObject({ type: 'error', error: { kind } })
    expect(told.filter(({ type }) => type === 'finish')).toEqual([])
  })
})

describe('a whole answer', () => {
  test.each<[string, JsonObject, string]>([
    ['without content', { usage: {} }, 'malformed'],
    ['that is an error', { __type: 'ThrottlingException', message: 'slow' }, 'rate-limit'],
    [
      'that the model spoilt',
      { output: { message: { content: [] } }, stopReason: 'malformed_model_output' },
      'malformed',
    ],
  ])('%s is an error', (_name, body, kind) => {
    expect(() => bedrockConverse.decodeReply(body, context())).toThrow(expect.objectContaining({ kind }))
  })

  test('keeps blocks that only Bedrock knows', () => {
    const content = [{ text: '' }, { novelty: { a: 1 } }, { text: 'x' }]
    const { parts } = bedrockConverse.decodeReply(
      { output: { message: { role: 'assistant', content } }, stopReason: 'end_turn' },
      context(),
    )
    expect(parts.map(({ type }) => type)).toEqual(['native', 'text'])
  })
})
