import type { Part } from '../../canonical/request.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Middleware } from '../call.ts'

/**
 * A model that reads text alone refuses a conversation for one image in it, and every turn that follows. So a request with
 * images is not relayed to it as it came: the codec tells it that there was an image, and lists the loss.
 */
export function createSight(providers: readonly Provider[]): Middleware {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  return (call, next) => {
    const provider = call.target && byName.get(call.target.provider)
    if (!call.target || !provider || call.edited || traitsFor(provider, call.target.model).images !== false)
      return next(call)
    return next(call.request.messages.some(({ parts }) => parts.some(isImage)) ? { ...call, edited: true } : call)
  }
}

function isImage(part: Part): boolean {
  if (part.type === 'tool-result') return part.content.some(isImage)
  return part.type === 'media' && part.kind === 'image'
}
