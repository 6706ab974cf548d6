import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { argumentsOf } from '../tool-arguments.ts'
import { defined, ID, isOurs, spelling, withRest } from './residue.ts'
import { signatureFor } from './signature.ts'

/** A finished part of an answer for a Gemini client; nothing for blocks of other protocols. */
export function encodeAnswerPart(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' && !isOurs(part) ? [] : [withRest({ text: part.text }, part.native)]
    case 'reasoning': {
      const thoughtSignature = signatureFor(part)
      if (part.text === '' && thoughtSignature === undefined) return []
      return [withRest(defined({ text: part.text, thought: true, thoughtSignature }), part.native)]
    }
    case 'tool-call': {
      const isBare = spelling(part.native, 'args') === 'absent' && part.input === '{}'
      const args = isBare ? undefined : argumentsOf(part.input)
      const functionCall = defined({
        id: spelling(part.native, 'id') === 'absent' ? undefined : part.id,
        name: part.name,
        args,
      })
      return [withRest(defined({ functionCall, thoughtSignature: signatureFor(part) }), part.native)]
    }
    case 'media':
      return encodeMedia(part)
    case 'native':
      return isOurs(part) ? [part.native.rest] : []
    case 'tool-result':
      return []
  }
}

/** What of an answer stood outside its parts, if Gemini gave it. */
export function restOf(
  native: Native | undefined,
): { top: JsonObject; candidate?: JsonObject; usageMetadata?: JsonObject } | undefined {
  if (native?.protocol !== ID) return undefined
  const { candidates, ...top } = native.rest
  const [candidate] = Array.isArray(candidates) ? candidates : []
  const usageMetadata = isObject(native.form) ? native.form.usageMetadata : undefined
  return { top, ...(isObject(candidate) && { candidate }), ...(isObject(usageMetadata) && { usageMetadata }) }
}

function encodeMedia(part: Extract<Part, { type: 'media' }>): JsonObject[] {
  const { source } = part
  const mimeType = part.mediaType
  if (source.type === 'base64') return [withRest({ inlineData: defined({ mimeType, data: source.data }) }, part.native)]
  if (source.type === 'url') return [withRest({ fileData: defined({ mimeType, fileUri: source.url }) }, part.native)]
  return source.type === 'text' ? [{ text: source.text }] : []
}
