import type { Json, JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { Message, Part, ReasoningPart, TextPart } from '../../canonical/request.ts'
import { unwrapInput } from '../openai/custom-tool.ts'
import { nativeText } from '../openai/native-text.ts'
import { validInput } from '../openai/valid-input.ts'
import { dropNative, mediaBlock, textBlock } from './blocks.ts'
import type { Pair } from '../tool-pairs.ts'
import { markedField } from './reasoning-field.ts'
import type { Scope } from './scope.ts'

/** An assistant message: its texts as one content, its calls, and earlier reasoning where the provider wants it back. */
export function encodeAssistant(message: Message, scope: Scope, path: string): JsonObject {
  const blocks: JsonObject[] = []
  const reasoning: { field: string; text: string }[] = []
  let refusal: string | undefined
  message.parts.forEach((part, index) => {
    const place = `${path}.content[${index}]`
    if (part.type === 'reasoning') reasoning.push(...replayed(part, scope, place))
    else if (part.type === 'text' && formFor(part.native, 'openai-chat') === 'refusal-field') refusal = part.text
    else blocks.push(...assistantBlocks(part, scope, place))
  })
  const calls = scope.pairs.callsOf(message)
  const form = formFor(message.native, 'openai-chat')
  const body: JsonObject = { role: 'assistant' }
  const content = assistantContent(blocks, form, calls.length > 0 || refusal !== undefined || reasoning.length > 0)
  if (content !== undefined) body.content = content
  if (refusal !== undefined) body.refusal = refusal
  for (const { field, text } of reasoning) body[field] = `${typeof body[field] === 'string' ? body[field] : ''}${text}`
  // Kimi and DeepSeek refuse a thinking conversation in which one turn lacks the field; Kimi refuses '' as well.
  if (scope.target.traits.reasoningReplay === 'reasoning_content') body.reasoning_content ??= ' '
  if (calls.length > 0) Object.assign(body, callFields(calls, scope, path, message))
  const rest = restFor(message.native, 'openai-chat')
  return rest ? { ...body, ...rest } : body
}

function assistantBlocks(part: Part, scope: Scope, path: string): JsonObject[] {
  switch (part.type) {
    case 'text':
      return scope.own || part.text !== '' ? [assistantText(part, scope, path)] : []
    case 'media':
      return [mediaBlock(part, scope, path)]
    case 'native': {
      if (part.native.protocol === 'openai-chat') return [part.native.rest]
      const text = nativeText(part)
      if (text !== undefined) return [{ type: 'text', text }]
      dropNative(part, scope, path)
      return []
    }
    case 'tool-result':
      scope.losses.drop(path, 'an assistant message cannot hold a tool result')
      return []
    case 'tool-call':
    case 'reasoning':
      return []
  }
}

function assistantText(part: TextPart, scope: Scope, path: string): JsonObject {
  if (formFor(part.native, 'openai-chat') !== 'refusal') return textBlock(part, scope, path)
  return { type: 'refusal', refusal: part.text, ...restFor(part.native, 'openai-chat') }
}

// A string is what every provider takes; media cannot stand in it, so an image that a model made is left out here.
function assistantContent(blocks: readonly JsonObject[], form: Json | undefined, saysMore: boolean): Json | undefined {
  if (form === 'parts') return [...blocks]
  if (blocks.length === 0) {
    if (form === 'absent') return undefined
    if (form === 'string') return ''
    return saysMore || form === 'null' ? null : '(empty message)'
  }
  if (form === undefined && blocks.some((block) => block.cache_control !== undefined)) return [...blocks]
  return blocks.map((block) => (typeof block.text === 'string' ? block.text : '')).join('')
}

/**
 * Earlier reasoning goes back in the field that the provider's traits name. Unless they say so, it goes back only to
 * the provider that wrote it, or in the field in which a Chat client sent it; elsewhere it is a loss.
 */
function replayed(part: ReasoningPart, scope: Scope, path: string): { field: string; text: string }[] {
  scope.losses.residue(part.native, path)
  const marked = markedField(part)
  if (part.signature && marked === undefined) scope.losses.drop(`${path}.signature`, 'only its origin can verify it')
  if (part.encrypted !== undefined) {
    scope.losses.drop(path, 'encrypted reasoning can be read by its origin alone')
    return []
  }
  const field = replayField(part, marked, scope)
  if (field === 'none') {
    scope.losses.drop(path, 'the provider takes no earlier reasoning')
    return []
  }
  return part.text === '' ? [] : [{ field, text: part.text }]
}

function replayField(part: ReasoningPart, marked: string | undefined, scope: Scope): string {
  const { reasoningReplay } = scope.target.traits
  if (reasoningReplay) return reasoningReplay
  const form = formFor(part.native, 'openai-chat')
  if (form === 'reasoning' || form === 'reasoning_content' || form === 'reasoning_text') return form
  return part.origin?.provider === scope.target.provider ? (marked ?? 'reasoning_content') : 'none'
}

function callFields(calls: readonly Pair[], scope: Scope, path: string, message: Message): JsonObject {
  const legacy = calls.find(({ call }) => formFor(call.native, 'openai-chat') === 'function_call')
  if (legacy) {
    const { name, input } = legacy.call
    return { function_call: { name: scope.names.of(name), arguments: validInput(input) } }
  }
  const placeOf = ({ call }: Pair): string => `${path}.content[${message.parts.indexOf(call)}]`
  return { tool_calls: calls.map((pair) => encodeCall(pair, scope, placeOf)) }
}

function encodeCall(pair: Pair, scope: Scope, placeOf: (pair: Pair) => string): JsonObject {
  const { call, id } = pair
  const name = scope.names.of(call.name)
  const rest = restFor(call.native, 'openai-chat')
  if (formFor(call.native, 'openai-chat') === 'custom')
    return { id, type: 'custom', custom: { name, input: unwrapInput(call.input) }, ...rest }
  const own: JsonObject = { id, type: 'function', function: { name, arguments: validInput(call.input) } }
  // Most calls say no more, and there are many.
  if (!call.native && !call.cache && call.signature === undefined) return own
  const path = placeOf(pair)
  scope.losses.residue(call.native, path)
  if (call.cache) scope.losses.drop(`${path}.cache_control`, 'a tool call cannot carry a cache mark')
  return { ...own, ...signatureField(call, scope, path), ...rest }
}

// Gemini behind a Chat endpoint wants its thought signature back with the call.
function signatureField(call: Pair['call'], scope: Scope, path: string): JsonObject {
  if (call.signature === undefined) return {}
  if (call.origin?.provider === scope.target.provider)
    return { extra_content: { google: { thought_signature: call.signature } } }
  scope.losses.drop(`${path}.signature`, 'only its origin can verify it')
  return {}
}
