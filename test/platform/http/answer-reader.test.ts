import { describe, expect, test } from 'bun:test'
import { createAnswerReader } from '../../../src/platform/http/answer-reader.ts'

interface Told {
  status: number
  headers: Record<string, string>
  body: string
  /** Whether the connection may be used again; absent: the answer has not ended. */
  mayReuse?: boolean
}

/** What a reader tells of `text` when it comes in pieces of `size` bytes. */
function read(text: string, size = Number.POSITIVE_INFINITY, isClosed = false): Told[] {
  const told: Told[] = []
  const reader = createAnswerReader({
    head: ({ status, headers }) => told.push({ status, headers: Object.fromEntries(headers), body: '' }),
    data: (bytes) => ((told.at(-1) as Told).body += Buffer.from(bytes).toString('latin1')),
    end: (mayReuse) => ((told.at(-1) as Told).mayReuse = mayReuse),
  })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) reader.push(Buffer.from(bytes.subarray(at, at + size)))
  if (isClosed) reader.close()
  return told
}

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`
const SIZES = [1, 2, 3, 7, Number.POSITIVE_INFINITY]

describe.each(SIZES)('in pieces of %p bytes', (size) => {
  test.each<[string, string, Told]>([
    ['a body of a told length', `${OK}Content-Length: 5\r\n\r\nhello`, answer('hello', { 'content-length': '5' })],
    ['an empty body', `${OK}content-length: 0\r\n\r\n`, answer('', { 'content-length': '0' })],
    [
      'one length told twice',
      `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nhi`,
      answer('hi', { 'content-length': '2, 2' }),
    ],
    ['chunks', `${CHUNKED}5\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\n\r\n`, answer('hello world')],
    ['chunks with extensions', `${CHUNKED}A;name="v"\r\n0123456789\r\n0 ;x\r\n\r\n`, answer('0123456789')],
    ['chunks with trailers', `${CHUNKED}2\r\nhi\r\n0\r\nExpires: never\r\nx: y\r\n\r\n`, answer('hi')],
    ['chunks without carriage returns', `${CHUNKED}2\nhi\n0\n\n`, answer('hi')],
    [
      'lines without carriage returns',
      'HTTP/1.1 200 OK\ncontent-length: 2\n\nhi',
      answer('hi', { 'content-length': '2' }),
    ],
    ['a status without words', 'HTTP/1.1 204\r\n\r\n', { ...answer('', {}), status: 204 }],
    [
      'no body where the status has none',
      'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
      { ...answer('', { 'content-length': '9' }), status: 304 },
    ],
    [
      'what only informs before it',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 2\r\n\r\nhi`,
      answer('hi', { 'content-length': '2' }),
    ],
    [
      'headers of odd shapes',
      `${OK}X-Empty:\r\nX-Twice: a\r\nx-twice:b\r\nx-folded: a\r\n  b\r\ncontent-length: 0\r\n\r\n`,
      answer('', { 'x-empty': '', 'x-twice': 'a, b', 'x-folded': 'a b', 'content-length': '0' }),
    ],
    [
      'a connection that the server closes',
      `${OK}connection: Close\r\ncontent-length: 2\r\n\r\nhi`,
      { ...answer('hi', { connection: 'Close', 'content-length': '2' }), mayReuse: false },
    ],
    [
      'HTTP/1.0, which closes',
      'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi',
      { ...answer('hi', { 'content-length': '2' }), mayReuse: false },
    ],
    [
      'HTTP/1.0 that keeps the connection',
      'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi',
      answer('hi', { connection: 'keep-alive', 'content-length': '2' }),
    ],
    [
      'two ways of telling the end, of which chunks count, but the connection is not trusted',
      `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
      { ...answer('hi', { 'content-length': '3', 'transfer-encoding': 'chunked' }), mayReuse: false },
    ],
  ])('reads %s', (_, text, told) => {
    expect(read(text, size)).toEqual([told])
  })

  test('reads one answer after the other', () => {
    const one = `${OK}content-length: 2\r\n\r\nhi`
    const reader = [read(one, size), read(`${CHUNKED}2\r\nhi\r\n0\r\n\r\n`, size)]
    expect(reader.map(([told]) => told?.body)).toEqual(['hi', 'hi'])
  })

  test('reads until the connection closes where no end is told', () => {
    const text = `${OK}content-type: text/plain\r\n\r\nall of it`
    expect(read(text, size)[0]).not.toHaveProperty('mayReuse')
    expect(read(text, size, true)[0]).toMatchObject({ body: 'all of it', mayReuse: false })
  })

  test.each([
    ['something else than HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'does not speak HTTP/1'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'does not speak HTTP/1'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n', 'status 101'],
    ['a status that does not exist', 'HTTP/1.1 999 What\r\n\r\n', 'status 999'],
    ['a header without a name', `${OK}: x\r\n\r\n`, 'has no name'],
    ['a header without a colon', `${OK}nonsense\r\n\r\n`, 'has no name'],
    ['two lengths', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nhi!`, 'the length 2, 3'],
    ['a negative length', `${OK}content-length: -2\r\n\r\n`, 'the length -2'],
    ['a length in words', `${OK}content-length: two\r\n\r\n`, 'the length two'],
    ['a chunk without a length', `${CHUNKED}\r\nhi`, 'has no length'],
    ['a chunk with a length in words', `${CHUNKED}two\r\nhi`, 'is no number'],
    ['a chunk that is too long', `${CHUNKED}${'f'.repeat(14)}\r\n`, 'too long'],
    ['a chunk that is longer than it says', `${CHUNKED}1\r\nhi\r\n`, 'longer than it says'],
  ])('refuses %s', (_, text, why) => {
    expect(() => read(text, size)).toThrow(why)
  })
})

test('a head without end is refused', () => {
  expect(() => read(`${OK}${'x-long: y\r\n'.repeat(30_000)}`, 65_536)).toThrow('longer than 256 KB')
})

test('what comes behind an answer spoils the connection', () => {
  expect(read(`${OK}content-length: 2\r\n\r\nhi and more`)[0]).toMatchObject({ body: 'hi', mayReuse: false })
})

function answer(body: string, headers: Record<string, string> = { 'transfer-encoding': 'chunked' }): Told {
  return { status: 200, headers, body, mayReuse: true }
}
