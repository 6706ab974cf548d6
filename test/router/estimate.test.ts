import { describe, expect, test } from 'bun:test'
import type { MediaPart, ModelRequest, Part } from '../../src/canonical/request.ts'
import { estimateInput } from '../../src/router/estimate.ts'
import { estimateText } from '../../src/router/estimate-text.ts'
import { imageSizeOf } from '../../src/router/image-size.ts'
import { requestWith } from './request.ts'

// Counts by o200k.
test.each([
  [
    'English',
    'The router reads a request, looks at the facts that its rules ask for, and chooses the model that shall answer it.',
    25,
  ],
  ['code', 'export function add(one: number, other: number): number {\n  return one + other\n}\n', 19],
  [
    'JSON',
    '{"type":"object","properties":{"path":{"type":"string","description":"Absolute path"}},"required":["path"]}',
    22,
  ],
  ['Chinese', '开发者可以让模型阅读整个代码仓库，然后提出修改建议，并自动运行测试来验证结果。', 24],
  ['Japanese', 'エラーが発生した場合は、別のモデルに切り替えます。', 18],
  ['Russian', 'Этот проект реализует маршрутизатор, который перенаправляет запросы.', 16],
  ['digits', '7919, 15838, 23757, 31676, 39595, 47514, 55433, 63352', 32],
])('%s is estimated within half of its real size', (_name, text, tokens) => {
  expect(estimateText(text) / tokens).toBeWithin(0.67, 1.5)
})

const bytes = (...values: number[]): string => Buffer.from(values).toString('base64')
const png = (width: number, height: number): string => {
  const head = Buffer.alloc(33)
  head.write('\x89PNG\r\n\x1a\n', 'latin1')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return head.toString('base64')
}
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const jpegApp = [0xff, 0xe0, 0, 4, 1, 2]

test.each([
  ['PNG', png(1024, 768), 1024, 768],
  ['GIF', bytes(...ascii('GIF89a'), 0x40, 1, 0xf0, 0), 320, 240],
  ['JPEG', bytes(0xff, 0xd8, ...jpegApp, 0xff, 0xc0, 0, 17, 8, 0, 240, 1, 0x40, 3), 320, 240],
  [
    'progressive JPEG',
    bytes(0xff, 0xd8, ...jpegApp, 0xff, 0xc4, 0, 2, 0xff, 0xc2, 0, 17, 8, 0, 240, 1, 0x40, 3),
    320,
    240,
  ],
  ['WebP, lossy', bytes(...ascii('RIFF....WEBPVP8 ....'), 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0), 320, 240],
  ['WebP, lossless', bytes(...ascii('RIFF....WEBPVP8L....'), 0x2f, 0x3f, 0xc1, 0x3b, 0), 320, 240],
  ['WebP, extended', bytes(...ascii('RIFF....WEBPVP8X....'), 0, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0), 320, 240],
])('the size of a %s', (_name, data, width, height) => {
  expect(imageSizeOf(data)).toEqual({ width, height })
})

test.each([
  ['nothing', ''],
  ['no base64', 'this is no base64 !!!'],
  ['another format', bytes(1, 2, 3, 4, 5, 6, 7, 8)],
  ['a cut PNG', png(9, 9).slice(0, 20)],
  ['a PNG of no size', png(0, 0)],
  ['a JPEG that only says so', bytes(0xff, 0xd8, 0xff)],
  ['a JPEG with a segment of no length', bytes(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0)],
])('%s has no size', (_name, data) => {
  expect(imageSizeOf(data)).toBeUndefined()
})

describe('media', () => {
  const image = (data: string): MediaPart => ({ type: 'media', kind: 'image', source: { type: 'base64', data } })
  const file = (kind: MediaPart['kind'], length: number): MediaPart => ({
    type: 'media',
    kind,
    source: { type: 'base64', data: 'A'.repeat(length) },
  })
  const url: MediaPart = {
    type: 'media',
    kind: 'image',
    source: { type: 'url', url: `https://example.org/${'x'.repeat(5_000)}` },
  }
  const empty = estimateInput(requestWith({ messages: [{ role: 'user', parts: [] }] }))
  const cost = (part: Part): number =>
    estimateInput(requestWith({ messages: [{ role: 'user', parts: [part] }] })) - empty

  test.each<[string, Part, number, number]>([
    ['a small image', image(png(200, 200)), 50, 60],
    ['a large image, which providers scale down', image(png(8_000, 6_000)), 1_600, 1_600],
    ['an image of three megabytes, and of no known size', image('A'.repeat(4_000_000)), 1_600, 1_600],
    ['an image at a URL', url, 1_600, 1_600],
    [
      'an image in a tool result',
      { type: 'tool-result', id: 't', content: [image('A'.repeat(4_000_000))] },
      1_600,
      1_620,
    ],
    ['a PDF of 80 KB', file('document', 107_000), 2_000, 8_000],
    [
      'a document by its name',
      { type: 'media', kind: 'document', source: { type: 'file', id: 'file_1' } },
      1_000,
      5_000,
    ],
    [
      'a document of text',
      { type: 'media', kind: 'document', source: { type: 'text', text: 'word '.repeat(1_000) } },
      700,
      1_300,
    ],
    [
      'a search result, encrypted',
      {
        type: 'native',
        native: { protocol: 'anthropic-messages', rest: { encrypted_content: 'QUJD'.repeat(25_000) } },
      },
      1_000,
      15_000,
    ],
  ])('%s', (_name, part, least, most) => {
    expect(cost(part)).toBeWithin(least, most + 1)
  })
})

test('tools, calls, results, reasoning and formats count', () => {
  const long = 'word '.repeat(1_000)
  const plain = estimateInput(requestWith({}))
  const parts: Partial<ModelRequest>[] = [
    { system: [{ type: 'text', text: long }] },
    { tools: [{ type: 'function', name: 'read', description: long, schema: {} }] },
    { tools: [{ type: 'function', name: 'read', schema: { description: long } }] },
    { messages: [{ role: 'assistant', parts: [{ type: 'tool-call', id: 't', name: 'read', input: long }] }] },
    {
      messages: [{ role: 'user', parts: [{ type: 'tool-result', id: 't', content: [{ type: 'text', text: long }] }] }],
    },
    { messages: [{ role: 'assistant', parts: [{ type: 'reasoning', text: long }] }] },
    { outputFormat: { type: 'json-schema', schema: { description: long } } },
  ]
  for (const change of parts) expect(estimateInput(requestWith(change)) - plain).toBeWithin(700, 1_300)
})

test('a factor scales it', () => {
  const request = requestWith({ system: [{ type: 'text', text: 'word '.repeat(1_000) }] })
  expect(estimateInput(request, 1.5) / estimateInput(request)).toBeCloseTo(1.5, 2)
})

test('a schema nested deeper than the stack is no exception', () => {
  let schema = {}
  for (let depth = 0; depth < 200_000; depth++) schema = { items: schema }
  expect(estimateInput(requestWith({ tools: [{ type: 'function', name: 'deep', schema }] }))).toBeFinite()
})

describe('time', () => {
  const prose = 'The router reads a request, and chooses who shall answer it. 请 { "a": [1, 22, 333] }\n'
  test.each([
    ['prose', prose.repeat(12_500)],
    ['equal characters', 'a'.repeat(1_000_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['ideographs', '的'.repeat(1_000_000)],
    ['lone surrogates', '\ud800'.repeat(1_000_000)],
  ])('a megabyte of %s takes about a millisecond', (_name, text) => {
    const request = requestWith({ system: [{ type: 'text', text }] })
    const times = Array.from({ length: 20 }, () => {
      const started = performance.now()
      estimateInput(request)
      return performance.now() - started
    })
    // 0.7 ms on a machine of its own; the bound leaves room for a busy one, not for anything quadratic.
    expect(Math.min(...times)).toBeLessThan(6)
  })
})
