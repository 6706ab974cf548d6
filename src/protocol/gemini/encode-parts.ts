import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { argumentsOf } from '../tool-arguments.ts'
import type { Encoding } from './encoding.ts'
import { encodeMedia, fitsInResult } from './media.ts'
import { isGemini3 } from './model.ts'
import { defined, isOurs, spelling, withRest } from './residue.ts'
import { contentOfResponse } from './response-content.ts'

/** A part of a message as Gemini's; nothing for what cannot or need not be sent, and a loss is listed. */
export function encodePart(part: Part, path: string, encoding: Encoding): JsonObject[] {
  if ('cache' in part && part.cache) encoding.drop(`${path}.cache_control`, 'Gemini caches prompts by itself')
  switch (part.type) {
    case 'text':
      return encodeText(part, path, encoding)
    case 'reasoning':
      return encodeReasoning(part, path, encoding)
    case 'tool-call':
      return [encodeCall(part, path, encoding)]
    case 'tool-result':
      return encodeResult(part, path, encoding)
    case 'media':
      return [encodeMedia(part, path, encoding) ?? []].flat()
    case 'native':
      if (isOurs(part)) return [part.native.rest]
      encoding.drop(path, 'only another protocol has this block')
      return []
  }
}

/** A result of a tool, with the media that have to stand beside it. */
export function encodeResult(part: ToolResultPart, path: string, encoding: Encoding): JsonObject[] {
  encoding.dropResidue(part.native, path)
  const name = encoding.pairs.pairOf(part)?.call.name ?? spelling(part.native, 'name')
  const raw = spelling(part.native, 'response')
  const inside = part.content.filter((piece) => isInside(piece, part, encoding))
  const own = defined({
    ...(takesId(part.native, encoding) && { id: idOf(encoding.pairs.pairOf(part)?.call ?? part) }),
    name: typeof name === 'string' ? encoding.names.of(name) : undefined,
    response: isObject(raw) && saysOf(part, raw) ? raw : responseOf(part),
    parts: inside.length > 0 ? inside.flatMap((piece) => encodePart(piece, path, encoding)) : undefined,
  })
  const beside = part.content.filter((piece) => piece.type === 'media' && !inside.includes(piece))
  return [
    withRest({ functionResponse: own }, part.native),
    ...beside.flatMap((piece) => encodePart(piece, path, encoding)),
  ]
}

/** What a tool said, as the object that Gemini wants. */
export function responseOf(part: ToolResultPart): JsonObject {
  const hasMedia = part.content.some(({ type }) => type === 'media')
  // An empty output would read as an empty file where only an image came.
  const text = textOfResult(part) || (hasMedia ? '(see the attached file)' : '')
  return part.isError ? { error: text } : { output: text }
}

/** The texts of a result; blocks of other protocols as JSON, since an empty result would mislead the model. */
export function textOfResult(part: ToolResultPart): string {
  return part.content
    .flatMap((piece) => {
      if (piece.type === 'text') return piece.text
      return piece.type === 'native' ? JSON.stringify(piece.native.rest) : []
    })
    .join('\n')
}

/** Gemini 3 takes media inside a result; to older models they are told behind it. */
function isInside(piece: Part, result: ToolResultPart, { ours, target }: Encoding): boolean {
  if (ours) return piece.type === 'media' && spelling(result.native, 'parts') === true
  return isGemini3(target.model) && target.traits.images !== false && fitsInResult(piece)
}

/** Whether `raw` still says what the result does. */
function saysOf(part: ToolResultPart, raw: JsonObject): boolean {
  const { text, isError } = contentOfResponse(raw)
  return isError === (part.isError === true) && text === textOfResult(part)
}

function encodeText(part: TextPart, path: string, encoding: Encoding): JsonObject[] {
  encoding.dropResidue(part.native, path)
  const wire = withRest({ text: part.text }, part.native)
  // Gemini refuses an empty text, unless it carries a signature.
  return part.text === '' && !encoding.ours && Object.keys(wire).length === 1 ? [] : [wire]
}

function encodeReasoning(part: ReasoningPart, path: string, encoding: Encoding): JsonObject[] {
  if (isOurs(part) || isFrom(part, encoding)) {
    const own = defined({ text: part.text, thought: true, thoughtSignature: part.signature })
    return part.text === '' && part.signature === undefined && !isOurs(part) ? [] : [withRest(own, part.native)]
  }
  encoding.drop(path, 'reasoning goes back only to the model that thought it')
  return []
}

function encodeCall(part: ToolCallPart, path: string, encoding: Encoding): JsonObject {
  encoding.dropResidue(part.native, path)
  const known = isOurs(part) || !part.origin || isFrom(part, encoding)
  if (part.signature !== undefined && !known) encoding.drop(`${path}.signature`, 'another model signed it')
  const functionCall = defined({
    ...(takesId(part.native, encoding) && { id: idOf(part) }),
    name: encoding.names.of(part.name),
    args: part.input === '' && isOurs(part) ? undefined : argumentsOf(part.input),
  })
  const thoughtSignature = (known ? part.signature : undefined) ?? spelling(part.native, 'noSignature')
  return withRest(defined({ functionCall, thoughtSignature }), part.native)
}

/** Whether the model that is asked is the one that made the part. */
function isFrom({ origin }: ReasoningPart | ToolCallPart, { target }: Encoding): boolean {
  return origin?.provider === target.provider && origin.model === target.model
}

/** The id as the client wrote it. */
function idOf(part: ToolCallPart | ToolResultPart): string {
  return asString(spelling(part.native, 'givenId')) ?? part.id
}

function takesId(native: Native | undefined, { target }: Encoding): boolean {
  return target.traits.callIds !== false && spelling(native, 'id') !== 'absent'
}
