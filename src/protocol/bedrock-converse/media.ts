import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { MediaPart } from '../../canonical/request.ts'
import type { Encoding } from './encoding.ts'
import { blockResidue, defined, isOurs, spelling, withRest } from './residue.ts'

/** Media of a result, which holds no sound. */
export function encodeResultMedia(part: MediaPart, path: string, encoding: Encoding): JsonObject {
  if (part.kind !== 'audio' || encoding.ours) return encodeMedia(part, path, encoding)
  encoding.drop(path, 'a result of a tool holds no sound at Bedrock')
  return leftOut(part)
}

/** An image, document, sound or film as a block; a text in its place where it cannot be sent, which is then listed. */
export function encodeMedia(part: MediaPart, path: string, encoding: Encoding): JsonObject {
  encoding.dropResidue(part.native, path)
  const { source, title } = part
  // Not every model reads documents, but each reads text.
  if (source.type === 'text' && !encoding.ours) return { text: title ? `${title}\n\n${source.text}` : source.text }
  const refusal = refusalOf(part, encoding)
  const block = refusal === undefined ? blockOf(part, path, encoding) : undefined
  if (block) {
    if (part.title !== undefined && part.kind !== 'document') encoding.drop(`${path}.title`, 'Converse has no titles')
    return block
  }
  encoding.drop(path, refusal ?? `Converse has no block for it: ${part.kind} ${part.mediaType ?? part.source.type}`)
  return leftOut(part)
}

function leftOut({ kind, title }: MediaPart): JsonObject {
  return { text: `[${kind}${title ? ` "${title}"` : ''} left out: this model cannot read it]` }
}

/** Media of an answer as a block for a client; `undefined` where there is none for it. */
export function encodeAnswerMedia(part: MediaPart): JsonObject | undefined {
  const format = spelling(part.native, 'format') ?? formatOf(part)
  const source = sourceOf(part)
  const name = part.kind === 'document' ? (part.title ?? 'document') : undefined
  if (format === undefined || !source) return undefined
  return withRest({ [part.kind]: defined({ format, name, source }) }, part.native)
}

/** The part that a block of media is; `undefined` where it is none that others could understand. */
export function decodeMedia(block: JsonObject): MediaPart | undefined {
  const kind = KINDS.find((each) => isObject(block[each]))
  const body = kind === undefined ? undefined : block[kind]
  if (kind === undefined || !isObject(body)) return undefined
  const source = isObject(body.source) ? body.source : {}
  const format = asString(body.format)
  const mediaType = format === undefined ? undefined : (TYPES[kind].get(format) ?? `${kind}/${format}`)
  const read = readSource(kind, mediaType, source)
  if (!read) return undefined
  const name = kind === 'document' ? asString(body.name) : undefined
  const title = name !== undefined && NO_NAME.test(name) ? undefined : name
  return {
    type: 'media',
    kind,
    ...(mediaType !== undefined && { mediaType }),
    source: read.source,
    ...(title !== undefined && { title }),
    ...blockResidue(
      read.rest ? { ...block, [kind]: { ...body, source: read.rest } } : block,
      kind,
      read.rest ? CLAIMED_FIELDS : CLAIMED,
      {
        ...read.form,
        ...(format !== undefined && { format }),
        ...(name !== title && { name: name ?? '' }),
      },
    ),
  }
}

type Kind = MediaPart['kind']

const KINDS: readonly Kind[] = ['image', 'document', 'video', 'audio']
const CLAIMED: ReadonlySet<string> = new Set(['format', 'source', 'name'])
const CLAIMED_FIELDS: ReadonlySet<string> = new Set(['format', 'name'])

const OFFICE = 'application/vnd.openxmlformats-officedocument'
const TYPES: Readonly<Record<Kind, ReadonlyMap<string, string>>> = {
  image: new Map([
    ['png', 'image/png'],
    ['jpeg', 'image/jpeg'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
  ]),
  document: new Map([
    ['pdf', 'application/pdf'],
    ['csv', 'text/csv'],
    ['doc', 'application/msword'],
    ['docx', `${OFFICE}.wordprocessingml.document`],
    ['xls', 'application/vnd.ms-excel'],
    ['xlsx', `${OFFICE}.spreadsheetml.sheet`],
    ['html', 'text/html'],
    ['txt', 'text/plain'],
    ['md', 'text/markdown'],
  ]),
  video: new Map([
    ['mkv', 'video/x-matroska'],
    ['mov', 'video/quicktime'],
    ['mp4', 'video/mp4'],
    ['webm', 'video/webm'],
    ['flv', 'video/x-flv'],
    ['mpeg', 'video/mpeg'],
    ['wmv', 'video/x-ms-wmv'],
    ['three_gp', 'video/3gpp'],
  ]),
  audio: new Map([
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['flac', 'audio/flac'],
    ['aac', 'audio/aac'],
    ['ogg', 'audio/ogg'],
    ['opus', 'audio/opus'],
    ['m4a', 'audio/mp4'],
    ['webm', 'audio/webm'],
    ['pcm', 'audio/pcm'],
    ['mka', 'audio/x-matroska'],
  ]),
}
/** Other names for the same. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/x-m4a', 'audio/mp4'],
  ['text/x-markdown', 'text/markdown'],
])
const DEFAULTS: Readonly<Record<Kind, string>> = { image: 'png', document: 'pdf', audio: 'wav', video: 'mp4' }

function refusalOf(part: MediaPart, { target }: Encoding): string | undefined {
  if (part.kind === 'image' && target.traits.images === false) return `${target.model} takes no images`
  const { source } = part
  if (source.type === 'file') return 'the file lies at another provider'
  if (source.type === 'url' && !isS3(source.url)) return 'Bedrock fetches nothing but from S3: send the file itself'
  return undefined
}

function isS3(url: string): boolean {
  return /^s3:\/\//i.test(url)
}

function blockOf(part: MediaPart, path: string, encoding: Encoding): JsonObject | undefined {
  const format = formatOf(part)
  const source = sourceOf(part)
  if (format === undefined || !source) return undefined
  const name = part.kind === 'document' ? nameOf(part, path, encoding) : undefined
  return withRest(
    {
      [part.kind]: defined({
        format: spelling(part.native, 'format') ?? (isOurs(part) ? undefined : format),
        name,
        source,
      }),
    },
    part.native,
  )
}

function formatOf({ kind, mediaType, source }: MediaPart): string | undefined {
  if (mediaType === undefined) return source.type === 'text' ? 'txt' : (formatInUrl(kind, source) ?? DEFAULTS[kind])
  const plain = mediaType.toLowerCase().split(';', 1)[0]?.trim() ?? ''
  const known = [...TYPES[kind]].find(([, type]) => type === (SAME.get(plain) ?? plain))?.[0]
  // Source code and the like is text, whatever it is called.
  return known ?? (kind === 'document' && plain.startsWith('text/') ? 'txt' : undefined)
}

function formatInUrl(kind: Kind, source: MediaPart['source']): string | undefined {
  const extension = source.type === 'url' ? /\.([a-z0-9]+)(?:[?#]|$)/i.exec(source.url)?.[1]?.toLowerCase() : undefined
  const format = extension === 'jpg' ? 'jpeg' : extension
  return format !== undefined && TYPES[kind].has(format) ? format : undefined
}

function sourceOf(part: MediaPart): JsonObject | undefined {
  const { source } = part
  switch (source.type) {
    case 'base64':
      return { bytes: source.data }
    case 'url':
      return { s3Location: { uri: source.url } }
    case 'text':
      if (spelling(part.native, 'source') === 'text') return { text: source.text }
      return { bytes: new TextEncoder().encode(source.text).toBase64() }
    case 'file':
      return undefined
  }
}

const NO_NAME = /^document(?: \d+)?$/

function nameOf({ title, native }: MediaPart, path: string, encoding: Encoding): string | undefined {
  const { ours, drop } = encoding
  const own = spelling(native, 'name')
  if (ours)
    return title ?? (typeof own === 'string' ? own : isOurs({ ...(native && { native }) }) ? undefined : 'document')
  if (title === undefined) return encoding.uniqueName('document')
  // Letters, digits, single spaces, hyphens, parentheses and square brackets.
  const plain = title.replace(/[^a-zA-Z0-9\s()[\]-]/g, '-').replace(/\s+/g, ' ')
  const name = encoding.uniqueName(plain.trim().slice(0, 190).trim() || 'document')
  if (name !== title) drop(`${path}.title`, `Bedrock takes no such name: ${name} is sent`)
  return name
}

interface ReadSource {
  readonly source: MediaPart['source']
  readonly form?: JsonObject
  /** What of the source is no part of it. */
  readonly rest?: JsonObject
}

function readSource(kind: Kind, mediaType: string | undefined, source: JsonObject): ReadSource | undefined {
  const bytes = asString(source.bytes)
  if (bytes !== undefined) {
    const text = kind === 'document' && mediaType?.startsWith('text/') ? textIn(bytes) : undefined
    return { source: text === undefined ? { type: 'base64', data: bytes } : { type: 'text', text } }
  }
  const text = asString(source.text)
  if (text !== undefined && kind === 'document') return { source: { type: 'text', text }, form: { source: 'text' } }
  const place = isObject(source.s3Location) ? source.s3Location : undefined
  const uri = asString(place?.uri)
  if (!place || uri === undefined) return undefined
  const { uri: _, ...more } = place
  const rest = Object.keys(more).length > 0 ? { s3Location: more } : undefined
  return { source: { type: 'url', url: uri }, ...(rest && { rest }) }
}

/** The text that the bytes are, if they are what it is written as. */
function textIn(bytes: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.fromBase64(bytes))
    return new TextEncoder().encode(text).toBase64() === bytes ? text : undefined
  } catch {
    // Bytes of no text stay bytes.
    return undefined
  }
}
