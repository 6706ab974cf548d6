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
  let isOver = false
  return {
    push(bytes) {
      if (isOver) return []
      buffer.add(bytes)
      const frames: Frame[] = []
      for (let message = nextMessage(buffer); message && !isOver; message = isOver ? undefined : nextMessage(buffer)) {
        const frame = typeof message === 'string' ? { event: UNREADABLE, data: message } : frameOf(message)
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
  const view = viewOf(bytes)
  if (crc32(bytes.subarray(0, PRELUDE - SUM)) !== view.getUint32(PRELUDE - SUM))
    return 'its lengths do not match their sum'
  const total = view.getUint32(0)
  const end = PRELUDE + view.getUint32(4)
  if (end + SUM > total || total > LONGEST) return 'its lengths make no message'
  if (bytes.length < total) return undefined
  if (crc32(bytes.subarray(0, total - SUM)) !== view.getUint32(total - SUM)) return 'it does not match its sum'
  buffer.drop(total)
  return { headers: bytes.subarray(PRELUDE, end), payload: bytes.subarray(end, total - SUM) }
}

function frameOf({ headers, payload }: Message): Frame {
  const names = readHeaders(headers)
  if (typeof names === 'string') return { event: UNREADABLE, data: names }
  const data = new TextDecoder().decode(payload)
  switch (names.get(':message-type')) {
    case 'exception':
      return { event: names.get(':exception-type') ?? ERROR, data }
    case 'error':
      return {
        event: ERROR,
        data: JSON.stringify({ code: names.get(':error-code'), message: names.get(':error-message') }),
      }
    default:
      return { event: names.get(':event-type') ?? '', data }
  }
}

const STRING = 7
const BYTES = 6
/** How many bytes a value of each type takes; those of 6 and 7 say it themselves. */
const SIZES: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** The headers that are text, by name; or why they cannot be read. */
function readHeaders(bytes: Uint8Array): Map<string, string> | string {
  const headers = new Map<string, string>()
  const view = viewOf(bytes)
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum
})

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (sum >>> 8) ^ (TABLE[(sum ^ byte) & 0xff] as number)
  return (sum ^ 0xffffffff) >>> 0
}
