import { createChunkReader } from './chunks.ts'
import { httpError } from './error.ts'
import { type AnswerHead, parseHead } from './head.ts'

/** What is told of the answers that come over one connection. */
export interface AnswerListener {
  /** A final head; those that only inform are passed over. */
  head(head: AnswerHead): void
  /** A piece of the body, never empty. */
  data(bytes: Uint8Array): void
  /** The body is whole. `mayReuse`: nothing speaks against another request on this connection. */
  end(mayReuse: boolean): void
}

/** Reads HTTP/1 answers. */
export interface AnswerReader {
  /** Throws where the server does not keep to the protocol. */
  push(bytes: Uint8Array): void
  /** The connection has ended; says whether that is how the server ends its answer. */
  close(): boolean
}

/** A reader of the bytes of one connection, from which one answer after the other comes. */
export function createAnswerReader(listener: AnswerListener): AnswerReader {
  const chunks = createChunkReader()
  let state: 'head' | 'length' | 'chunks' | 'close' = 'head'
  let half: Uint8Array | undefined
  let left = 0
  let mayReuse = true

  const end = (at: number, bytes: Uint8Array): void => {
    state = 'head'
    // Nobody asked for what comes behind an answer.
    listener.end(mayReuse && at === bytes.length)
  }
  /** Gives the index behind the head; -1 if it is not whole. */
  const readHead = (bytes: Uint8Array, from: number): number => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const stop = endOfHead(text, from)
    if (stop < 0 || stop > MOST_HEAD_BYTES) {
      checkStart(text, from)
      if (bytes.length - from > MOST_HEAD_BYTES) throw httpError('the head of the answer is longer than 256 KB')
      return -1
    }
    const head = parseHead(text.toString('latin1', from, stop))
    if (head.status < 200) return stop
    mayReuse = head.isPersistent
    left = head.length
    state = head.framing
    listener.head(head)
    return stop
  }
  return {
    push(piece) {
      const bytes = half ? Buffer.concat([half, piece]) : piece
      half = undefined
      let at = 0
      while (at < bytes.length || (state === 'length' && left === 0)) {
        if (state === 'head') {
          const stop = readHead(bytes, at)
          if (stop < 0) {
            half = bytes.subarray(at)
            return
          }
          at = stop
        } else if (state === 'length') {
          const stop = Math.min(bytes.length, at + left)
          left -= stop - at
          if (stop > at) listener.data(bytes.subarray(at, stop))
          if (left === 0) return end(stop, bytes)
          at = stop
        } else if (state === 'chunks') {
          const { data, stop, isLast } = chunks.read(bytes, at)
          if (data) listener.data(data)
          if (isLast) return end(stop, bytes)
          at = stop
        } else {
          listener.data(bytes.subarray(at))
          return
        }
      }
    },
    close() {
      if (state !== 'close') return false
      mayReuse = false
      listener.end(false)
      return true
    },
  }
}

const MOST_HEAD_BYTES = 262_144

/** Throws where no head begins: what speaks something else may wait for us, and would never send the end of one. */
function checkStart(bytes: Buffer, from: number): void {
  const start = bytes.toString('latin1', from, from + HEAD_START.length)
  if (HEAD_START.startsWith(start)) return
  const isTls = TLS_ALERT.startsWith(start.slice(0, TLS_ALERT.length))
  throw isTls
    ? httpError('the server speaks TLS', 'NotPlain')
    : httpError('the server does not speak HTTP/1', 'NotHttp')
}

const HEAD_START = 'HTTP/1.'
/** What a server that waits for TLS has to say to anything else: RFC 8446, section 5.1. */
const TLS_ALERT = '\x15\x03'

/** Index behind the empty line; -1 if there is none yet. Some servers end their lines with a bare line feed. */
function endOfHead(bytes: Buffer, from: number): number {
  const end = bytes.indexOf('\r\n\r\n', from, 'latin1')
  if (end >= 0) return end + 4
  const bare = bytes.indexOf('\n\n', from, 'latin1')
  return bare < 0 ? -1 : bare + 2
}
