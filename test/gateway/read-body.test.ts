import { describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync } from 'node:zlib'
import { ModelError } from '../../src/canonical/error.ts'
import { readBody } from '../../src/gateway/read-body.ts'

/** A request whose body comes in pieces and does not say its length. */
function inPieces(pieces: readonly Uint8Array[], onCancel = (): void => {}): Request {
  const left = pieces.values()
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = left.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: onCancel,
  })
  return new Request('http://127.0.0.1/', { method: 'POST', body })
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

describe('a body without a length', () => {
  test('is read whole up to the limit, a character that is cut by pieces included', async () => {
    const text = '{"a":"😀é"}'
    const pieces = [...bytes(text)].map((byte) => Uint8Array.of(byte))
    expect(await readBody(inPieces(pieces), bytes(text).length)).toBe(text)
    expect(await readBody(inPieces([]))).toBe('')
  })

  test('is refused at the first byte beyond the limit, and let go', async () => {
    let isLetGo = false
    const request = inPieces([bytes('12345'), bytes('67890'), bytes('…')], () => (isLetGo = true))
    const error = await readBody(request, 9).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ModelError)
    expect(error).toMatchObject({ kind: 'too-large', status: 413, message: 'the request is larger than 256 MB' })
    expect(isLetGo).toBe(true)
  })
})

test('a body that says a length beyond the limit is not read', async () => {
  const request = new Request('http://127.0.0.1/', {
    method: 'POST',
    body: '1234567890',
    headers: { 'content-length': '10' },
  })
  expect(await readBody(request.clone(), 10)).toBe('1234567890')
  expect(await readBody(request, 9).catch((cause: unknown) => cause)).toBeInstanceOf(ModelError)
})

describe('a body that the client has compressed', () => {
  const TEXT = '{"a":"😀é"}'
  const packed: readonly (readonly [coding: string, body: Uint8Array<ArrayBuffer>])[] = [
    ['gzip', Bun.gzipSync(TEXT)],
    [' X-GZIP ', Bun.gzipSync(TEXT)],
    ['deflate', Uint8Array.from(deflateSync(TEXT))],
    ['br', Uint8Array.from(brotliCompressSync(TEXT))],
    ['zstd', Uint8Array.from(Bun.zstdCompressSync(TEXT))],
    ['identity', bytes(TEXT)],
    ['gzip, br', Uint8Array.from(brotliCompressSync(Bun.gzipSync(TEXT)))],
  ]
  const coded = (coding: string, body: Uint8Array<ArrayBuffer>): Request =>
    new Request('http://127.0.0.1/', { method: 'POST', body, headers: { 'content-encoding': coding } })
  const failureOf = (request: Request, most?: number) => readBody(request, most).catch((cause: unknown) => cause)

  test.each(packed)('by %s is read', async (coding, body) => {
    expect(await readBody(coded(coding, body))).toBe(TEXT)
  })

  test('is refused when it becomes larger than the limit', async () => {
    const bomb = Bun.gzipSync(new Uint8Array(1_000_000))
    expect(bomb.length).toBeLessThan(2000)
    expect(await failureOf(coded('gzip', bomb), 10_000)).toMatchObject({ kind: 'too-large', status: 413 })
  })

  test.each([
    ['in a way that nobody knows', 'snappy', bytes(TEXT), 415, 'gzip, deflate, br, zstd'],
    ['not at all', 'gzip', bytes(TEXT), 400, 'not what its content-encoding says'],
    ['and cut', 'gzip', Bun.gzipSync(TEXT).slice(0, -9), 400, 'not what its content-encoding says'],
  ] as const)('%s is refused in words', async (_how, coding, body, status, message) => {
    const error = await failureOf(coded(coding, body))
    expect(error).toMatchObject({ kind: 'bad-request', status, message: expect.stringContaining(message) })
  })
})
