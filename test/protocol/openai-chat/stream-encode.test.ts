import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import type { EncodeContext } from '../../../src/protocol/protocol.ts'

const context: EncodeContext = { id: (prefix) => `${prefix}new`, created: 1767225600, model: 'm-1' }
const usageAsked: EncodeContext = {
  ...context,
  requestNative: { protocol: 'openai-chat', rest: { stream_options: { include_usage: true } } },
}

function dataOf(events: readonly ModelEvent[], asked = context): string[] {
  const encoder = openaiChat.encodeStream(asked)
  return [...events.flatMap((event) => encoder.push(event)), ...encoder.end()].map(({ data }) => data)
}

const chunksOf = (events: readonly ModelEvent[], asked = context) =>
  dataOf(events, asked)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data))
const deltasOf = (events: readonly ModelEvent[]) => chunksOf(events).map(({ choices }) => choices?.[0]?.delta)

const finish: ModelEvent = { type: 'finish', reason: { kind: 'stop' } }
const textPart: ModelEvent[] = [
  { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
  { type: 'part-delta', index: 0, text: 'Hé "x"\n' },
  { type: 'part-end', index: 0, part: { type: 'text', text: 'Hé "x"\n' } },
]
const callPart = (index: number, id: string, pieces: string[]): ModelEvent[] => [
  { type: 'part-start', index, part: { type: 'tool-call', id, name: 'f', input: '' } },
  ...pieces.map((text): ModelEvent => ({ type: 'part-delta', index, text })),
  { type: 'part-end', index, part: { type: 'tool-call', id, name: 'f', input: pieces.join('') } },
]

test('the role comes first, then the text, one finish reason, [DONE]', () => {
  const start: ModelEvent = { type: 'start', id: 'c1', model: 'big' }
  const head = { id: 'c1', object: 'chat.completion.chunk', created: 1767225600, model: 'big' }
  expect(chunksOf([start, ...textPart, finish])).toEqual([
    { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: { content: 'Hé "x"\n' }, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ])
  expect(dataOf([start, ...textPart, finish]).at(-1)).toBe('[DONE]')
})

test('without a start there are an id, a model and a role all the same', () => {
  const [first] = chunksOf([...textPart, finish])
  expect(first).toMatchObject({ id: 'chatcmpl-new', model: 'm-1', choices: [{ delta: { role: 'assistant' } }] })
  expect(new Set(chunksOf([...textPart, finish]).map(({ id }) => id)).size).toBe(1)
})

test('an answer with calls is over because of them, whatever its provider did with them', () => {
  const events = [...callPart(0, 'a', ['{}']), finish]
  expect(chunksOf(events).at(-1)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
  const cut: ModelEvent = { type: 'finish', reason: { kind: 'length' } }
  expect(chunksOf([...callPart(0, 'a', ['{}']), cut]).at(-1)).toMatchObject({ choices: [{ finish_reason: 'length' }] })
  const none: ModelEvent = { type: 'finish', reason: { kind: 'tool-calls' } }
  expect(chunksOf([...textPart, none]).at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
})

test('reasoning and refusals have fields of their own', () => {
  const events: ModelEvent[] = [
    { type: 'part-start', index: 0, part: { type: 'reasoning', text: '' } },
    { type: 'part-delta', index: 0, text: 'h' },
    { type: 'part-end', index: 0, part: { type: 'reasoning', text: 'h' } },
    {
      type: 'part-start',
      index: 1,
      part: { type: 'text', text: '', native: { protocol: 'openai-chat', rest: {}, form: 'refusal' } },
    },
    { type: 'part-delta', index: 1, text: 'no' },
    { type: 'part-end', index: 1, part: { type: 'text', text: 'no' } },
    finish,
  ]
  expect(deltasOf(events).slice(1, 3)).toEqual([{ reasoning_content: 'h' }, { refusal: 'no' }])
})

test('tool calls count from zero and may interleave', () => {
  const first = callPart(1, 'a', ['{"x"', ':1}'])
  const second = callPart(2, 'b', ['{"y":2}'])
  const mixed = [first[0], second[0], first[1], second[1], first[2], first[3], second[2]].filter(
    (event) => event !== undefined,
  )
  expect(deltasOf([...textPart, ...mixed, finish]).slice(2, -1)).toEqual([
    { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{"y":2}' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
  ])
})

test('a call without arguments gets an empty object, as clients parse it', () => {
  expect(deltasOf([...callPart(0, 'a', []), finish])[2]).toEqual({
    tool_calls: [{ index: 0, function: { arguments: '{}' } }],
  })
})

describe('usage', () => {
  const usage: ModelEvent = { type: 'usage', usage: { input: 3, cacheRead: 4, output: 6 } }

  test('comes last and alone, if the client asked for it', () => {
    const data = dataOf([...textPart, usage, finish], usageAsked)
    expect(data.at(-1)).toBe('[DONE]')
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 6, total_tokens: 13, prompt_tokens_details: { cached_tokens: 4 } },
    })
  })

  test('is not told otherwise', () => {
    expect(chunksOf([...textPart, usage, finish]).some((chunk) => 'usage' in chunk)).toBe(false)
  })
})

describe('an error', () => {
  const error: ModelEvent = { type: 'error', error: new ModelError('too much', { kind: 'rate-limit', param: 'x' }) }

  test('is the last thing told, without [DONE]', () => {
    const data = dataOf([...textPart, error, finish])
    expect(JSON.parse(data.at(-1) ?? '')).toEqual({
      error: { message: 'too much', type: 'rate_limit_error', code: 'rate_limit_exceeded', param: 'x' },
    })
    expect(data).not.toContain('[DONE]')
  })

  test('stands for the end that never came', () => {
    const data = dataOf(textPart)
    expect(JSON.parse(data.at(-1) ?? '').error.code).toBe('stream_cut')
    expect(data).not.toContain('[DONE]')
  })
})

test('what a stream says is what its own decoder reads', () => {
  const events: ModelEvent[] = [
    { type: 'start', id: 'c1', model: 'big' },
    ...textPart,
    ...callPart(1, 'a', ['{"x":1}']),
    { type: 'usage', usage: { input: 1, output: 2 } },
    { type: 'finish', reason: { kind: 'tool-calls', raw: 'tool_calls' } },
  ]
  const decoder = openaiChat.decodeStream({ provider: 'p', model: 'm', id: (prefix) => prefix })
  const read = dataOf(events, usageAsked).flatMap((data) => decoder.push({ data }))
  for (const told of ['start', 'part-end', 'usage', 'finish'])
    expect(read.filter(({ type }) => type === told)).toEqual(events.filter(({ type }) => type === told))
})
