import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeSse, encodeSse, wholeEvents } from '../../../src/protocol/framing/sse.ts'
import type { Frame } from '../../../src/protocol/protocol.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function decodeAll(pieces: readonly Uint8Array[]): Frame[] {
  const step = decodeSse()
  return [...pieces.flatMap((piece) => step.push(piece)), ...step.end()]
}

function cutAt(all: Uint8Array, points: readonly number[]): Uint8Array[] {
  const ends = [...new Set(points.map((point) => point % (all.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, all.length].map((end, index) => all.subarray(index === 0 ? 0 : (ends[index - 1] as number), end))
}

describe('server-sent events are read as the standard says', () => {
  test.each<[string, string, Frame[]]>([
    ['a plain event', 'data: {"a":1}\n\n', [{ data: '{"a":1}' }]],
    ['a named event', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['no space behind the colon', 'event:x\ndata:y\n\n', [{ event: 'x', data: 'y' }]],
    ['carriage return and line feed', 'event: x\r\ndata: y\r\n\r\n', [{ event: 'x', data: 'y' }]],
    ['carriage returns alone', 'data: y\r\rdata: z\r\r', [{ data: 'y' }, { data: 'z' }]],
    ['several data lines', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
    ['comments, ids and retry times', ': hi\nid: 7\nretry: 10\ndata: a\n\n', [{ data: 'a' }]],
    ['a byte order mark', '\ufeffdata: a\n\n', [{ data: 'a' }]],
    ['a field without a colon', 'data\n\n', [{ data: '' }]],
    ['an event without data', 'event: x\n\ndata: a\n\n', [{ data: 'a' }]],
    ['a whole last event without its empty line', 'data: [DONE]', [{ data: '[DONE]' }]],
    ['half of a last event', 'data: {"a":1}\n\ndata: {"b', [{ data: '{"a":1}' }]],
  ])('%s', (_name, text, expected) => {
    expect(decodeAll([bytes(text)])).toEqual(expected)
  })

  test('where the pieces end makes no difference', () => {
    const text = 'event: a\r\ndata: {"t":"héé 😀"}\r\n\r\n: c\ndata: 1\ndata: 2\n\ndata: ✓\r\rdata: [DONE]\n\n'
    const whole = decodeAll([bytes(text)])
    expect(whole).toHaveLength(4)
    expect(decodeAll([...bytes(text)].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
    fc.assert(fc.property(fc.array(fc.nat()), (points) => expect(decodeAll(cutAt(bytes(text), points))).toEqual(whole)))
  })

  test('what is written is read back', () => {
    const frames: Frame[] = [{ data: '{"a":"b"}' }, { event: 'x', data: 'one\ntwo' }, { data: '[DONE]' }]
    expect(decodeAll([bytes(frames.map(encodeSse).join(''))])).toEqual(frames)
  })
})

describe('bytes are cut between events', () => {
  test('the pieces add up to the input and end at events', () => {
    const text = 'event: a\ndata: 😀\n\ndata: b\r\n\r\ndata: c\n\ndata: half'
    fc.assert(
      fc.property(fc.array(fc.nat()), (points) => {
        const step = wholeEvents()
        const pieces = cutAt(bytes(text), points).flatMap((piece) => step.push(piece))
        const rest = step.end()
        const texts = pieces.map((piece) => new TextDecoder().decode(piece))
        expect(texts.every((piece) => /\n\r?\n$/.test(piece))).toBe(true)
        expect(texts.join('') + rest.map((piece) => new TextDecoder().decode(piece)).join('')).toBe(text)
        expect(new TextDecoder().decode(rest[0])).toBe('data: half')
      }),
    )
  })
})
