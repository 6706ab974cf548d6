import type { ModelRequest, Part } from '../../canonical/request.ts'
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
  let foreign = false
  const attribute = async (part: Part): Promise<Part> => {
    if (part.type !== 'reasoning' && part.type !== 'tool-call') return part
    foreign ||= part.origin !== undefined
    if (part.type !== 'reasoning' || part.origin) return part
    const proof = part.signature ?? part.encrypted
    const origin = proof ? await origins.get(proof) : undefined
    if (!origin || origin.provider === target.provider) return part
    foreign = true
    return { ...part, origin }
  }
  const messages: ModelRequest['messages'][number][] = []
  for (const message of request.messages) {
    const hasProofs = message.parts.some((part) => part.type === 'reasoning' || part.type === 'tool-call')
    messages.push(hasProofs ? { ...message, parts: await Promise.all(message.parts.map(attribute)) } : message)
  }
  return foreign ? { ...request, messages } : undefined
}
