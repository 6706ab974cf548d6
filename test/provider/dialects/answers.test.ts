import { describe, expect, test } from 'bun:test'
import type { ModelEvent } from '../../../src/canonical/event.ts'
import type { Json, JsonObject } from '../../../src/canonical/json.ts'
import { createCollector, type ModelReply } from '../../../src/canonical/reply.ts'
import { codecOf } from '../../../src/protocol/index.ts'
import { dialectFor } from '../../../src/provider/dialect.ts'
import { createFieldReader } from '../../../src/provider/dialects/field-reader.ts'
import { repairJson } from '../../../src/provider/dialects/repair-json.ts'
import fc from 'fast-check'

const chat = codecOf('openai-chat')
const context = { provider: 'p', model: 'm', id: (prefix: string) => `${prefix}1` }

/** What a client is told of a stream of deltas: texts, thoughts and calls, in order, and how it ended. */
function told(name: string, deltas: readonly JsonObject[], finish: string | null = 'stop'): unknown {
  const frames = dialectFor({ name, options: {} })?.frames?.()
  const decoder = chat.decodeStream(context)
  const events: ModelEvent[] = []
  const chunks = [
    ...deltas.map((delta) => ({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null as Json }] })),
    ...(finish === null ? [] : [{ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: finish }] }]),
    { id: 'c', model: 'm', choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
  ]
  const datas = [...chunks.map((chunk) => JSON.stringify(chunk)), ...(finish === null ? [] : ['[DONE]'])]
  for (const data of datas)
    for (const frame of frames ? frames.push({ data }) : [{ data }]) events.push(...decoder.push(frame))
  for (const frame of frames?.end() ?? []) events.push(...decoder.push(frame))
  events.push(...decoder.end())
  const error = events.find((event) => event.type === 'error')
  return error?.type === 'error' ? error.error.kind : summary(collected(events))
}

/** The same of a whole reply. */
function toldWhole(name: string, message: JsonObject, finish = 'stop'): unknown {
  const body = {
    id: 'c',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  }
  const dialect = dialectFor({ name, options: {} })
  return summary(chat.decodeReply(dialect?.reply?.(body) ?? body, context))
}

function collected(events: readonly ModelEvent[]): ModelReply {
  const collector = createCollector()
  for (const event of events) collector.push(event)
  return collector.end() as ModelReply
}

function summary({ parts, finish }: ModelReply): unknown {
  const shown = parts.map((part) => {
    if (part.type === 'text' || part.type === 'reasoning') return [part.type, part.text]
    return part.type === 'tool-call' ? [part.name, part.input] : [part.type]
  })
  return [...shown, finish.kind]
}

const call = (name: string | undefined, text: string, index = 0): JsonObject => ({
  tool_calls: [
    {
      index,
      ...(name !== undefined && { id: `call_${name}${index}`, type: 'function' }),
      function: { ...(name !== undefined && { name }), arguments: text },
    },
  ],
})

/** The deltas of a call whose arguments come in pieces of `size` characters. */
const slowCall = (name: string, text: string, size: number, index = 0): JsonObject[] => [
  call(name, '', index),
  ...(text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((piece) => call(undefined, piece, index)),
]

describe('tooluse', () => {
  const response = 'Done: "a\\b"\n😀 ü'

  test.each([1, 2, 3, 5, 1000])('its own tool is told as text, in pieces of %d', (size) => {
    const input = JSON.stringify({ response })
    expect(told('tooluse', slowCall('ExitTool', input, size), 'tool_calls')).toEqual([['text', response], 'stop'])
  })

  test.each([1, 4, 1000])('escapes of every kind are read, in pieces of %d', (size) => {
    const input = '{ "response" : "\\ud83d\\ude00 \\u00fc \\n \\/ \\" \\\\" }'
    expect(told('tooluse', slowCall('ExitTool', input, size), 'tool_calls')).toEqual([
      ['text', '😀 ü \n / " \\'],
      'stop',
    ])
  })

  test('the answer streams: a piece of it is told before the call is complete', () => {
    const frames = dialectFor({ name: 'tooluse', options: {} })?.frames?.()
    const push = (delta: JsonObject) =>
      frames
        ?.push({ data: JSON.stringify({ id: 'c', choices: [{ index: 0, delta }] }) })
        .map(({ data }) => data)
        .join('\n')
    push(call('ExitTool', ''))
    expect(push(call(undefined, '{"response":"Hello wo'))).toContain('"content":"Hello wo"')
  })

  test('other calls stay calls, and nothing of its own is among them', () => {
    const deltas = [...slowCall('Read', '{"path":"x"}', 4, 0), ...slowCall('ExitTool', '{"response":"r"}', 4, 1)]
    expect(told('tooluse', deltas, 'tool_calls')).toEqual([['Read', '{"path":"x"}'], ['text', 'r'], 'tool-calls'])
  })

  test.each([
    ['a host that ends with stop', 'stop', ['text', 'r'], 'stop'],
    ['an answer at its limit', 'length', ['text', 'r'], 'length'],
  ] as const)('%s', (_name, finish, text, kind) => {
    expect(told('tooluse', [call('ExitTool', '{"response":"r"}')], finish)).toEqual([text, kind])
  })

  test('a call that is cut is told as far as it came, and the stream is cut', () => {
    expect(told('tooluse', [call('ExitTool', '{"response":"ha')], null)).toBe('cut-stream')
  })

  test('arguments that are no such object are told as they are', () => {
    expect(told('tooluse', [call('ExitTool', 'all done')], 'tool_calls')).toEqual([['text', 'all done'], 'stop'])
  })

  test('finish reason and usage survive an answer without it', () => {
    expect(told('tooluse', [{ content: 'hi' }])).toEqual([['text', 'hi'], 'stop'])
  })

  test('in a whole reply, too', () => {
    const exit = { id: '1', type: 'function', function: { name: 'ExitTool', arguments: '{"response":"r"}' } }
    const read = { id: '2', type: 'function', function: { name: 'Read', arguments: '{}' } }
    expect(toldWhole('tooluse', { content: null, tool_calls: [exit] }, 'tool_calls')).toEqual([['text', 'r'], 'stop'])
    expect(toldWhole('tooluse', { content: null, tool_calls: [read, exit] }, 'tool_calls')).toEqual([
      ['text', 'r'],
      ['Read', '{}'],
      'tool-calls',
    ])
  })
})

describe('enhancetool', () => {
  const cases: [string, string, string][] = [
    ['JSON is left as it is', '{"a": 1.0, "b": 12345678901234567890}', '{"a": 1.0, "b": 12345678901234567890}'],
    ['a comma too many', '{"a":[1,2,],}', '{"a":[1,2]}'],
    ['single quotes and bare keys', "{path: 'a b', 'n': 2}", '{"path":"a b","n":2}'],
    ["Python's words", '{"a": True, "b": None, "c": False}', '{"a":true,"b":null,"c":false}'],
    ['brackets that were never closed', '{"a":{"b":[1,{"c":2', '{"a":{"b":[1,{"c":2}]}}'],
    ['a string that was never closed', '{"path":"src/a.ts', '{"path":"src/a.ts"}'],
    ['line breaks inside a string', '{"text":"one\ntwo\tthree"}', '{"text":"one\\ntwo\\tthree"}'],
    ['a fence', '```json\n{"a":1,}\n```', '{"a":1}'],
    ['comments', '{/* why */"a":1, // so\n"b":2}', '{"a":1,"b":2}'],
    ['a bracket too many', '{"a":1}}', '{"a":1}'],
    ['quotes that are not escaped', '{"cmd":"echo "hi" there"}', '{"cmd":"echo \\"hi\\" there"}'],
    ['numbers of JSON5', '{"a":+1,"b":.5,"c":0x10}', '{"a":1,"b":0.5,"c":16}'],
    ['a name that is no ordinary key', '{"__proto__":{"a":1,},}', '{"__proto__":{"a":1}}'],
  ]
  test.each(cases)('%s', (_name, input, expected) => {
    expect(told('enhancetool', slowCall('Run', input, 3), 'tool_calls')).toEqual([['Run', expected], 'tool-calls'])
    const whole = { tool_calls: [{ id: '1', type: 'function', function: { name: 'Run', arguments: input } }] }
    expect(toldWhole('enhancetool', whole, 'tool_calls')).toEqual([['Run', expected], 'tool-calls'])
  })

  test.each(['not json', '[1,2', '{"a":1} and more', '{"a" 1}', ''])('%j cannot be repaired and stays', (input) => {
    const plain = told('none', slowCall('Run', input, 3), 'tool_calls')
    expect(told('enhancetool', slowCall('Run', input, 3), 'tool_calls')).toEqual(plain)
  })

  test('what the output limit cut off is not completed: half a file would be written', () => {
    const input = '{"path":"a","content":"half'
    expect(told('enhancetool', slowCall('Write', input, 3), 'length')).toEqual(
      told('none', slowCall('Write', input, 3), 'length'),
    )
  })

  test('parallel calls whose pieces are mixed are each repaired', () => {
    const deltas = [
      call('A', '', 0),
      call('B', '', 1),
      call(undefined, '{a:', 0),
      call(undefined, '{"b":2', 1),
      call(undefined, '1}', 0),
    ]
    expect(told('enhancetool', deltas, 'tool_calls')).toEqual([['A', '{"a":1}'], ['B', '{"b":2}'], 'tool-calls'])
  })

  test('calls that all have the number 0 stay apart', () => {
    const deltas = [call('A', '{a:1}'), call('B', '{b:2}')]
    expect(told('enhancetool', deltas, 'stop')).toEqual([['A', '{"a":1}'], ['B', '{"b":2}'], 'tool-calls'])
  })

  test('text, usage and a finish reason pass', () => {
    expect(told('enhancetool', [{ content: 'a' }, { content: 'b' }])).toEqual([['text', 'ab'], 'stop'])
  })
})

describe('forcereasoning', () => {
  test.each([1, 3, 7, 1000])('thoughts between its tags are told as reasoning, in pieces of %d', (size) => {
    const text = '<reasoning_content>I think</reasoning_content>Hello <b>'
    const deltas = (text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).map((content) => ({ content }))
    expect(told('forcereasoning', deltas)).toEqual([['reasoning', 'I think'], ['text', 'Hello <b>'], 'stop'])
  })

  test('an answer without tags is whole', () => {
    expect(told('forcereasoning', [{ content: 'Hello' }])).toEqual([['text', 'Hello'], 'stop'])
    expect(toldWhole('forcereasoning', { content: 'Hello' })).toEqual([['text', 'Hello'], 'stop'])
  })

  test('text before the tag is kept', () => {
    expect(toldWhole('forcereasoning', { content: 'Well. <reasoning_content>hm</reasoning_content>Yes' })).toEqual([
      ['reasoning', 'hm'],
      ['text', 'Well. Yes'],
      'stop',
    ])
  })
})

const jsonPrefix = fc.tuple(fc.json(), fc.nat()).map(([text, length]) => text.slice(0, length % (text.length + 1)))

describe('whatever a model writes', () => {
  test('a repair is an object, or there is none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), jsonPrefix), (text) => {
        const repaired = repairJson(text)
        if (repaired !== undefined && text.trim() !== '') expect(JSON.parse(repaired)).toBeObject()
      }),
      { numRuns: 500 },
    )
  })

  test('an object is left as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value)
        expect(repairJson(text)).toBe(text)
      }),
    )
  })

  test('the answer of `ExitTool` is the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), (response, size) => {
        const reader = createFieldReader('response')
        const text = JSON.stringify({ response })
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
          text.slice(at * size, (at + 1) * size),
        )
        expect(pieces.map((piece) => reader.push(piece)).join('') + reader.end()).toBe(response)
      }),
    )
  })
})
