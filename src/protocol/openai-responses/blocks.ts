import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { MediaPart, NativePart, TextPart } from '../../canonical/request.ts'
import { imageFromUrl, readDataUrl } from '../openai/data-url.ts'
import { decodeLogprobs } from '../openai/logprobs.ts'
import { defined, formOf, ID, residueOf, withRest } from './residue.ts'

/** A content block of a message or of a tool's output. What is not known stays whole. */
export function decodeBlock(block: Json): TextPart | MediaPart | NativePart {
  if (!isObject(block)) return { type: 'text', text: asString(block) ?? JSON.stringify(block) ?? '' }
  return READERS.get(asString(block.type) ?? '')?.(block) ?? nativeBlock(block)
}

/** A text block in the client's own spelling. */
export function encodeOwnText(part: TextPart, type: string): JsonObject {
  const { block } = formOf(part)
  if (block === 'refusal') return withRest({ type: 'refusal', refusal: part.text }, part)
  return withRest({ type: asString(block) ?? type, text: part.text }, part)
}

/** Media as a block, or why it has none. */
export function encodeMedia(part: MediaPart): JsonObject | string {
  const { source, kind } = part
  if (source.type === 'text') return { type: 'input_text', text: titled(part.title, source.text) }
  if (source.type === 'file') return ownFile(part, source.id)
  if (kind === 'image') {
    const url = source.type === 'url' ? source.url : `data:${part.mediaType ?? 'image/png'};base64,${source.data}`
    return imageBlock(part, { image_url: url })
  }
  if (kind === 'audio' || kind === 'video') return `the Responses API takes no ${kind}`
  if (source.type === 'url') return withRest({ type: 'input_file', file_url: source.url, filename: part.title }, part)
  const file_data = `data:${part.mediaType ?? 'application/pdf'};base64,${source.data}`
  const isUnnamed = part.title === undefined && part.native?.protocol === ID
  const filename = isUnnamed ? undefined : (part.title ?? 'document.pdf')
  return withRest({ type: 'input_file', filename, file_data }, part)
}

const READERS: ReadonlyMap<string, (block: JsonObject) => TextPart | MediaPart | undefined> = new Map(
  Object.entries({
    input_text: textPart,
    output_text: textPart,
    text: textPart,
    summary_text: textPart,
    refusal: (block: JsonObject): TextPart | undefined => {
      const text = asString(block.refusal)
      const native = residueOf(block, new Set(['type', 'refusal']), { block: 'refusal' })
      return text === undefined ? undefined : { type: 'text', text, native }
    },
    input_image: imagePart,
    input_file: filePart,
  }),
)

const TEXT_KEYS = new Set(['type', 'text'])

function textPart(block: JsonObject): TextPart | undefined {
  const text = asString(block.text)
  if (text === undefined) return undefined
  const logprobs = decodeLogprobs(block.logprobs)
  return {
    type: 'text',
    text,
    ...(logprobs && { logprobs }),
    native: residueOf(block, TEXT_KEYS, { block: block.type }),
  }
}

// `auto` is the default, which the documentation nevertheless demands.
function imageBlock(part: MediaPart, image: JsonObject): JsonObject {
  const { detail } = formOf(part)
  const own = part.native?.protocol === ID
  return withRest({ type: 'input_image', detail: own ? detail : 'auto', ...image }, part)
}

function imagePart(block: JsonObject): MediaPart | undefined {
  const url = asString(block.image_url)
  const id = asString(block.file_id)
  const form: JsonObject = block.detail === 'auto' ? { detail: 'auto' } : {}
  const claimed = new Set(['type', ...(block.detail === 'auto' ? ['detail'] : [])])
  if (url !== undefined) return { ...imageFromUrl(url), native: residueOf(block, claimed.add('image_url'), form) }
  if (id === undefined) return undefined
  return {
    type: 'media',
    kind: 'image',
    source: { type: 'file', id },
    native: residueOf(block, claimed.add('file_id'), form),
  }
}

function filePart(block: JsonObject): MediaPart | undefined {
  const title = asString(block.filename)
  const named = title === undefined ? {} : { title }
  const claimed = new Set(['type', 'filename'])
  const data = readDataUrl(asString(block.file_data) ?? '')
  const common = { type: 'media', kind: 'document', ...named } as const
  if (data) {
    const native = residueOf(block, claimed.add('file_data'))
    return { ...common, mediaType: data.mediaType, source: { type: 'base64', data: data.base64 }, native }
  }
  const url = asString(block.file_url)
  if (url !== undefined)
    return { ...common, source: { type: 'url', url }, native: residueOf(block, claimed.add('file_url')) }
  const id = asString(block.file_id)
  if (id === undefined) return undefined
  return { ...common, source: { type: 'file', id }, native: residueOf(block, claimed.add('file_id')) }
}

function nativeBlock(block: JsonObject): NativePart {
  return { type: 'native', native: { protocol: ID, rest: block, form: { block: true } } }
}

function ownFile(part: MediaPart, id: string): JsonObject | string {
  if (part.native?.protocol !== ID) return 'a file that was uploaded to another provider cannot be read here'
  if (part.kind === 'image') return imageBlock(part, { file_id: id })
  return defined(withRest({ type: 'input_file', file_id: id, filename: part.title }, part))
}

function titled(title: string | undefined, text: string): string {
  return title ? `${title}\n\n${text}` : text
}
