import type { Message, ModelRequest, Part, ReasoningPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Answer, Call, Handler } from '../call.ts'
import type { PlaceLayer } from '../place.ts'

/**
 * Reasoning goes back only to who signed it. A relayed answer goes down as it came, so its signatures say nothing of
 * their origin: it is noted here, and a request that brings one of another provider is not relayed, so that the codec
 * can leave it out. Reasoning that came through a translation carries its origin itself and must be unwrapped.
 */
export function createOriginLayer({ origins }: Pick<Ports, 'origins'>): PlaceLayer {
  return ({ target }, next) =>
    (call) => {
      const { trace, request } = call
      trace.atEnd.push(() => trace.signatures.forEach((signature) => origins.set(signature, target)))
      // Most conversations hold no proof, and nothing is waited for.
      if (holds(request, isUnknown)) return askAttributed(call, target, next)
      return next(holds(request, isFromElsewhere) ? { ...call, edited: true } : call)
    }

  /** Asks with the origins that are known; with the client's own bytes, if they can go to `target`. */
  async function askAttributed(call: Call, target: RouteTarget, next: Handler): Promise<Answer> {
    const attribute = async (part: Part): Promise<Part> => {
      const origin = isUnknown(part) && (await origins.get(part.signature ?? part.encrypted ?? ''))
      return origin && origin.provider !== target.provider ? { ...part, origin } : part
    }
    const messages: Message[] = []
    for (const message of call.request.messages) {
      const isKnown = !message.parts.some(isUnknown)
      messages.push(isKnown ? message : { ...message, parts: await Promise.all(message.parts.map(attribute)) })
    }
    const request = { ...call.request, messages }
    return next(holds(request, isFromElsewhere) ? { ...call, request, edited: true } : call)
  }
}

function holds({ messages }: ModelRequest, is: (part: Part) => boolean): boolean {
  for (const { parts } of messages) for (const part of parts) if (is(part)) return true
  return false
}

function isFromElsewhere(part: Part): boolean {
  return (part.type === 'reasoning' || part.type === 'tool-call') && part.origin !== undefined
}

/** Whether nobody has said who signed it. */
function isUnknown(part: Part): part is ReasoningPart {
  return part.type === 'reasoning' && !part.origin && Boolean(part.signature ?? part.encrypted)
}
