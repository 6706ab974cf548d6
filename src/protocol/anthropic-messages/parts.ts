import { parseJson, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type {
  MediaPart,
  NativePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/request.ts'
import { encodeCache, withMarks } from './cache.ts'
import { decodeMedia, decodeSearchResult } from './media.ts'
import { booleanOrNothing, eachAt, ID, invalid, leftover, objectAt, spelling, stringAt, withRest } from './residue.ts'

/** A content block as a part. A block of an unknown type is kept whole. */
export function decodePart(value: Json | undefined): Part {
  const block = objectAt(value, '')
  switch (stringAt(block.type, 'type')) {
    case 'text':
      return decodeText(block)
    case 'image':
    case 'document':
      return decodeMedia(block)
    case 'search_result':
      return decodeSearchResult(block)
    case 'thinking':
      return decodeThinking(block)
    case 'redacted_thinking':
      return decodeRedacted(block)
    case 'tool_use':
      return decodeToolUse(block)
    case 'tool_result':
      return decodeToolResult(block)
    default:
      return nativePart(block)
  }
}

/** A text block as a part. */
export function decodeText(block: JsonObject): TextPart {
  return withMarks<TextPart>({ type: 'text', text: stringAt(block.text, 'text') }, block, TEXT, 2)
}

export function encodeText(part: TextPart): JsonObject {
  return withRest({ type: 'text', text: part.text, cache_control: encodeCache(part) }, part.native)
}

/** A `thinking` or `redacted_thinking` block. */
export function encodeReasoning(part: ReasoningPart): JsonObject {
  const own: JsonObject =
    part.encrypted === undefined
      ? { type: 'thinking', thinking: part.text, signature: part.signature }
      : { type: 'redacted_thinking', data: part.encrypted }
  return withRest(own, part.native)
}

/** A `tool_use` block with `id` as it shall be on the wire. */
export function encodeToolUse(part: ToolCallPart, id: string, name: string): JsonObject {
  const own = { type: 'tool_use', id, name, input: inputObject(part.input), cache_control: encodeCache(part) }
  return withRest(own, part.native)
}

/**
 * Arguments as the object that Anthropic demands. What is no JSON object goes into Claude Code's own wrapping for
 * input that could not be parsed, so that the model can see what it wrote.
 */
export function inputObject(input: string): JsonObject {
  if (input.trim() === '') return {}
  try {
    const value = parseJson(input)
    if (isObject(value)) return value
  } catch {
    // Models write broken JSON: it goes on as text, below.
  }
  return { __unparsedToolInput: { raw: input } }
}

/** A block kept whole. */
export function nativePart(block: JsonObject): NativePart {
  return { type: 'native', native: { protocol: ID, rest: block } }
}

const TEXT: ReadonlySet<string> = new Set(['type', 'text', 'cache_control'])
const THINKING: ReadonlySet<string> = new Set(['type', 'thinking', 'signature'])
const REDACTED: ReadonlySet<string> = new Set(['type', 'data'])
const TOOL_USE: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'cache_control'])
const TOOL_RESULT: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

// The mark is set also when nothing is left over: it says that the signature is Anthropic's own.
function decodeThinking(block: JsonObject): ReasoningPart {
  const text = stringAt(block.thinking, 'thinking')
  const native = { protocol: ID, rest: leftover(block, THINKING) ?? {} } as const
  if (block.signature === undefined || block.signature === null) return { type: 'reasoning', text, native }
  return { type: 'reasoning', text, signature: stringAt(block.signature, 'signature'), native }
}

function decodeRedacted(block: JsonObject): ReasoningPart {
  const encrypted = stringAt(block.data, 'data')
  return { type: 'reasoning', text: '', encrypted, native: { protocol: ID, rest: leftover(block, REDACTED) ?? {} } }
}

function decodeToolUse(block: JsonObject): ToolCallPart {
  const id = stringAt(block.id, 'id')
  const name = stringAt(block.name, 'name')
  const call: ToolCallPart = { type: 'tool-call', id, name, input: inputText(block.input) }
  return withMarks(call, block.input === null ? { ...block, input: undefined } : block, TOOL_USE, 4)
}

function inputText(input: Json | undefined): string {
  if (input === undefined || input === null) return ''
  if (isObject(input)) return JSON.stringify(input)
  throw invalid('input', 'Input should be a valid object')
}

function decodeToolResult(block: JsonObject): ToolResultPart {
  const id = stringAt(block.tool_use_id, 'tool_use_id')
  const isError = booleanOrNothing(block.is_error, 'is_error')
  const content = decodeResultContent(block.content)
  const result: ToolResultPart =
    isError === undefined ? { type: 'tool-result', id, content } : { type: 'tool-result', id, content, isError }
  return withMarks(result, block, TOOL_RESULT, isError === undefined ? 3 : 4, contentForm(block.content))
}

function contentForm(content: Json | undefined): JsonObject | undefined {
  if (typeof content === 'string') return { content: 'string' }
  return Array.isArray(content) && content.length === 0 ? { content: 'empty' } : undefined
}

function decodeResultContent(content: Json | undefined): (TextPart | MediaPart | NativePart)[] {
  if (content === undefined || content === null) return []
  return typeof content === 'string' ? [{ type: 'text', text: content }] : eachAt(content, 'content', decodeResultPart)
}

function decodeResultPart(value: Json): TextPart | MediaPart | NativePart {
  const part = decodePart(value)
  // Only these stand in results; a call or a thought there has no meaning for others.
  return part.type === 'text' || part.type === 'media' || part.type === 'native'
    ? part
    : nativePart(value as JsonObject)
}

/** Content in the spelling it came in: a string, blocks, an empty list, or nothing. */
export function encodeResultContent(part: ToolResultPart, blocks: JsonObject[]): Json | undefined {
  const form = spelling(part.native, 'content')
  if (blocks.length === 0) return form === 'empty' ? [] : form === 'string' ? '' : undefined
  const [only] = blocks
  if (form === 'string' && blocks.length === 1 && only && isBareText(only)) return only.text
  return blocks
}

/** Whether a block says nothing but its text, so that a string can stand for it. */
export function isBareText(block: JsonObject): boolean {
  for (const key in block) if (key !== 'type' && key !== 'text' && block[key] !== undefined) return false
  return block.type === 'text'
}
