import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeEventStream, UNREADABLE } from '../../../src/protocol/framing/aws-eventstream.ts'
import type { Frame } from '../../../src/protocol/protocol.ts'
import { eventMessage, eventOf, exceptionOf, header, rawMessage } from '../../helper/event-stream.ts'

const stream = Buffer.concat([
  eventOf('messageStart', { role: 'assistant' }),
  eventOf('contentBlockDelta', { delta: { text: 'Grüße 👋' } }),
  eventOf('messageStop', { stopReason: 'end_turn' }),
])
const frames: Frame[] = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"delta":{"text":"Grüße 👋"}}' },
  { event: 'messageStop', data: '{"stopReason":"end_turn"}' },
]

function read(...pieces: Uint8Array[]): Frame[] {
  const step = decodeEventStream()
  return [...pieces.flatMap((piece) => step.push(piece)), ...step.end()]
}

function changed(bytes: Uint8Array, at: number, by = 1): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ by
  return copy
}

/** A header of a type whose size is its own. */
const fixed = (name: string, type: number, size: number): Uint8Array =>
  Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([type]), Buffer.alloc(size)])

describe('messages', () => {
  test('each is a frame', () => {
    expect(read(stream)).toEqual(frames)
  })

  test('pieces may end anywhere', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), stream.length]
        const pieces = places.slice(1).map((end, index) => stream.subarray(places[index], end))
        expect(read(...pieces)).toEqual(frames)
      }),
    )
    expect(read(...[...stream].map((byte) => Uint8Array.of(byte)))).toEqual(frames)
  })

  test('an exception is a frame of its type', () => {
    expect(read(exceptionOf('throttlingException', { message: 'slow down' }))).toEqual([
      { event: 'throttlingException', data: '{"message":"slow down"}' },
    ])
  })

  test('an error without a type says its code and message', () => {
    const headers = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'it broke' }
    expect(read(eventMessage(headers, ''))).toEqual([
      { event: 'error', data: '{"code":"InternalError","message":"it broke"}' },
    ])
  })

  test('headers of every other type are passed over', () => {
    const sizes = [0, 0, 1, 2, 4, 8]
    const headers = Buffer.concat([
      ...sizes.map((size, type) => fixed(`h${type}`, type, size)),
      header('bytes', 6, 'abc'),
      fixed('time', 8, 8),
      fixed('uuid', 9, 16),
      header(':event-type', 7, 'chunk'),
    ])
    expect(read(rawMessage(headers, Buffer.from('{}')))).toEqual([{ event: 'chunk', data: '{}' }])
  })

  test('one of a megabyte is read though it comes in small pieces', () => {
    const large = eventOf('chunk', 'x'.repeat(1_000_000))
    const pieces = Array.from({ length: Math.ceil(large.length / 100) }, (_, at) =>
      large.subarray(at * 100, at * 100 + 100),
    )
    expect(read(...pieces).map(({ data }) => data.length)).toEqual([1_000_002])
  })
})

describe('what cannot be read', () => {
  test.each(Array.from({ length: stream.length }, (_, at) => at))(
    'a cut at byte %i shows, unless it is between two',
    (at) => {
      const whole = frames.filter((_, index) => endOf(index) <= at)
      const isBetween = at === 0 || frames.some((_, index) => endOf(index) === at)
      expect(read(stream.subarray(0, at))).toEqual([...whole, ...(isBetween ? [] : [{ event: 'cut', data: '' }])])
    },
  )

  test('any byte that is not as it was sent shows, and nothing is read after it', () => {
    for (let at = 0; at < stream.length; at++) {
      const told = read(changed(stream, at))
      expect(told.at(-1)?.event).toBe(UNREADABLE)
      expect(told.slice(0, -1)).toEqual(frames.slice(0, told.length - 1))
    }
  })

  test.each([
    ['a name that is longer than the headers', Buffer.from([200, 65])],
    ['a type that does not exist', fixed('name', 10, 4)],
    ['a text that is longer than the headers', Buffer.from([1, 65, 7, 255, 255, 65])],
    ['a text without its length', Buffer.from([1, 65, 7, 0])],
    ['a name alone', Buffer.from([1, 65])],
  ])('headers with %s', (_name, headers) => {
    expect(read(rawMessage(headers, Buffer.from('{}'))).map(({ event }) => event)).toEqual([UNREADABLE])
  })

  test('an answer of another kind', () => {
    expect(read(Buffer.from('<!DOCTYPE html><html>')).map(({ event }) => event)).toEqual([UNREADABLE])
  })

  test('nothing is nothing', () => {
    expect(read()).toEqual([])
  })
})

/** Where the message at `index` ends. */
function endOf(index: number): number {
  let end = 0
  for (let count = 0; count <= index; count++) end += stream.readUInt32BE(end)
  return end
}
