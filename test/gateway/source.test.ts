import { describe, expect, test } from 'bun:test'
import { createSource, type Source } from '../../src/gateway/source.ts'

describe('the bytes of an answer', () => {
  test('a flood is read bit by bit, each between two events', async () => {
    const events = Array.from(
      { length: 3000 },
      (_, index) => `event: x\ndata: {"n":${index},"text":"${'é'.repeat(index % 90)}"}\n\n`,
    )
    const flood = new TextEncoder().encode(events.join(''))
    const pieces = await readAll(sourceOf([flood]))
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.filter((piece) => piece.length > 65_536 || !endsAnEvent(piece))).toEqual([])
    expect(Buffer.concat(pieces).equals(flood)).toBe(true)
  })

  test('what has no events is read bit by bit as well', async () => {
    const flood = new Uint8Array(200_000).map((_, index) => index % 9)
    const pieces = await readAll(sourceOf([flood]))
    expect(pieces.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3392])
    expect(Buffer.concat(pieces).equals(flood)).toBe(true)
  })

  test('what is left of a flood comes before the next piece', async () => {
    const [flood, last] = [new Uint8Array(70_000).fill(1), Uint8Array.of(2)]
    const pieces = await readAll(sourceOf([flood, last]))
    expect(pieces.map((piece) => [piece.length, piece[0]])).toEqual([
      [65_536, 1],
      [4464, 1],
      [1, 2],
    ])
  })
})

function sourceOf(pieces: readonly Uint8Array[]): Source {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const watch = { enter() {}, stop() {}, onStop() {}, expired: () => undefined }
  return createSource(body, watch, { provider: 'p', model: 'm' }, 'host', new AbortController().signal)
}

async function readAll(source: Source): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (let piece = await source.read(); piece; piece = await source.read()) pieces.push(piece)
  return pieces
}

function endsAnEvent(piece: Uint8Array): boolean {
  return piece.at(-1) === 10 && piece.at(-2) === 10
}
