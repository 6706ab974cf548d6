import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { Message, ModelRequest, Part, TextPart, ToolResultPart } from '../../canonical/request.ts'
import { encodeAssistant } from './assistant.ts'
import { cacheField, dropNative, mediaBlock, NO_OUTPUT, resultMedia, resultText, textBlock } from './blocks.ts'
import { nativeText } from '../openai/native-text.ts'
import type { Pair } from '../tool-pairs.ts'
import type { Scope } from './scope.ts'

/**
 * The conversation as Chat messages. Tool results follow their calls directly, as providers demand; a call without a
 * result gets one that says so, a result without a call becomes user text.
 */
export function encodeMessages(request: ModelRequest, scope: Scope): JsonObject[] {
  const out = encodeSystem(request.system, scope, 'system')
  request.messages.forEach((message, index) => {
    const path = `messages[${index}]`
    scope.losses.residue(message.native, path)
    if (message.role === 'system') out.push(...encodeInstruction(message, scope, path))
    else if (message.role === 'user') out.push(...encodeUser(message, scope, path))
    else {
      out.push(encodeAssistant(message, scope, path))
      for (const pair of scope.pairs.resultsOf(message)) out.push(toolMessage(pair, scope))
    }
  })
  return scope.target.traits.systemMessages === false ? withUsersMerged(out) : out
}

// Templates that refuse late instructions refuse two user messages in a row as well.
function withUsersMerged(messages: readonly JsonObject[]): JsonObject[] {
  const out: JsonObject[] = []
  for (const message of messages) {
    const last = out.at(-1)
    if (last?.role !== 'user' || message.role !== 'user') out.push(message)
    else out[out.length - 1] = { ...last, content: [...blocksOf(last.content), ...blocksOf(message.content)] }
  }
  return out
}

function blocksOf(content: Json | undefined): Json[] {
  return Array.isArray(content) ? content : [{ type: 'text', text: content ?? '' }]
}

// A Chat client's leading instruction begins at the part whose form tells its role, spelling and other keys.
function encodeSystem(parts: readonly TextPart[], scope: Scope, path: string): JsonObject[] {
  const messages: { form: JsonObject | undefined; parts: TextPart[]; indexes: number[] }[] = []
  parts.forEach((part, index) => {
    const form = formFor(part.native, 'openai-chat')
    if (!scope.own && part.text.startsWith(BILLING_LINE)) {
      scope.losses.drop(`${path}[${index}]`, 'a billing line for Anthropic alone; it would spoil the prompt cache')
      return
    }
    if (isObject(form) || messages.length === 0)
      messages.push({ form: isObject(form) ? form : undefined, parts: [], indexes: [] })
    messages.at(-1)?.parts.push(part)
    messages.at(-1)?.indexes.push(index)
  })
  return messages.flatMap(({ form, parts: own, indexes }) => {
    const content = instructionContent(own, form?.spelling, scope, (at) => `${path}[${indexes[at]}]`)
    if (content === undefined) return []
    return [{ role: form?.role ?? 'system', content, ...(isObject(form?.rest) ? form.rest : undefined) }]
  })
}

// Its suffix differs from run to run.
const BILLING_LINE = 'x-anthropic-billing-header:'

function encodeInstruction(message: Message, scope: Scope, path: string): JsonObject[] {
  const form = formFor(message.native, 'openai-chat')
  const texts = message.parts.filter((part) => part.type === 'text')
  message.parts.forEach((part, index) => {
    if (part.type === 'native') dropNative(part, scope, `${path}.content[${index}]`)
    else if (part.type !== 'text')
      scope.losses.drop(`${path}.content[${index}]`, `a system message cannot hold a ${part.type}`)
  })
  const spelling = isObject(form) ? form.spelling : undefined
  const content = instructionContent(texts, spelling, scope, (at) => `${path}.content[${at}]`)
  if (content === undefined) return []
  if (scope.target.traits.systemMessages === false) return [{ role: 'user', content: reminder(content) }]
  const role = isObject(form) && form.role ? form.role : 'system'
  return [{ role, content, ...restFor(message.native, 'openai-chat') }]
}

// Some chat templates refuse instructions after the beginning: Claude Code itself then says them in this form.
function reminder(content: Json): Json {
  if (typeof content === 'string') return `<system-reminder>\n${content}\n</system-reminder>`
  const open = { type: 'text', text: '<system-reminder>' }
  return [open, ...(Array.isArray(content) ? content : []), { type: 'text', text: '</system-reminder>' }]
}

// One string is what every provider takes; blocks only to carry what a string cannot.
function instructionContent(
  parts: readonly TextPart[],
  spelling: Json | undefined,
  scope: Scope,
  path: (index: number) => string,
): Json | undefined {
  const said = parts.flatMap((part, index) =>
    scope.own || part.text.trim() !== '' ? [textBlock(part, scope, path(index))] : [],
  )
  if (spelling === 'parts') return said
  if (said.length === 0) return undefined
  const needsBlocks = spelling === undefined && said.some((block) => block.cache_control !== undefined)
  return needsBlocks ? said : said.map(({ text }) => text).join('\n\n')
}

function encodeUser(message: Message, scope: Scope, path: string): JsonObject[] {
  const blocks: JsonObject[] = []
  const others: JsonObject[] = []
  message.parts.forEach((part, index) => {
    const place = `${path}.content[${index}]`
    if (part.type === 'native' && formFor(part.native, 'openai-chat') === 'message') others.push(part.native.rest)
    else blocks.push(...userBlocks(part, scope, place))
  })
  const form = formFor(message.native, 'openai-chat')
  const answersTools = message.parts.some((part) => part.type === 'tool-result')
  if (blocks.length === 0 && form === undefined && (answersTools || others.length > 0)) return others
  const own: JsonObject = { role: 'user', content: userContent(blocks, form) }
  const rest = restFor(message.native, 'openai-chat')
  others.push(rest ? { ...own, ...rest } : own)
  return others
}

function userContent(blocks: readonly JsonObject[], form: Json | undefined): Json {
  if (form === 'parts') return [...blocks]
  const [only] = blocks
  if (!only) return form === 'string' ? '' : EMPTY_MESSAGE
  const isBare = blocks.length === 1 && only.type === 'text' && Object.keys(only).length === 2
  return isBare ? (only.text ?? '') : [...blocks]
}

const EMPTY_MESSAGE = '(empty message)'

function userBlocks(part: Part, scope: Scope, path: string): JsonObject[] {
  switch (part.type) {
    case 'text':
      return scope.own || part.text.trim() !== '' ? [textBlock(part, scope, path)] : []
    case 'media':
      return [mediaBlock(part, scope, path)]
    case 'tool-result':
      return resultBlocks(part, scope, path)
    case 'native': {
      if (part.native.protocol === 'openai-chat') return [part.native.rest]
      const text = nativeText(part)
      if (text !== undefined) return [{ type: 'text', text }]
      dropNative(part, scope, path)
      return []
    }
    case 'reasoning':
    case 'tool-call':
      scope.losses.drop(path, `a user message cannot hold a ${part.type}`)
      return []
  }
}

function resultBlocks(part: ToolResultPart, scope: Scope, path: string): JsonObject[] {
  const pair = scope.pairs.pairOf(part)
  if (pair) return resultMedia(part, pair.id, scope, path)
  scope.losses.residue(part.native, path)
  const text = `Result of tool call ${part.id}, which is not part of this conversation:\n${resultText(part, scope, path)}`
  return [{ type: 'text', text }, ...resultMedia(part, part.id, scope, path)]
}

function toolMessage(pair: Pair, scope: Scope): JsonObject {
  const { call, id, result } = pair
  const isLegacy = formFor(call.native, 'openai-chat') === 'function_call'
  if (result) scope.losses.residue(result.native, pair.resultPath)
  const content = result ? toolContent(result, scope, pair.resultPath) : 'No result: the tool call was never answered.'
  const own: JsonObject = isLegacy
    ? { role: 'function', name: scope.names.of(call.name), content }
    : { role: 'tool', tool_call_id: id, content }
  const rest = restFor(result?.native, 'openai-chat')
  return rest ? { ...own, ...rest } : own
}

function toolContent(result: ToolResultPart, scope: Scope, path: string): Json {
  const form = formFor(result.native, 'openai-chat')
  if (form === 'parts')
    return result.content.flatMap((item, index) => {
      if (item.type === 'text') return [textBlock(item, scope, `${path}.content[${index}]`)]
      return item.type === 'native' && item.native.protocol === 'openai-chat' ? [item.native.rest] : []
    })
  const text = resultText(result, scope, path)
  if (form === 'string' && text === NO_OUTPUT) return ''
  if (!result.cache) return text
  const mark = cacheField(result.cache, scope, path)
  return mark.cache_control === undefined ? text : [{ type: 'text', text, ...mark }]
}
