import { httpError } from './error.ts'

/** Takes a chunked body apart. */
export interface ChunkReader {
  /** Reads on in `bytes` at `from`. The bytes may be overwritten: what `data` holds has been moved together in place. */
  read(bytes: Uint8Array, from: number): ChunkRead
}

/** What one piece of a chunked body held. */
export interface ChunkRead {
  readonly data: Uint8Array | undefined
  /** Index behind what was read. */
  readonly stop: number
  /** Whether the body is whole; the reader is then ready for the next one. */
  readonly isLast: boolean
}

/** RFC 9112, section 7.1. Throws where a length is none. */
export function createChunkReader(): ChunkReader {
  let state = IN_SIZE
  let size = 0
  let digits = 0
  let lineLength = 0

  const endSize = (): void => {
    if (digits === 0) throw httpError('a chunk of the answer has no length')
    state = size === 0 ? IN_TRAILER : IN_DATA
    lineLength = 0
    digits = 0
  }
  const readSize = (byte: number): void => {
    const digit = hexOf(byte)
    if (digit >= 0) {
      size = size * 16 + digit
      if (++digits > MOST_DIGITS) throw httpError('a chunk of the answer is too long')
    } else if (byte === LINE_FEED) endSize()
    else if (BEHIND_SIZE.has(byte)) state = IN_EXTENSION
    else throw httpError('the length of a chunk of the answer is no number')
  }
  /** True at the end of the body. */
  const readTrailer = (byte: number): boolean => {
    if (byte !== LINE_FEED) {
      if (byte !== CARRIAGE_RETURN) lineLength++
      return false
    }
    const isLast = lineLength === 0
    if (isLast) state = IN_SIZE
    lineLength = 0
    return isLast
  }
  return {
    read(bytes, from) {
      let start = from
      let end = from
      let at = from
      let isLast = false
      while (at < bytes.length && !isLast) {
        if (state === IN_DATA) {
          const stop = Math.min(bytes.length, at + size)
          if (end === from) {
            start = at
            end = stop
          } else {
            bytes.copyWithin(end, at, stop)
            end += stop - at
          }
          size -= stop - at
          at = stop
          if (size === 0) state = BEHIND_DATA
          continue
        }
        const byte = bytes[at++] as number
        if (state === IN_SIZE) readSize(byte)
        else if (state === IN_TRAILER) isLast = readTrailer(byte)
        else if (byte === LINE_FEED) {
          if (state === IN_EXTENSION) endSize()
          else state = IN_SIZE
        } else if (state === BEHIND_DATA && byte !== CARRIAGE_RETURN)
          throw httpError('a chunk of the answer is longer than it says')
      }
      return { data: end > start ? bytes.subarray(start, end) : undefined, stop: at, isLast }
    },
  }
}

// Where the next byte stands. Numbers: it is asked for every one.
const IN_SIZE = 0
const IN_EXTENSION = 1
const IN_DATA = 2
const BEHIND_DATA = 3
const IN_TRAILER = 4

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const TAB = 9
const SPACE = 32
const SEMICOLON = 59
/** What may follow a length, before the end of its line. */
const BEHIND_SIZE: ReadonlySet<number> = new Set([CARRIAGE_RETURN, SEMICOLON, SPACE, TAB])
/** Of a length in hexadecimal that JavaScript can count. */
const MOST_DIGITS = 13

function hexOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
