import { isObject, parseJson, type Json } from '../canonical/json.ts'
import { exceptionInside, isException } from '../protocol/bedrock-converse/error.ts'
import { decodeEventStream, ERROR, UNREADABLE } from '../protocol/framing/aws-eventstream.ts'
import { encodeSse } from '../protocol/framing/sse.ts'
import { codecOf } from '../protocol/index.ts'
import { chain, type Frame, type Step } from '../protocol/protocol.ts'
import type { Respondent, Source } from './source.ts'

/** The answer of Bedrock's `invoke-with-response-stream` for Claude, as the events that Anthropic itself would stream. */
export function asAnthropicStream(source: Source, who: Respondent): Source {
  const events = chain(decodeEventStream(), unwrapChunks(who))
  const text = new TextEncoder()
  let isOver = false
  const encoded = (frames: readonly Frame[]): Uint8Array => text.encode(frames.map(encodeSse).join(''))
  return {
    ...source,
    async read() {
      while (!isOver) {
        // oxlint-disable-next-line no-await-in-loop -- one piece after the other
        const bytes = await source.read()
        isOver = !bytes
        const frames = bytes ? events.push(bytes) : events.end()
        if (frames.length > 0) return encoded(frames)
      }
      return undefined
    },
  }
}

/** Messages of the stream → Anthropic's events, which they hold as base64. */
function unwrapChunks(who: Respondent): Step<Frame, Frame> {
  const failed = (type: string, said: Json): Frame => {
    const error = exceptionInside(type, said, { ...who, id: (prefix) => prefix })
    return { event: 'error', data: JSON.stringify(codecOf('anthropic-messages').encodeError(error)) }
  }
  return {
    push({ event = '', data }) {
      if (isException(event)) return [failed(event, parsed(data) ?? data)]
      const unwrapped = event === 'chunk' ? eventIn(data) : undefined
      if (unwrapped) return [unwrapped]
      const isUnreadable = event === 'chunk' || event === UNREADABLE
      return isUnreadable ? [failed(ERROR, { message: 'sent a message that cannot be read' })] : []
    },
    end: () => [],
  }
}

function eventIn(data: string): Frame | undefined {
  const payload = parsed(data)
  const text = isObject(payload) && typeof payload.bytes === 'string' ? textIn(payload.bytes) : undefined
  const event = text === undefined ? undefined : parsed(text)
  if (text === undefined || !isObject(event)) return undefined
  return { event: typeof event.type === 'string' ? event.type : '', data: text }
}

function textIn(base64: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64))
  } catch {
    // Told as what cannot be read.
    return undefined
  }
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    // Bedrock's own words, or nothing that anybody could read.
    return undefined
  }
}
