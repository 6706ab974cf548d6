import { asString, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { CacheMark, MediaPart, NativePart, Part, TextPart, ToolResultPart } from '../../canonical/request.ts'
import { nativeText } from '../openai/native-text.ts'
import type { Scope } from './scope.ts'

/** A text block, with what a Chat client had written beside it. */
export function textBlock(part: TextPart, scope: Scope): JsonObject {
  // Most have neither, and there are many.
  if (!part.native && !part.cache) return { type: 'text', text: part.text }
  scope.losses.residue(part.native, '')
  return {
    type: 'text',
    text: part.text,
    ...cacheField(part.cache, scope),
    ...restFor(part.native, 'openai-chat'),
  }
}

/** Anthropic's cache mark, where it is understood or the client spoke Chat itself. */
export function cacheField(cache: CacheMark | undefined, scope: Scope): JsonObject {
  if (!cache) return {}
  if (scope.cacheMarks) return { cache_control: { type: 'ephemeral', ...(cache.ttl && { ttl: cache.ttl }) } }
  scope.losses.drop('cache_control', 'the provider does not know cache marks')
  return {}
}

/** Media as a block of a user message; what cannot be sent becomes a text that says so. */
export function mediaBlock(part: MediaPart, scope: Scope): JsonObject {
  scope.losses.residue(part.native, '')
  const { source } = part
  const more = restFor(part.native, 'openai-chat')
  if (source.type === 'text') return { type: 'text', text: titled(part.title, source.text) }
  if (source.type === 'file') return fileReference(part, source.id, scope)
  if (part.kind === 'image') {
    if (!scope.images) return omitted(part, 'the model cannot see images', scope)
    const url = source.type === 'url' ? source.url : `data:${part.mediaType ?? 'image/png'};base64,${source.data}`
    return { type: 'image_url', image_url: { url, ...more }, ...cacheField(part.cache, scope) }
  }
  if (source.type === 'url') return omitted(part, `Chat Completions takes no ${part.kind} by URL`, scope)
  if (part.kind === 'video') return omitted(part, 'Chat Completions takes no video', scope)
  if (part.kind === 'audio')
    return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(part.mediaType), ...more } }
  const mediaType = part.mediaType ?? 'application/pdf'
  const isNamed = part.title !== undefined || formFor(part.native, 'openai-chat') !== 'untitled'
  const file_data = `data:${mediaType};base64,${source.data}`
  const file = { ...(isNamed && { filename: part.title ?? 'document.pdf' }), file_data, ...more }
  return { type: 'file', file, ...cacheField(part.cache, scope) }
}

/** The words of a tool result. Media cannot stand in a `tool` message: they are named here and shown after it. */
export function resultText(part: ToolResultPart, scope: Scope): string {
  let text = ''
  eachItem(part, scope, (item) => {
    const said = itemText(item, scope)
    if (said !== undefined && said.trim() !== '') text = text === '' ? said : `${text}\n${said}`
  })
  if (!part.isError) return text || NO_OUTPUT
  if (!text) return 'Error: the tool failed and said nothing'
  return SAYS_ERROR.test(text) ? text : `Error: ${text}`
}

/** The media of a tool result as blocks of a user message, tied to the call. */
export function addResultMedia(part: ToolResultPart, id: string, scope: Scope, out: JsonObject[]): void {
  let isTied = false
  eachItem(part, scope, (item) => {
    if (!isShownLater(item, scope)) return
    if (!isTied) out.push({ type: 'text', text: `From the result of tool call ${id}:` })
    isTied = true
    out.push(mediaBlock(item, scope))
  })
}

/** Has `encode` do with each item of a result what there is to do. */
export function eachItem(
  { content }: ToolResultPart,
  { losses }: Scope,
  encode: (item: ToolResultPart['content'][number]) => void,
): void {
  for (let index = 0; index < content.length; index++) {
    const told = losses.list.length
    encode(content[index] as ToolResultPart['content'][number])
    if (losses.list.length > told) losses.placed(told, `content[${index}]`)
  }
}

/** What an empty tool result reads as: some providers refuse an empty message. */
export const NO_OUTPUT = '(no output)'

const SAYS_ERROR = /^\s*(<tool_use_error>|error\b)/i

function itemText(item: ToolResultPart['content'][number], scope: Scope): string | undefined {
  if (item.type === 'text') {
    scope.losses.residue(item.native, '')
    if (item.cache && !scope.cacheMarks) cacheField(item.cache, scope)
    return item.text
  }
  if (item.type === 'media') {
    if (!isShownLater(item, scope)) return asString(mediaBlock(item, scope).text)
    return `[${item.kind}${item.title ? ` "${item.title}"` : ''}: shown in the next user message]`
  }
  const text = nativeText(item)
  if (text === undefined) dropNative(item, scope)
  return text
}

function isShownLater(item: Part, scope: Scope): item is MediaPart {
  if (item.type !== 'media' || item.source.type === 'text' || item.source.type === 'file') return false
  if (item.kind === 'image') return scope.images
  return item.source.type === 'base64' && item.kind !== 'video'
}

/** Lists a block that cannot be sent. */
export function dropNative(part: NativePart, scope: Scope): void {
  const type = asString(part.native.rest.type) ?? 'unknown'
  scope.losses.drop('', `a block of type ${type} has no equivalent in Chat Completions`)
}

function titled(title: string | undefined, text: string): string {
  return title ? `${title}\n\n${text}` : text
}

// A file that was uploaded elsewhere is not known to this provider.
function fileReference(part: MediaPart, id: string, scope: Scope): JsonObject {
  if (formFor(part.native, 'openai-chat') === 'file-id') return { type: 'file', file: { file_id: id } }
  return omitted(part, 'a file that was uploaded to another provider cannot be read here', scope)
}

function omitted(part: MediaPart, why: string, scope: Scope): JsonObject {
  scope.losses.drop('', why)
  const place = part.source.type === 'url' && !part.source.url.startsWith('data:') ? ` ${part.source.url}` : ''
  const name = part.title ? ` "${part.title}"` : ''
  return { type: 'text', text: `[${part.kind}${name}${place} left out: ${why}]` }
}

function audioFormat(mediaType: string | undefined): string {
  if (mediaType === undefined || /wav/.test(mediaType)) return 'wav'
  return /mpeg|mp3/.test(mediaType) ? 'mp3' : mediaType.slice(mediaType.indexOf('/') + 1)
}
