import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { MediaPart, NativePart } from '../../canonical/request.ts'
import { decodeCache, encodeCache, withMarks } from './cache.ts'
import { ID, leftover, objectAt, spelling, stringAt, stringOrNothing, withKeys, withRest } from './residue.ts'

/** `image` and `document` blocks; one whose source has no canonical form is kept whole. */
export function decodeMedia(block: JsonObject): MediaPart | NativePart {
  const read = readSource(objectAt(block.source, 'source'))
  if (!read) return { type: 'native', native: { protocol: ID, rest: block } }
  const title = stringOrNothing(block.title, 'title')
  const part: MediaPart = {
    type: 'media',
    kind: block.type === 'image' ? 'image' : 'document',
    ...(read.mediaType !== undefined && { mediaType: read.mediaType }),
    source: read.source,
    ...(title !== undefined && { title }),
  }
  return withMarks(part, block, CLAIMED, title === undefined ? 2 : 3, read.form)
}

/** A `search_result` block as a document of text, so that every provider can be shown it. */
export function decodeSearchResult(block: JsonObject): MediaPart | NativePart {
  const texts = plainTexts(block.content)
  if (!texts) return { type: 'native', native: { protocol: ID, rest: block } }
  const title = stringOrNothing(block.title, 'title')
  const cache = decodeCache(block.cache_control)
  const form: JsonObject = { block: 'search_result', lengths: texts.map((text) => text.length), ...cache?.form }
  return {
    type: 'media',
    kind: 'document',
    mediaType: 'text/plain',
    source: { type: 'text', text: texts.join('') },
    ...(title !== undefined && { title }),
    ...(cache && { cache: cache.mark }),
    native: { protocol: ID, rest: leftover(block, SEARCH_CLAIMED) ?? {}, form },
  }
}

/** The block for `part`, or nothing where Anthropic has none (audio, video, other kinds of document). */
export function encodeMedia(part: MediaPart): JsonObject | undefined {
  if (spelling(part.native, 'block') === 'search_result' && part.source.type === 'text') return encodeSearchResult(part)
  const type = part.kind
  if (type !== 'image' && type !== 'document') return undefined
  const source = encodeSource(part)
  if (!source) return undefined
  return withRest(
    { type, source, title: type === 'document' ? part.title : undefined, cache_control: encodeCache(part) },
    part.native,
  )
}

const CLAIMED: ReadonlySet<string> = new Set(['type', 'source', 'title', 'cache_control'])
const SEARCH_CLAIMED: ReadonlySet<string> = new Set(['type', 'content', 'title', 'cache_control'])
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

interface ReadSource {
  readonly source: MediaPart['source']
  readonly mediaType?: string
  readonly form?: JsonObject
}

function readSource(source: JsonObject): ReadSource | undefined {
  switch (source.type) {
    case 'base64':
      return {
        source: { type: 'base64', data: stringAt(source.data, 'source.data') },
        ...sourceRest(source, 'data'),
      }
    case 'text':
      return {
        source: { type: 'text', text: stringAt(source.data, 'source.data') },
        ...sourceRest(source, 'data'),
      }
    case 'url':
      return { source: { type: 'url', url: stringAt(source.url, 'source.url') }, ...sourceRest(source, 'url') }
    case 'file':
      return {
        source: { type: 'file', id: stringAt(source.file_id, 'source.file_id') },
        ...sourceRest(source, 'file_id'),
      }
    case 'content':
      return readContentSource(source)
    default:
      return undefined
  }
}

function sourceRest(source: JsonObject, value: string): Omit<ReadSource, 'source'> {
  const mediaType = stringOrNothing(source.media_type, 'source.media_type')
  const more = leftover(source, new Set(['type', 'media_type', value]))
  return { ...(mediaType !== undefined && { mediaType }), ...(more && { form: { source: more } }) }
}

function readContentSource(source: JsonObject): ReadSource | undefined {
  if (leftover(source, CONTENT_CLAIMED)) return undefined
  if (typeof source.content === 'string') {
    return { source: { type: 'text', text: source.content }, form: { content: 'string' } }
  }
  const texts = plainTexts(source.content)
  if (!texts) return undefined
  return { source: { type: 'text', text: texts.join('') }, form: { content: texts.map((text) => text.length) } }
}
const CONTENT_CLAIMED: ReadonlySet<string> = new Set(['type', 'content'])

/** The texts of a list of text blocks with nothing else in them. */
function plainTexts(content: Json | undefined): string[] | undefined {
  if (!Array.isArray(content)) return undefined
  const texts: string[] = []
  for (const block of content) {
    if (!isObject(block) || block.type !== 'text' || typeof block.text !== 'string') return undefined
    if (Object.keys(block).length !== 2) return undefined
    texts.push(block.text)
  }
  return texts
}

function encodeSource(part: MediaPart): JsonObject | undefined {
  const more = spelling(part.native, 'source')
  const own = plainSource(part)
  return own && withKeys(own, isObject(more) ? more : undefined)
}

function plainSource(part: MediaPart): JsonObject | undefined {
  const { source, mediaType } = part
  const ours = part.native?.protocol === ID
  switch (source.type) {
    case 'base64':
      return ours || acceptsBase64(part) ? { type: 'base64', media_type: mediaType, data: source.data } : undefined
    case 'url':
      return { type: 'url', url: source.url, media_type: ours ? mediaType : undefined }
    case 'file':
      return { type: 'file', file_id: source.id, media_type: ours ? mediaType : undefined }
    case 'text':
      return part.kind === 'image' ? undefined : textSource(part, source.text)
  }
}

function acceptsBase64(part: MediaPart): boolean {
  const type = part.mediaType ?? ''
  return part.kind === 'image' ? IMAGE_TYPES.has(type) : type === 'application/pdf'
}

function textSource(part: MediaPart, text: string): JsonObject {
  const content = spelling(part.native, 'content')
  if (content === 'string') return { type: 'content', content: text }
  if (Array.isArray(content)) return { type: 'content', content: textBlocks(text, content) }
  // Anthropic knows no other text than plain.
  const own = part.native?.protocol === ID ? part.mediaType : undefined
  return { type: 'text', media_type: own ?? 'text/plain', data: text }
}

function encodeSearchResult(part: MediaPart): JsonObject {
  const text = part.source.type === 'text' ? part.source.text : ''
  const lengths = spelling(part.native, 'lengths')
  return withRest(
    {
      type: 'search_result',
      title: part.title,
      content: textBlocks(text, Array.isArray(lengths) ? lengths : []),
      cache_control: encodeCache(part),
    },
    part.native,
  )
}

/** `text` in blocks of the `lengths` it came in; in one block if it was edited since. */
function textBlocks(text: string, lengths: readonly Json[]): JsonObject[] {
  const total = lengths.reduce<number>((sum, length) => sum + Number(length), 0)
  if (total !== text.length) return [{ type: 'text', text }]
  let start = 0
  return lengths.map((length) => ({ type: 'text', text: text.slice(start, (start += Number(length))) }))
}
