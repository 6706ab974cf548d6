import { isObject, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Message, Part, ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import { nativeText } from '../openai/native-text.ts'
import { validInput } from '../openai/valid-input.ts'
import { CACHES_ITSELF, noteText } from './encode-blocks.ts'
import { encodeCall, encodeImage, encodeOwnMessage, encodeReasoning, groupItems, ownPlace } from './encode-items.ts'
import { chatInput, type Encoding } from './encoding.ts'
import { formOf, ID, isOurs } from './residue.ts'

/** A turn of the model as items: its words, its calls, and its reasoning if it goes back to who wrote it. */
export function encodeTurn(message: Message, path: string, encoding: Encoding): JsonObject[] {
  const places = new Map(message.parts.map((part, index) => [part, `${path}.content[${index}]`]))
  return groupItems(message.parts).flatMap((group) => {
    const [first] = group
    if (!first) return []
    if (formOf(first).item !== undefined && (first.type === 'text' || first.type === 'media' || isBlock(first)))
      return [encodeOwnMessage(group, 'output_text')]
    return group.flatMap((part) => encodePart(part, places.get(part) ?? path, message, encoding))
  })
}

function isBlock(part: Part): boolean {
  return part.type === 'native' && formOf(part).block === true
}

function encodePart(part: Part, path: string, message: Message, encoding: Encoding): JsonObject[] {
  const { losses } = encoding
  switch (part.type) {
    case 'text':
      noteText(part, path, encoding)
      return part.text.trim() === '' ? [] : [said(part.text)]
    case 'reasoning':
      return replayed(part, path, encoding)
    case 'tool-call':
      return [called(part, path, message, encoding)]
    case 'media': {
      const image = isOurs(part) ? encodeImage(part, '') : undefined
      if (image) return [image]
      losses.drop(path, 'what a model made cannot be sent back to it here')
      return []
    }
    case 'native': {
      const item = restFor(part.native, ID)
      if (item) return [item]
      const text = nativeText(part)
      if (text !== undefined) return [said(text)]
      losses.drop(path, `a block of type ${String(part.native.rest.type)} has no equivalent in the Responses API`)
      return []
    }
    case 'tool-result':
      losses.drop(path, 'a turn of the model cannot hold a tool result')
      return []
  }
}

/** Earlier words of the model: without the id that only its origin knows, they are told in the shortest form. */
function said(text: string): JsonObject {
  return { type: 'message', role: 'assistant', content: text }
}

function called(part: ToolCallPart, path: string, message: Message, encoding: Encoding): JsonObject {
  const { losses, names, pairs } = encoding
  const id = pairs.pairOfCall(part)?.id ?? part.id
  const { search } = formOf(part)
  if (encoding.ours && isObject(search)) return search
  if (encoding.ours && isOurs(part)) return encodeCall(part, part.id, ownPlace(part, part.name))
  losses.residue(part.native, path)
  if (part.cache) losses.drop(`${path}.cache_control`, CACHES_ITSELF)
  if (part.signature !== undefined) losses.drop(`${path}.signature`, 'only its origin can verify it')
  const input = chatInput(part, encoding)
  if (input !== undefined) return { type: 'custom_tool_call', call_id: id, name: names.of(part.name), input }
  return { type: 'function_call', call_id: id, name: names.of(part.name), arguments: validInput(part.input) }
}

// Encrypted reasoning can be read by its origin alone, and reasoning without a proof is refused.
function replayed(part: ReasoningPart, path: string, encoding: Encoding): JsonObject[] {
  const { losses, target } = encoding
  const proof = part.encrypted ?? part.signature
  const isHome = part.origin?.provider === target.provider
  const isOwn = isOurs(part) && (isHome || (!part.origin && (encoding.ours || proof !== undefined)))
  if (isOwn || (isHome && proof && !isForeignProof(part))) return [encodeReasoning(part, proof)]
  losses.residue(part.native, path)
  losses.drop(
    path,
    proof ? 'only the provider that wrote this reasoning can read it' : 'reasoning without its proof is refused',
  )
  return []
}

// One provider may speak several protocols: what it signed in another one means nothing here.
function isForeignProof({ native, signature }: ReasoningPart): boolean {
  return (native !== undefined && native.protocol !== ID) || signature?.startsWith('field:') === true
}
