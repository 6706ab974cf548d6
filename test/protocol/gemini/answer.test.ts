import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import type { Json, JsonObject } from '../../../src/canonical/json.ts'
import { createCollector } from '../../../src/canonical/reply.ts'
import type { Part } from '../../../src/canonical/request.ts'
import { gemini } from '../../../src/protocol/gemini/index.ts'
import { applyPartialArg } from '../../../src/protocol/gemini/partial-args.ts'
import type { DecodeContext, Frame } from '../../../src/protocol/protocol.ts'

function context(toolNames?: ReadonlyMap<string, string>): DecodeContext {
  let count = 0
  return {
    provider: 'google',
    model: 'gemini-3-pro',
    id: (prefix) => `${prefix}${++count}`,
    ...(toolNames && { toolNames }),
  }
}

function events(chunks: readonly (JsonObject | string)[], names?: ReadonlyMap<string, string>): ModelEvent[] {
  const step = gemini.decodeStream(context(names))
  const frames = chunks.map((each): Frame => ({ data: typeof each === 'string' ? each : JSON.stringify(each) }))
  return [...frames.flatMap((frame) => step.push(frame)), ...step.end()]
}

function parts(...chunks: JsonObject[]): readonly Part[] {
  const collector = createCollector()
  for (const event of events(chunks)) collector.push(event)
  return collector.end()?.parts ?? []
}

function chunk(pieces: Json[], more: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { role: 'model', parts: pieces }, ...more }] }
}

const text = (value: string): JsonObject => ({ text: value })
const stop = chunk([], { finishReason: 'STOP' })

describe('how an answer ends', () => {
  const endings: [string, JsonObject[], object][] = [
    ['nothing at all', [], { kind: 'empty-answer' }],
    ['an empty success', [chunk([text('')], { finishReason: 'STOP' })], { kind: 'empty-answer' }],
    ['a candidate without content', [{ candidates: [{ finishReason: 'STOP', index: 0 }] }], { kind: 'empty-answer' }],
    ['no candidates', [{ candidates: [], usageMetadata: { promptTokenCount: 4 } }], { kind: 'empty-answer' }],
    ['thoughts alone', [chunk([{ text: 'hm', thought: true }], { finishReason: 'STOP' })], { kind: 'empty-answer' }],
    [
      'a signature alone',
      [chunk([{ text: '', thoughtSignature: 'c2ln' }], { finishReason: 'STOP' })],
      { kind: 'empty-answer' },
    ],
    ['text without an end', [chunk([text('Hel')])], { kind: 'cut-stream' }],
    [
      'a spoilt call',
      [chunk([text('a')], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed function call: x(' })],
      { kind: 'malformed', code: 'MALFORMED_FUNCTION_CALL' },
    ],
    ['an unexpected call', [chunk([], { finishReason: 'UNEXPECTED_TOOL_CALL' })], { kind: 'malformed' }],
    ['an unknown reason without content', [chunk([], { finishReason: 'NEW_WORD' })], { kind: 'empty-answer' }],
  ]
  test.each(endings)('%s is an error, streamed and whole', (_, chunks, details) => {
    const last = events(chunks).at(-1)
    expect(last).toMatchObject({ type: 'error', error: { details } })
    const [only] = chunks
    if (chunks.length === 1 && only) expect(thrownBy(only)).toMatchObject({ details })
  })

  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['IMAGE_SAFETY', 'content-filter'],
    ['OTHER', 'other'],
    ['NEW_WORD', 'other'],
  ])('%s after a text is %s', (finishReason, kind) => {
    expect(events([chunk([text('a')], { finishReason })]).at(-1)).toMatchObject({
      type: 'finish',
      reason: { kind, raw: finishReason },
    })
  })

  test('a limit that the thoughts used up is no empty success', () => {
    const last = events([chunk([], { finishReason: 'MAX_TOKENS' })]).at(-1)
    expect(last).toMatchObject({ type: 'finish', reason: { kind: 'length' } })
  })

  test('STOP after a call asks for the call to be run', () => {
    const call = chunk([{ functionCall: { name: 'read', args: {} } }], { finishReason: 'STOP' })
    expect(events([call]).at(-1)).toMatchObject({ reason: { kind: 'tool-calls', raw: 'STOP' } })
  })

  test('a blocked prompt is a content filter, and its reason is kept', () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] } }
    expect(events([blocked]).at(-1)).toMatchObject({
      type: 'finish',
      reason: { kind: 'content-filter', raw: 'SAFETY' },
    })
  })

  test('an error inside the stream ends it, also in a list', () => {
    const error = { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } }
    for (const told of [JSON.stringify(error), JSON.stringify([error])]) {
      const all = events([chunk([text('a')]), told, stop])
      expect(all.filter(({ type }) => type === 'error' || type === 'finish')).toMatchObject([
        { type: 'error', error: { kind: 'rate-limit', status: 429, message: 'slow down' } },
      ])
    }
  })

  test('something that is not JSON is an error', () => {
    expect(events(['<html>']).at(-1)).toMatchObject({ type: 'error', error: { kind: 'malformed' } })
  })

  test('usage that comes after the reason is told before the finish', () => {
    const all = events([
      chunk([text('a')], { finishReason: 'STOP' }),
      { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 } },
    ])
    const [usage, finish] = all.filter(({ type }) => type === 'usage' || type === 'finish')
    expect([usage, finish]).toMatchObject([{ usage: { input: 3, output: 2 } }, { type: 'finish' }])
  })
})

describe('what an answer holds', () => {
  test('texts that follow each other are one part; a signature closes it', () => {
    const told = parts(
      chunk([text('a'), text('b')]),
      chunk([{ text: '', thoughtSignature: 'c2ln' }]),
      chunk([text('c')]),
      stop,
    )
    expect(told).toEqual([
      { type: 'text', text: 'ab', native: { protocol: 'gemini', rest: { thoughtSignature: 'c2ln' } } },
      { type: 'text', text: 'c' },
    ])
  })

  test('only the first candidate counts', () => {
    const second = { content: { parts: [text('no')] }, index: 1, finishReason: 'STOP' }
    const first = { content: { parts: [text('yes')] }, index: 0, finishReason: 'STOP' }
    expect(parts({ candidates: [second, first] })).toEqual([{ type: 'text', text: 'yes' }])
  })

  test('calls without ids, and ids that come twice, get unique ones; names lead back', () => {
    const call = (id?: string): JsonObject => ({ functionCall: { name: 'mcp_x', args: {}, ...(id && { id }) } })
    const told = events(
      [chunk([call(), call('a'), call('a')], { finishReason: 'STOP' })],
      new Map([['mcp_x', 'mcp:x']]),
    )
    const calls = told.flatMap((event) =>
      event.type === 'part-end' && event.part.type === 'tool-call' ? event.part : [],
    )
    expect(calls.map(({ id }) => id)).toEqual(['call_1', 'a', 'call_2'])
    expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(['mcp:x']))
  })

  test('a call without a name is nothing that could be run', () => {
    expect(events([chunk([{ functionCall: { args: {} } }], { finishReason: 'STOP' })]).at(-1)).toMatchObject({
      type: 'error',
    })
  })

  test('a picture is a part of its own', () => {
    const told = parts(chunk([{ inlineData: { mimeType: 'image/png', data: 'AA==' } }], { finishReason: 'STOP' }))
    expect(told).toMatchObject([
      { type: 'media', kind: 'image', mediaType: 'image/png', source: { type: 'base64', data: 'AA==' } },
    ])
  })
})

describe('arguments in pieces', () => {
  const built = (...pieces: JsonObject[]): JsonObject => {
    const args: JsonObject = {}
    for (const piece of pieces) applyPartialArg(args, piece)
    return args
  }

  test('paths with quoted names and lists', () => {
    const told = built(
      { jsonPath: "$['a.b'][0]", stringValue: 'x' },
      { jsonPath: '$["a.b"][0]', stringValue: 'y' },
      { jsonPath: '$["a.b"][1].c', boolValue: true },
    )
    expect(told).toEqual({ 'a.b': ['xy', { c: true }] })
  })

  test('a hostile path neither touches prototypes nor fills memory', () => {
    const told = built(
      { jsonPath: '$.__proto__.polluted', stringValue: 'x' },
      { jsonPath: '$.list[4000000000]', stringValue: 'x' },
      { jsonPath: 'nothing', stringValue: 'x' },
    )
    expect(({} as JsonObject).polluted).toBeUndefined()
    expect(JSON.stringify(told)).toBe('{"__proto__":{"polluted":"x"},"list":[]}')
  })

  test('a call whose end never came ends with the answer', () => {
    const told = parts(
      chunk([{ functionCall: { name: 'read', willContinue: true } }]),
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.n', numberValue: 1 }] } }], { finishReason: 'STOP' }),
    )
    expect(told).toMatchObject([{ type: 'tool-call', name: 'read', input: '{"n":1}' }])
  })
})

describe('counts', () => {
  test.each<[JsonObject, object | undefined]>([
    [
      { promptTokenCount: 10, cachedContentTokenCount: 4 },
      { input: 6, cacheRead: 4 },
    ],
    [
      { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 7 },
      { input: 10, output: 12, reasoning: 7 },
    ],
    [
      { promptTokenCount: 10, toolUsePromptTokenCount: 3, thoughtsTokenCount: 7 },
      { input: 13, output: 7, reasoning: 7 },
    ],
    [{ trafficType: 'ON_DEMAND' }, undefined],
  ])('%p', (usageMetadata, usage) => {
    const body = { ...chunk([text('a')], { finishReason: 'STOP' }), usageMetadata }
    expect(gemini.decodeReply(body, context()).usage).toEqual(usage as object)
  })
})

describe('for a Gemini client', () => {
  const encodeContext = { id: (prefix: string) => `${prefix}1`, created: 0, model: 'm' }
  const origin = { provider: 'anthropic', model: 'claude' }

  test("another provider's signature comes back with its origin", () => {
    const reply = {
      parts: [
        { type: 'reasoning', text: 'hm', signature: 'c2ln:ü', origin },
        { type: 'tool-call', id: '1', name: 'read', input: '{}', signature: 'YQ==', origin },
      ] as const,
      finish: { kind: 'tool-calls' },
    } as const
    const body = gemini.encodeReply(reply, encodeContext)
    const [candidate] = body.candidates as [{ content: JsonObject }]
    for (const part of candidate.content.parts as JsonObject[])
      expect(String(part.thoughtSignature)).toMatch(/^[A-Za-z0-9+/]+=*$/)
    const decoded = gemini.decodeRequest({
      path: '/models/m:generateContent',
      query: '',
      headers: {},
      body: { contents: [candidate.content] },
    })
    expect(decoded.messages[0]?.parts).toEqual([...reply.parts])
  })

  test('a stream ends with one chunk that holds the reason and the counts', () => {
    const step = gemini.encodeStream(encodeContext)
    const frames = [
      ...step.push({ type: 'part-start', index: 0, part: { type: 'text', text: '' } }),
      ...step.push({ type: 'part-delta', index: 0, text: 'Hi' }),
      ...step.push({ type: 'part-end', index: 0, part: { type: 'text', text: 'Hi' } }),
      ...step.push({ type: 'usage', usage: { input: 5, cacheRead: 2, output: 3, reasoning: 1 } }),
      ...step.push({ type: 'finish', reason: { kind: 'stop-sequence', raw: 'stop_sequence' } }),
      ...step.end(),
    ]
    expect(frames.map(({ data }) => JSON.parse(data))).toEqual([
      {
        candidates: [{ content: { parts: [{ text: 'Hi' }], role: 'model' }, index: 0 }],
        modelVersion: 'm',
        responseId: '1',
      },
      {
        candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
        usageMetadata: {
          promptTokenCount: 7,
          cachedContentTokenCount: 2,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 1,
          totalTokenCount: 10,
        },
        modelVersion: 'm',
        responseId: '1',
      },
    ])
  })

  test.each([
    [
      '8 tokens > 7 (n_ctx)',
      'The input token count exceeds the maximum number of tokens allowed (8 tokens > 7 (n_ctx))',
    ],
    ['g: The input token count (8) exceeds the maximum number of tokens allowed (7).', undefined],
  ])('an overflow is told in Google’s words: %s', (message, told = message) => {
    const error = new ModelError(message, { kind: 'context-overflow' })
    expect(gemini.encodeError(error)).toMatchObject({ error: { code: 400, message: told, status: 'INVALID_ARGUMENT' } })
  })

  test('an error is told in the words of Google', () => {
    const error = new ModelError('too much', { kind: 'rate-limit', retryAfterMs: 1500 })
    expect(gemini.encodeError(error)).toEqual({
      error: {
        code: 429,
        message: 'too much',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
      },
    })
  })
})

function thrownBy(body: JsonObject): unknown {
  try {
    return gemini.decodeReply(body, context())
  } catch (error) {
    return error
  }
}
