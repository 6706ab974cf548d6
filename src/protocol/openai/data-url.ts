import type { MediaPart } from '../../canonical/request.ts'

/** An image from its URL, which may hold the data itself. */
export function imageFromUrl(url: string): MediaPart {
  const data = readDataUrl(url)
  return data
    ? { type: 'media', kind: 'image', mediaType: data.mediaType, source: { type: 'base64', data: data.base64 } }
    : { type: 'media', kind: 'image', source: { type: 'url', url } }
}

/** Media type and content of a base64 `data:` URL. */
export function readDataUrl(url: string): { mediaType: string; base64: string } | undefined {
  if (!url.startsWith('data:')) return undefined
  const comma = url.indexOf(',')
  const head = url.slice(5, comma)
  if (comma < 0 || !head.endsWith(';base64')) return undefined
  return { mediaType: head.slice(0, -';base64'.length), base64: url.slice(comma + 1) }
}
