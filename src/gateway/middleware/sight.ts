import type { Part } from '../../canonical/request.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { PlaceLayer } from '../place.ts'

/**
 * A model that reads text alone refuses a conversation for one image in it, and every turn that follows. So a request with
 * images is not relayed to it as it came: the codec tells it that there was an image, and lists the loss.
 */
export const sight: PlaceLayer = ({ provider, target }, next) => {
  if (traitsFor(provider, target.model).images !== false) return next
  return (call) => {
    const isBlindTo = !call.edited && call.request.messages.some(({ parts }) => parts.some(isImage))
    return next(isBlindTo ? { ...call, edited: true } : call)
  }
}

function isImage(part: Part): boolean {
  if (part.type === 'tool-result') return part.content.some(isImage)
  return part.type === 'media' && part.kind === 'image'
}
