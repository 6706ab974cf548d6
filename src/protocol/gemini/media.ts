import type { JsonObject } from '../../canonical/json.ts'
import type { MediaPart, Part } from '../../canonical/request.ts'
import type { Encoding } from './encoding.ts'
import { defined, isOurs, withRest } from './residue.ts'

/** An image, document, sound or film as a Gemini part; `undefined` where it cannot be sent, which is then listed. */
export function encodeMedia(part: MediaPart, path: string, encoding: Encoding): JsonObject | undefined {
  const { source } = part
  if (part.kind === 'image' && encoding.target.traits.images === false) {
    encoding.drop(path, `${encoding.target.model} takes no images`)
    return { text: '[An image that this model cannot see]' }
  }
  if (!isOurs(part)) encoding.dropResidue(part.native, path)
  if (part.title !== undefined && source.type !== 'text') encoding.drop(`${path}.title`, 'Gemini has no titles')
  switch (source.type) {
    case 'base64':
      return withRest({ inlineData: { mimeType: mediaTypeOf(part), data: source.data } }, part.native)
    case 'url':
      return withRest(
        { fileData: defined({ mimeType: part.mediaType ?? mediaTypeOfUrl(source.url), fileUri: source.url }) },
        part.native,
      )
    case 'text':
      return source.text === '' ? undefined : { text: part.title ? `${part.title}\n\n${source.text}` : source.text }
    case 'file':
      encoding.drop(path, 'the file lies at another provider')
      return undefined
  }
}

/** The part of an answer or message that `inlineData` or `fileData` is; `undefined` if it holds neither. */
export function mediaOf(data: { mimeType?: string; data?: string; fileUri?: string }): MediaPart | undefined {
  const { mimeType } = data
  const kind = kindOf(mimeType)
  const typed = mimeType === undefined ? {} : { mediaType: mimeType }
  if (data.data !== undefined) return { type: 'media', kind, ...typed, source: { type: 'base64', data: data.data } }
  if (data.fileUri !== undefined) return { type: 'media', kind, ...typed, source: { type: 'url', url: data.fileUri } }
  return undefined
}

/** Whether a result of a tool may hold the part inside (`functionResponse.parts`), which Gemini 3 brought. */
export function fitsInResult(part: Part): boolean {
  return part.type === 'media' && part.source.type === 'base64' && IN_RESULTS.has(mediaTypeOf(part))
}

// https://ai.google.dev/gemini-api/docs/function-calling#multimodal
const IN_RESULTS = new Set(['image/png', 'image/jpeg', 'image/webp', 'application/pdf', 'text/plain'])
const DEFAULTS = { image: 'image/png', document: 'application/pdf', audio: 'audio/wav', video: 'video/mp4' } as const

function mediaTypeOf(part: MediaPart): string {
  return part.mediaType ?? DEFAULTS[part.kind]
}

function kindOf(mediaType: string | undefined): MediaPart['kind'] {
  const family = mediaType?.split('/', 1)[0]
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'document'
}

function mediaTypeOfUrl(url: string): string | undefined {
  const extension = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''
  return TYPES_OF_EXTENSION.get(extension)
}

const TYPES_OF_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['mp3', 'audio/mpeg'],
  ['wav', 'audio/wav'],
  ['mp4', 'video/mp4'],
])
