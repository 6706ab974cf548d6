import { asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { CacheMark, MediaPart, NativePart, Part, TextPart } from '../../canonical/request.ts'
import { imageFromUrl, readDataUrl } from '../openai/data-url.ts'

/** A content block of a request's message. What is not known stays whole. */
export function decodeBlock(block: Json): Part {
  if (!isObject(block)) return { type: 'text', text: asString(block) ?? JSON.stringify(block ?? null) }
  const read = BLOCKS.get(asString(block.type) ?? '')
  return read?.(block) ?? { type: 'native', native: { protocol: 'openai-chat', rest: block } }
}

/** A content block of a `tool` message: text, or whole. */
export function decodeResultBlock(block: Json): TextPart | MediaPart | NativePart {
  const part = decodeBlock(block)
  if (part.type === 'text' || part.type === 'media' || part.type === 'native') return part
  return { type: 'native', native: { protocol: 'openai-chat', rest: isObject(block) ? block : {} } }
}

/** Anthropic's cache mark as gateways take it in Chat; `undefined` if it says more than is known. */
export function decodeCache(value: Json | undefined): CacheMark | undefined {
  if (!isObject(value) || value.type !== 'ephemeral') return undefined
  const { ttl } = value
  if (Object.keys(value).length > (ttl === undefined ? 1 : 2)) return undefined
  if (ttl === undefined) return {}
  return ttl === '5m' || ttl === '1h' ? { ttl } : undefined
}

const BLOCKS: ReadonlyMap<string, (block: JsonObject) => Part | undefined> = new Map(
  Object.entries({
    text: textPart,
    refusal: refusalPart,
    image_url: imagePart,
    input_audio: audioPart,
    file: filePart,
  }),
)

function textPart(block: JsonObject): Part | undefined {
  const text = asString(block.text)
  if (text === undefined) return undefined
  const cache = decodeCache(block.cache_control)
  const rest = omit(block, cache ? TEXT_KEYS_WITH_CACHE : TEXT_KEYS)
  return {
    type: 'text',
    text,
    ...(cache && { cache }),
    ...(Object.keys(rest).length > 0 && { native: { protocol: 'openai-chat', rest } }),
  }
}

const TEXT_KEYS = new Set(['type', 'text'])
const TEXT_KEYS_WITH_CACHE = new Set(['type', 'text', 'cache_control'])

function refusalPart(block: JsonObject): Part | undefined {
  const text = asString(block.refusal)
  if (text === undefined) return undefined
  const rest = omit(block, new Set(['type', 'refusal']))
  return { type: 'text', text, native: { protocol: 'openai-chat', rest, form: 'refusal' } }
}

function imagePart(block: JsonObject): Part | undefined {
  const { image_url: image } = block
  const url = isObject(image) ? asString(image.url) : undefined
  const cache = decodeCache(block.cache_control)
  if (!isObject(image) || url === undefined || !hasOnly(block, 'image_url', cache)) return undefined
  const rest = omit(image, new Set(['url']))
  return {
    ...imageFromUrl(url),
    ...(cache && { cache }),
    ...(Object.keys(rest).length > 0 && { native: { protocol: 'openai-chat', rest } }),
  }
}

function audioPart(block: JsonObject): Part | undefined {
  const { input_audio: audio } = block
  if (!isObject(audio) || !hasOnly(block, 'input_audio', undefined)) return undefined
  const data = asString(audio.data)
  const format = asString(audio.format)
  if (data === undefined || format === undefined) return undefined
  const rest = omit(audio, new Set(['data', 'format']))
  return {
    type: 'media',
    kind: 'audio',
    mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`,
    source: { type: 'base64', data },
    ...(Object.keys(rest).length > 0 && { native: { protocol: 'openai-chat', rest } }),
  }
}

function filePart(block: JsonObject): Part | undefined {
  const { file } = block
  const cache = decodeCache(block.cache_control)
  if (!isObject(file) || !hasOnly(block, 'file', cache)) return undefined
  const id = asString(file.file_id)
  if (id !== undefined && Object.keys(file).length === 1)
    return {
      type: 'media',
      kind: 'document',
      source: { type: 'file', id },
      native: { protocol: 'openai-chat', rest: {}, form: 'file-id' },
    }
  const data = readDataUrl(asString(file.file_data) ?? '')
  if (!data) return undefined
  const title = asString(file.filename)
  const rest = omit(file, new Set(['file_data', ...(title === undefined ? [] : ['filename'])]))
  return {
    type: 'media',
    kind: 'document',
    mediaType: data.mediaType,
    source: { type: 'base64', data: data.base64 },
    ...(title !== undefined && { title }),
    ...(cache && { cache }),
    native: { protocol: 'openai-chat', rest, ...(title === undefined && { form: 'untitled' }) },
  }
}

function hasOnly(block: JsonObject, key: string, cache: CacheMark | undefined): boolean {
  return Object.keys(block).every((name) => name === 'type' || name === key || (cache && name === 'cache_control'))
}
