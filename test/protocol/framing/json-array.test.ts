import { describe, expect, test } from 'bun:test'
import { CUT, decodeJsonArray } from '../../../src/protocol/framing/json-array.ts'
import type { Frame } from '../../../src/protocol/protocol.ts'

const LIST = '[{"a":"x,]}\\"ü👋"},\n{"b":[1,[2]]} ,{}\r\n]\n'
const ELEMENTS = ['{"a":"x,]}\\"ü👋"}', '{"b":[1,[2]]}', '{}']

function read(text: string, size = Number.POSITIVE_INFINITY): Frame[] {
  const bytes = new TextEncoder().encode(text)
  const step = decodeJsonArray()
  const frames: Frame[] = []
  for (let start = 0; start < bytes.length; start += size)
    frames.push(...step.push(bytes.subarray(start, start + size)))
  return [...frames, ...step.end()]
}

describe('the elements of a JSON array', () => {
  test.each([1, 2, 3, 5, 8, 1000])('come whole in pieces of %d bytes', (size) => {
    expect(read(LIST, size)).toEqual(ELEMENTS.map((data) => ({ data })))
  })

  test('come as soon as they are whole', () => {
    const step = decodeJsonArray()
    expect(step.push(new TextEncoder().encode('[{"a":1}'))).toEqual([{ data: '{"a":1}' }])
  })

  test('a list that is cut anywhere ends with a frame that says so', () => {
    const length = LIST.trimEnd().length
    for (let end = 1; end < length; end++) {
      const frames = read(LIST.slice(0, end))
      expect(frames.at(-1)?.event).toBe(CUT)
    }
  })

  test('a byte order mark and an empty list do no harm', () => {
    expect(read('\uFEFF[]')).toEqual([])
    expect(read('')).toEqual([])
  })

  test('an object on its own is one element', () => {
    expect(read('{"error":{"code":400}}')).toEqual([{ data: '{"error":{"code":400}}' }])
  })

  test('elements that are no objects end where they end', () => {
    expect(read('[1,"a]",null , true]')).toEqual([{ data: '1' }, { data: '"a]"' }, { data: 'null' }, { data: 'true' }])
  })
})
