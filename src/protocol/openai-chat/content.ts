import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import { imageFromUrl } from '../openai/data-url.ts'

/** A piece of an answer: more text of a kind, or a part that comes whole. */
export type Piece =
  | { readonly type: 'text' | 'reasoning'; readonly text: string; readonly form?: string }
  | { readonly type: 'whole'; readonly part: Part }

/** The reasoning in a delta or message, in whichever field the vendor puts it; only one counts, as some fill several. */
export function decodeReasoning(message: JsonObject): Piece | undefined {
  if (message.reasoning_content) return reasoning(message.reasoning_content, 'reasoning_content')
  if (message.reasoning) return reasoning(message.reasoning, 'reasoning')
  if (message.reasoning_details) return reasoning(detailsText(message.reasoning_details), 'reasoning_details')
  return message.reasoning_text ? reasoning(message.reasoning_text, 'reasoning_text') : undefined
}

/** The pieces of a content that is a list of blocks. */
export function decodeContent(blocks: readonly Json[]): Piece[] {
  return blocks.flatMap((block) => {
    if (typeof block === 'string') return [{ type: 'text', text: block }]
    return isObject(block) ? decodeBlock(block) : []
  })
}

function decodeBlock(block: JsonObject): Piece[] {
  switch (block.type) {
    case 'text':
    case 'output_text':
      return [{ type: 'text', text: asString(block.text) ?? '' }]
    case 'refusal':
      return [{ type: 'text', text: asString(block.refusal) ?? '', form: 'refusal' }]
    case 'thinking':
      return [{ type: 'reasoning', text: thinkingText(block.thinking), form: 'thinking' }]
    case 'image_url': {
      const url = isObject(block.image_url) ? asString(block.image_url.url) : asString(block.image_url)
      if (url !== undefined) return [{ type: 'whole', part: imageFromUrl(url) }]
    }
  }
  return [{ type: 'whole', part: { type: 'native', native: { protocol: 'openai-chat', rest: block } } }]
}

function reasoning(value: Json, form: string): Piece | undefined {
  return typeof value === 'string' && value ? { type: 'reasoning', text: value, form } : undefined
}

function detailsText(details: Json): string {
  if (!Array.isArray(details)) return ''
  return details
    .map((detail) => (isObject(detail) ? asString(detail.text) || asString(detail.summary) || '' : ''))
    .join('')
}

// Mistral's thinking is a list of text blocks.
function thinkingText(value: Json | undefined): string {
  if (!Array.isArray(value)) return asString(value) ?? ''
  return value.map((block) => (isObject(block) ? (asString(block.text) ?? '') : (asString(block) ?? ''))).join('')
}
