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
export function encodeAssistant(message: Message, scope: Scope): JsonObject {
  const { losses } = scope
  const blocks: JsonObject[] = []
  const reasoning: { field: string; text: string }[] = []
  let refusal: string | undefined
  let index = 0
  for (const part of message.parts) {
    const told = losses.list.length
    if (part.type === 'reasoning') addReplayed(part, scope, reasoning)
    else if (part.type === 'text' && formFor(part.native, 'openai-chat') === 'refusal-field') refusal = part.text
    else addBlocks(part, scope, blocks)
    if (losses.list.length > told) losses.placed(told, `content[${index}]`)
    index++
  }
  const calls = scope.pairs.callsOf(message)
  const form = formFor(message.native, 'openai-chat')
  const body: JsonObject = { role: 'assistant' }
  const content = assistantContent(blocks, form, calls.length > 0 || refusal !== undefined || reasoning.length > 0)
  if (content !== undefined) body.content = content
  if (refusal !== undefined) body.refusal = refusal
  for (const { field, text } of reasoning) body[field] = `${typeof body[field] === 'string' ? body[field] : ''}${text}`
  // Kimi and DeepSeek refuse a thinking conversation in which one turn lacks the field; Kimi refuses '' as well.
  if (scope.target.traits.reasoningReplay === 'reasoning_content') body.reasoning_content ??= ' '
  if (calls.length > 0) addCalls(body, calls, scope, message)
  const rest = restFor(message.native, 'openai-chat')
  return rest ? { ...body, ...rest } : body
}

function addBlocks(part: Part, scope: Scope, out: JsonObject[]): void {
  switch (part.type) {
    case 'text':
      if (scope.own || part.text !== '') out.push(assistantText(part, scope))
      return
    case 'media':
      out.push(mediaBlock(part, scope))
      return
    case 'native': {
      const text = nativeText(part)
      if (part.native.protocol === 'openai-chat') out.push(part.native.rest)
      else if (text !== undefined) out.push({ type: 'text', text })
      else dropNative(part, scope)
      return
    }
    case 'tool-result':
      scope.losses.drop('', 'an assistant message cannot hold a tool result')
      return
    case 'tool-call':
    case 'reasoning':
  }
}

function assistantText(part: TextPart, scope: Scope): JsonObject {
  if (formFor(part.native, 'openai-chat') !== 'refusal') return textBlock(part, scope)
  return { type: 'refusal', refusal: part.text, ...restFor(part.native, 'openai-chat') }
}

// A string is what every provider takes; media cannot stand in it, so an image that a model made is left out here.
function assistantContent(blocks: JsonObject[], form: Json | undefined, saysMore: boolean): Json | undefined {
  if (form === 'parts') return blocks
  if (blocks.length === 0) {
    if (form === 'absent') return undefined
    if (form === 'string') return ''
    return saysMore || form === 'null' ? null : '(empty message)'
  }
  let said = ''
  for (const { cache_control, text } of blocks) {
    if (cache_control !== undefined && form === undefined) return blocks
    if (typeof text === 'string') said += text
  }
  return said
}

/**
 * Earlier reasoning goes back in the field that the provider's traits name. Unless they say so, it goes back only to
 * the provider that wrote it, or in the field in which a Chat client sent it; elsewhere it is a loss.
 */
function addReplayed(part: ReasoningPart, scope: Scope, out: { field: string; text: string }[]): void {
  scope.losses.residue(part.native, '')
  const marked = markedField(part)
  if (part.signature && marked === undefined) scope.losses.drop('signature', 'only its origin can verify it')
  if (part.encrypted !== undefined) return scope.losses.drop('', 'encrypted reasoning can be read by its origin alone')
  const field = replayField(part, marked, scope)
  if (field === 'none') scope.losses.drop('', 'the provider takes no earlier reasoning')
  else if (part.text !== '') out.push({ field, text: part.text })
}

function replayField(part: ReasoningPart, marked: string | undefined, scope: Scope): string {
  const { reasoningReplay } = scope.target.traits
  if (reasoningReplay) return reasoningReplay
  const form = formFor(part.native, 'openai-chat')
  if (form === 'reasoning' || form === 'reasoning_content' || form === 'reasoning_text') return form
  return part.origin?.provider === scope.target.provider ? (marked ?? 'reasoning_content') : 'none'
}

function addCalls(body: JsonObject, calls: readonly Pair[], scope: Scope, message: Message): void {
  const legacy = calls.find(({ call }) => formFor(call.native, 'openai-chat') === 'function_call')
  if (legacy) {
    const { name, input } = legacy.call
    body.function_call = { name: scope.names.of(name), arguments: validInput(input) }
    return
  }
  const { losses } = scope
  body.tool_calls = calls.map((pair) => {
    const told = losses.list.length
    const encoded = encodeCall(pair, scope)
    if (losses.list.length > told) losses.placed(told, `content[${message.parts.indexOf(pair.call)}]`)
    return encoded
  })
}

function encodeCall({ call, id }: Pair, scope: Scope): JsonObject {
  const name = scope.names.of(call.name)
  const rest = restFor(call.native, 'openai-chat')
  if (formFor(call.native, 'openai-chat') === 'custom')
    return { id, type: 'custom', custom: { name, input: unwrapInput(call.input) }, ...rest }
  const own: JsonObject = { id, type: 'function', function: { name, arguments: validInput(call.input) } }
  // Most calls say no more, and there are many.
  if (!call.native && !call.cache && call.signature === undefined) return own
  scope.losses.residue(call.native, '')
  if (call.cache) scope.losses.drop('cache_control', 'a tool call cannot carry a cache mark')
  return { ...own, ...signatureField(call, scope), ...rest }
}

// Gemini behind a Chat endpoint wants its thought signature back with the call.
function signatureField(call: Pair['call'], scope: Scope): JsonObject {
  if (call.signature === undefined) return {}
  if (call.origin?.provider === scope.target.provider)
    return { extra_content: { google: { thought_signature: call.signature } } }
  scope.losses.drop('signature', 'only its origin can verify it')
  return {}
}
