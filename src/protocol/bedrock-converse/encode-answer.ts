import type { JsonObject } from '../../canonical/json.ts'
import type { MediaPart, Part } from '../../canonical/request.ts'
import { argumentsOf } from '../tool-arguments.ts'
import { encodeReasoningBlock, encodeText } from './encode-blocks.ts'
import { encodeAnswerMedia } from './media.ts'
import { isOurs, withRest } from './residue.ts'

/** A finished part of an answer as blocks for a client; nothing for blocks of other protocols. */
export function encodeAnswerPart(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [encodeText(part)]
    case 'reasoning':
      return part.text === '' && part.signature === undefined && part.encrypted === undefined
        ? []
        : [encodeReasoningBlock(part)]
    case 'tool-call':
      return [
        withRest({ toolUse: { toolUseId: part.id, name: part.name, input: argumentsOf(part.input) } }, part.native),
      ]
    case 'media':
      return [encodeAnswerMedia(part) ?? mediaNotice(part)]
    case 'native':
      return isOurs(part) ? [part.native.rest] : []
    case 'tool-result':
      return []
  }
}

function mediaNotice({ kind, mediaType }: MediaPart): JsonObject {
  return { text: `[The model answered with ${mediaType ?? kind} content, which cannot be shown here.]` }
}
