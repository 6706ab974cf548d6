import type { MediaPart } from '../canonical/request.ts'
import { imageSizeOf } from './image-size.ts'

/** How many tokens a medium costs, roughly: an image by its pixels, the rest by its bytes. Never by its base64 text. */
export function estimateMedia(part: MediaPart): number {
  if (part.kind === 'image') return estimateImage(part)
  if (part.source.type !== 'base64') return unseenTokens
  return Math.max(leastTokens, (part.source.data.length * 0.75) / bytesPerToken[part.kind])
}

/** What Anthropic documents as the most an image costs: about 1.15 megapixels at 750 pixels a token. */
const imageTokens = 1_600
const pixelsPerToken = 750
const longestEdge = 1_568
const leastTokens = 50
/** A document that we only have a name of: some pages. */
const unseenTokens = 3_000
/** A page of PDF is some 40 KB and 1,500 to 3,000 tokens of text and picture. */
const bytesPerToken = { document: 20, audio: 500, video: 2_000 } as const

function estimateImage(part: MediaPart): number {
  const size = part.source.type === 'base64' ? imageSizeOf(part.source.data) : undefined
  if (!size) return imageTokens
  const scale = Math.min(1, longestEdge / Math.max(size.width, size.height))
  return Math.max(leastTokens, Math.min(imageTokens, (size.width * size.height * scale * scale) / pixelsPerToken))
}
