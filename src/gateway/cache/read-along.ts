import { createCollector, type ModelReply } from '../../canonical/reply.ts'
import { parseJson } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import { decodeSse } from '../../protocol/framing/sse.ts'
import type { DecodeContext } from '../../protocol/protocol.ts'
import type { Call, Chunks } from '../call.ts'

/** A whole answer in the client's protocol as what it says; `undefined`: it is not to be kept. */
export function replyOf(body: string, call: Call, ports: Pick<Ports, 'id'>): ModelReply | undefined {
  try {
    return keepable(call.protocol.decodeReply(parseJson(body), contextOf(call, ports)))
  } catch {
    // The client reads it all the same; only nobody else will.
    return undefined
  }
}

/** `chunks`, and what they have said when they end; `undefined` if they broke off, or are not to be kept. */
export function readAlong(
  chunks: Chunks,
  call: Call,
  ports: Pick<Ports, 'id'>,
  onEnd: (reply: ModelReply | undefined) => void,
): Chunks {
  const framing = decodeSse()
  const decoder = call.protocol.decodeStream(contextOf(call, ports))
  const collector = createCollector()
  let isWhole = true
  const attempt = (read: () => void): void => {
    if (!isWhole) return
    try {
      read()
    } catch {
      // An error among the events, or what cannot be read: of no use to anybody else.
      isWhole = false
    }
  }
  const take = (frames: ReturnType<typeof framing.push>): void => {
    for (const frame of frames) for (const event of decoder.push(frame)) collector.push(event)
  }
  const end = (): ModelReply | undefined => {
    attempt(() => {
      take(framing.end())
      for (const event of decoder.end()) collector.push(event)
    })
    const reply = isWhole ? collector.end() : undefined
    return reply && keepable(reply)
  }
  return {
    async next() {
      try {
        const bytes = await chunks.next()
        if (bytes) attempt(() => take(framing.push(bytes)))
        else onEnd(call.trace.failure ? undefined : end())
        return bytes
      } catch (cause) {
        onEnd(undefined)
        throw cause
      }
    },
    cancel() {
      chunks.cancel()
      onEnd(undefined)
    },
  }
}

const KEPT_ENDS: ReadonlySet<string> = new Set(['stop', 'stop-sequence', 'length', 'tool-calls'])

function keepable(reply: ModelReply): ModelReply | undefined {
  return KEPT_ENDS.has(reply.finish.kind) && reply.parts.length > 0 ? reply : undefined
}

function contextOf({ target, request }: Call, { id }: Pick<Ports, 'id'>): DecodeContext {
  return { provider: target?.provider ?? '', model: target?.model ?? request.model, id }
}
