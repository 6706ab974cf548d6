import { isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { decodeAnswerPart, malformed } from './answer.ts'

/** A block of a stream between its start and its stop. */
export interface OpenBlock {
  /** Index of the part. */
  readonly index: number
  readonly kind: 'text' | 'thinking' | 'tool' | 'native'
  /** As it started; deltas of other kinds are folded into it. */
  readonly block: JsonObject
  /** The text, reasoning or JSON of the arguments so far. */
  text: string
}

/** A block as it starts, and the part that is known of it. */
export function openBlock(start: JsonObject, index: number, context: DecodeContext): { open: OpenBlock; part: Part } {
  const { type } = start
  if (type === 'text') {
    const block = { ...start, text: '' }
    const part = decodeAnswerPart(block, 'content_block', context)
    return { open: { index, kind: 'text', block, text: stringOf(start.text) }, part }
  }
  if (type === 'thinking') {
    const part = decodeAnswerPart({ ...start, thinking: '', signature: undefined }, 'content_block', context)
    return { open: { index, kind: 'thinking', block: { ...start }, text: stringOf(start.thinking) }, part }
  }
  if (type === 'tool_use') return openTool(start, index, context)
  return {
    open: { index, kind: 'native', block: { ...start }, text: '' },
    part: decodeAnswerPart(start, 'content_block', context),
  }
}

/** Takes in a delta that is not plain text of the block's own kind. */
export function foldDelta({ block }: OpenBlock, delta: JsonObject): void {
  if (delta.type === 'citations_delta') {
    block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation ?? null]
    return
  }
  for (const key in delta) {
    if (key === 'type') continue
    const value = delta[key]
    const before = block[key]
    // A signature comes whole.
    block[key] = typeof value === 'string' && typeof before === 'string' && key !== 'signature' ? before + value : value
  }
}

/** The finished part. */
export function closeBlock({ kind, block, text }: OpenBlock, context: DecodeContext): Part {
  switch (kind) {
    case 'text':
      return decodeAnswerPart({ ...block, text }, 'content_block', context)
    case 'thinking':
      return decodeAnswerPart({ ...block, thinking: text }, 'content_block', context)
    case 'tool':
      return { ...decodeAnswerPart(block, 'content_block', context), input: text } as Part
    case 'native':
      return decodeAnswerPart(
        text === '' ? block : { ...block, input: parsedInput(text, context) },
        'content_block',
        context,
      )
  }
}

/** What arguments a tool call had in its start, for providers that send no deltas of them. */
export function inputAtStart({ block }: OpenBlock): string {
  const { input } = block
  if (isObject(input)) return JSON.stringify(input)
  return typeof input === 'string' && input !== '' ? input : '{}'
}

function openTool(start: JsonObject, index: number, context: DecodeContext): { open: OpenBlock; part: Part } {
  const whole = decodeAnswerPart({ ...start, input: {} }, 'content_block', context)
  if (whole.type !== 'tool-call') throw malformed('sent a tool call that cannot be read', context)
  // The id may have been made here: it must stay the same.
  return { open: { index, kind: 'tool', block: { ...start, id: whole.id }, text: '' }, part: { ...whole, input: '' } }
}

function parsedInput(text: string, context: DecodeContext): Json {
  try {
    return parseJson(text)
  } catch (cause) {
    throw malformed('sent arguments of a tool of its own that are not JSON', context, cause)
  }
}

function stringOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
