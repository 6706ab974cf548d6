import { decodeEventStream } from '../protocol/framing/aws-eventstream.ts'
import { decodeSse } from '../protocol/framing/sse.ts'
import type { Frame, Step } from '../protocol/protocol.ts'

/** Makes a reader of an answer's bytes. */
export type Framing = () => Step<Uint8Array, Frame>

/** How an answer of this content type is cut into frames; `undefined` if it comes whole. */
export function framingOf(contentType: string): Framing | undefined {
  return FRAMINGS.find(([type]) => contentType.includes(type))?.[1]
}

const FRAMINGS: readonly (readonly [type: string, framing: Framing])[] = [
  ['event-stream', decodeSse],
  ['vnd.amazon.eventstream', decodeEventStream],
]
