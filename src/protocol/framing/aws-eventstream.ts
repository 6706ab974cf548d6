import type { Frame, Step } from '../protocol.ts'
import { CUT } from './json-array.ts'

/** Event of the frame that stands for a message that cannot be read; its data says why. Nothing follows it. */
export const UNREADABLE = 'unreadable'

/** Event of the frame that stands for an error with no type of its own; its data is JSON, `{code, message}`. */
export const ERROR = 'error'

/**
 * Bytes of AWS's binary event stream → its messages: the event is the type of the event, or of the exception, and the
 * data is the payload. Pieces may end anywhere; lengths and sums are checked. Input that ends inside a message gives a
 * last frame of the event `CUT`. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function decodeEventStream(): Step<Uint8Array, Frame> {
  const buffer = createBuffer()
  const headersOf = createHeaderReader()
  const text = new TextDecoder()
  let isOver = false
  return {
    push(bytes) {
      buffer.add(bytes)
      const frames: Frame[] = []
      while (!isOver) {
        const message = nextMessage(buffer)
        if (!message) break
        const frame =
          typeof message === 'string'
            ? { event: UNREADABLE, data: message }
            : frameOf(headersOf(message.headers), text.decode(message.payload))
        isOver = frame.event === UNREADABLE
        frames.push(frame)
      }
      return frames
    },
    end() {
      if (isOver || buffer.bytes().length === 0) return []
      isOver = true
      return [{ event: CUT, data: '' }]
    },
  }
}

/** The length of the message, of its headers, and the sum of these two. */
const PRELUDE = 12
const SUM = 4
/** A message is its prelude, headers, payload and sum; AWS sends none beyond 24 MiB. */
const LONGEST = 25 * 1024 * 1024

interface Message {
  readonly headers: Uint8Array
  readonly payload: Uint8Array
}

/** The first message of the buffer, which it then leaves; why it cannot be read; or nothing as long as it is not whole. */
function nextMessage(buffer: Buffer): Message | string | undefined {
  const bytes = buffer.bytes()
  if (bytes.length < PRELUDE) return undefined
  if (crc32(bytes, PRELUDE - SUM) !== uint32At(bytes, PRELUDE - SUM)) return 'its lengths do not match their sum'
  const total = uint32At(bytes, 0)
  const end = PRELUDE + uint32At(bytes, 4)
  if (end + SUM > total || total > LONGEST) return 'its lengths make no message'
  if (bytes.length < total) return undefined
  if (crc32(bytes, total - SUM) !== uint32At(bytes, total - SUM)) return 'it does not match its sum'
  buffer.drop(total)
  return { headers: bytes.subarray(PRELUDE, end), payload: bytes.subarray(end, total - SUM) }
}

function frameOf(headers: Headers, data: string): Frame {
  if (typeof headers === 'string') return { event: UNREADABLE, data: headers }
  switch (headers.get(':message-type')) {
    case 'exception':
      return { event: headers.get(':exception-type') ?? ERROR, data }
    case 'error':
      return {
        event: ERROR,
        data: JSON.stringify({ code: headers.get(':error-code'), message: headers.get(':error-message') }),
      }
    default:
      return { event: headers.get(':event-type') ?? '', data }
  }
}

/** The headers that are text, by name; or why they cannot be read. */
type Headers = ReadonlyMap<string, string> | string

/** Most messages of a stream have the headers of the one before: those are not read again. */
function createHeaderReader(): (bytes: Uint8Array) => Headers {
  let known = new Uint8Array(0)
  let headers: Headers = new Map<string, string>()
  return (bytes) => {
    if (!isEqual(bytes, known)) {
      known = bytes.slice()
      headers = readHeaders(bytes)
    }
    return headers
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

const STRING = 7
const BYTES = 6
/** How many bytes a value of each type takes; those of 6 and 7 say it themselves. */
const SIZES: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

function readHeaders(bytes: Uint8Array): Headers {
  const headers = new Map<string, string>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = new TextDecoder()
  let at = 0
  while (at < bytes.length) {
    const value = at + 1 + view.getUint8(at)
    if (value >= bytes.length) return 'its headers end in the middle of one'
    const type = view.getUint8(value)
    const hasLength = type === STRING || type === BYTES
    if (hasLength && value + 3 > bytes.length) return 'its headers end in the middle of one'
    const start = value + (hasLength ? 3 : 1)
    const end = start + (hasLength ? view.getUint16(value + 1) : (SIZES[type] ?? Infinity))
    if (end > bytes.length) return 'its headers end in the middle of one'
    if (type === STRING)
      headers.set(text.decode(bytes.subarray(at + 1, value)), text.decode(bytes.subarray(start, end)))
    at = end
  }
  return headers
}

interface Buffer {
  add(bytes: Uint8Array): void
  /** All that has not been dropped; good until the next `add`. */
  bytes(): Uint8Array
  drop(length: number): void
}

/** Grows by doubling: a message that comes byte by byte is not copied for each of them. */
function createBuffer(): Buffer {
  let space = new Uint8Array(0)
  let start = 0
  let end = 0
  return {
    add(bytes) {
      if (end + bytes.length > space.length) {
        const kept = space.subarray(start, end)
        space = new Uint8Array(Math.max(4096, 2 * (kept.length + bytes.length)))
        space.set(kept)
        start = 0
        end = kept.length
      }
      space.set(bytes, end)
      end += bytes.length
    },
    bytes: () => space.subarray(start, end),
    drop(length) {
      start += length
    },
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0
}

const TABLE = new Int32Array(256).map((_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum
})

/** Of the first `length` bytes. */
function crc32(bytes: Uint8Array, length: number): number {
  let sum = -1
  for (let at = 0; at < length; at++) sum = (sum >>> 8) ^ (TABLE[(sum ^ (bytes[at] as number)) & 0xff] as number)
  return ~sum >>> 0
}
