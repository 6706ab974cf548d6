import type { ProtocolId } from '../canonical/native.ts'
import { decodeEventStream } from '../protocol/framing/aws-eventstream.ts'
import { decodeJsonArray } from '../protocol/framing/json-array.ts'
import { decodeSse } from '../protocol/framing/sse.ts'
import type { Frame, Glance, Step } from '../protocol/protocol.ts'
import type { Incoming } from './send.ts'

/** Makes a reader of an answer's bytes, with the glance of who decodes its frames, if nobody else sees them. */
export type Framing = (glance?: Glance) => Step<Uint8Array, Frame>

/** How an answer of this content type is cut into frames; `undefined` if it comes whole. */
export function framingOf(contentType: string): Framing | undefined {
  return FRAMINGS.find(([type]) => contentType.includes(type))?.[1]
}

/** An answer to a call for a stream. Some hosts of Gemini know its first framing only, whatever they are asked for. */
export function inElements(incoming: Incoming, protocol: ProtocolId): Incoming {
  const isArray = protocol === 'gemini' && (incoming.headers.get('content-type') ?? '').includes('json')
  return isArray ? { ...incoming, isStream: true, framing: decodeJsonArray } : incoming
}

const FRAMINGS: readonly (readonly [type: string, framing: Framing])[] = [
  ['event-stream', decodeSse],
  ['vnd.amazon.eventstream', decodeEventStream],
]
