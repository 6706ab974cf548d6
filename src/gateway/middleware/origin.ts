import type { Message, ModelRequest, Part, ReasoningPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { OriginStore } from '../../store/origin-store.ts'
import type { Middleware } from '../call.ts'

/**
 * Reasoning goes back only to who signed it. A relayed answer goes down as it came, so its signatures say nothing of
 * their origin: it is noted here, and a request that brings one of another provider is not relayed, so that the codec
 * can leave it out. Reasoning that came through a translation carries its origin itself and must be unwrapped.
 */
export function createOriginMiddleware({ origins }: Ports): Middleware {
  return async (call, next) => {
    const { target, trace } = call
    if (!target) return next(call)
    trace.atEnd.push(() => {
      for (const signature of trace.signatures) origins.set(signature, target)
    })
    const request = await attributed(call.request, target, origins)
    return next(request ? { ...call, request, edited: true } : call)
  }
}

/** The request with the origins that are known; nothing if the client's own bytes can go to `target`. */
async function attributed(
  request: ModelRequest,
  target: RouteTarget,
  origins: OriginStore,
): Promise<ModelRequest | undefined> {
  const { messages } = request
  let foreign = messages.some(({ parts }) => parts.some(isFromElsewhere))
  // Most conversations hold no proof, and nothing is waited for.
  if (!messages.some(({ parts }) => parts.some(isUnknown))) return foreign ? request : undefined
  const attribute = async (part: Part): Promise<Part> => {
    if (!isUnknown(part)) return part
    const origin = await origins.get(part.signature ?? part.encrypted ?? '')
    if (!origin || origin.provider === target.provider) return part
    foreign = true
    return { ...part, origin }
  }
  const known: Message[] = []
  for (const message of messages) {
    const isKnown = !message.parts.some(isUnknown)
    known.push(isKnown ? message : { ...message, parts: await Promise.all(message.parts.map(attribute)) })
  }
  return foreign ? { ...request, messages: known } : undefined
}

function isFromElsewhere(part: Part): boolean {
  return (part.type === 'reasoning' || part.type === 'tool-call') && part.origin !== undefined
}

/** Whether nobody has said who signed it. */
function isUnknown(part: Part): part is ReasoningPart {
  return part.type === 'reasoning' && !part.origin && Boolean(part.signature ?? part.encrypted)
}
