import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { Message, ModelRequest, Part, TextPart, ToolResultPart } from '../../canonical/request.ts'
import { encodeAssistant } from './assistant.ts'
import {
  addResultMedia,
  cacheField,
  dropNative,
  eachItem,
  mediaBlock,
  NO_OUTPUT,
  resultText,
  textBlock,
} from './blocks.ts'
import { nativeText } from '../openai/native-text.ts'
import type { Pair } from '../tool-pairs.ts'
import type { Scope } from './scope.ts'

/**
 * The conversation as Chat messages. Tool results follow their calls directly, as providers demand; a call without a
 * result gets one that says so, a result without a call becomes user text.
 */
export function encodeMessages(request: ModelRequest, scope: Scope): JsonObject[] {
  const { losses } = scope
  const out = encodeSystem(request.system, scope)
  let index = 0
  for (const message of request.messages) {
    const told = losses.list.length
    losses.residue(message.native, '')
    ENCODERS[message.role](message, scope, out)
    if (losses.list.length > told) losses.placed(told, `messages[${index}]`)
    // Where the results stand they know themselves.
    if (message.role === 'assistant')
      for (const pair of scope.pairs.resultsOf(message)) out.push(toolMessage(pair, scope))
    index++
  }
  return scope.target.traits.systemMessages === false ? withUsersMerged(out) : out
}

const ENCODERS = { system: addInstruction, user: addUser, assistant: addAssistant } as const

function addAssistant(message: Message, scope: Scope, out: JsonObject[]): void {
  out.push(encodeAssistant(message, scope))
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
function encodeSystem(parts: readonly TextPart[], scope: Scope): JsonObject[] {
  const messages: { form: JsonObject | undefined; parts: TextPart[]; indexes: number[] }[] = []
  parts.forEach((part, index) => {
    const form = formFor(part.native, 'openai-chat')
    if (!scope.own && part.text.startsWith(BILLING_LINE)) {
      scope.losses.drop(`system[${index}]`, 'a billing line for Anthropic alone; it would spoil the prompt cache')
      return
    }
    if (isObject(form) || messages.length === 0)
      messages.push({ form: isObject(form) ? form : undefined, parts: [], indexes: [] })
    messages.at(-1)?.parts.push(part)
    messages.at(-1)?.indexes.push(index)
  })
  return messages.flatMap(({ form, parts: own, indexes }) => {
    const content = instructionContent(own, form?.spelling, scope, (at) => `system[${indexes[at]}]`)
    if (content === undefined) return []
    return [{ role: form?.role ?? 'system', content, ...(isObject(form?.rest) ? form.rest : undefined) }]
  })
}

// Its suffix differs from run to run.
const BILLING_LINE = 'x-anthropic-billing-header:'

function addInstruction(message: Message, scope: Scope, out: JsonObject[]): void {
  const form = formFor(message.native, 'openai-chat')
  const texts = message.parts.filter((part) => part.type === 'text')
  message.parts.forEach((part, index) => {
    const told = scope.losses.list.length
    if (part.type === 'native') dropNative(part, scope)
    else if (part.type !== 'text') scope.losses.drop('', `a system message cannot hold a ${part.type}`)
    if (scope.losses.list.length > told) scope.losses.placed(told, `content[${index}]`)
  })
  const spelling = isObject(form) ? form.spelling : undefined
  const content = instructionContent(texts, spelling, scope, (at) => `content[${at}]`)
  if (content === undefined) return
  const role = isObject(form) && form.role ? form.role : 'system'
  if (scope.target.traits.systemMessages === false) out.push({ role: 'user', content: reminder(content) })
  else out.push({ role, content, ...restFor(message.native, 'openai-chat') })
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
  place: (index: number) => string,
): Json | undefined {
  const said: JsonObject[] = []
  parts.forEach((part, index) => {
    if (!scope.own && part.text.trim() === '') return
    const told = scope.losses.list.length
    said.push(textBlock(part, scope))
    if (scope.losses.list.length > told) scope.losses.placed(told, place(index))
  })
  if (spelling === 'parts') return said
  if (said.length === 0) return undefined
  const needsBlocks = spelling === undefined && said.some((block) => block.cache_control !== undefined)
  return needsBlocks ? said : said.map(({ text }) => text).join('\n\n')
}

function addUser(message: Message, scope: Scope, out: JsonObject[]): void {
  const { losses } = scope
  const blocks: JsonObject[] = []
  let isAnswer = false
  let index = 0
  for (const part of message.parts) {
    const isMessage = part.type === 'native' && formFor(part.native, 'openai-chat') === 'message'
    const told = losses.list.length
    if (isMessage) out.push(part.native.rest)
    else addUserBlocks(part, scope, blocks)
    if (losses.list.length > told) losses.placed(told, `content[${index}]`)
    isAnswer ||= isMessage || part.type === 'tool-result'
    index++
  }
  const form = formFor(message.native, 'openai-chat')
  if (isAnswer && blocks.length === 0 && form === undefined) return
  const own: JsonObject = { role: 'user', content: userContent(blocks, form) }
  const rest = restFor(message.native, 'openai-chat')
  out.push(rest ? { ...own, ...rest } : own)
}

function userContent(blocks: JsonObject[], form: Json | undefined): Json {
  if (form === 'parts') return blocks
  const [only] = blocks
  if (!only) return form === 'string' ? '' : EMPTY_MESSAGE
  const isBare = blocks.length === 1 && only.type === 'text' && Object.keys(only).length === 2
  return isBare ? (only.text ?? '') : blocks
}

const EMPTY_MESSAGE = '(empty message)'

function addUserBlocks(part: Part, scope: Scope, out: JsonObject[]): void {
  switch (part.type) {
    case 'text':
      if (scope.own || part.text.trim() !== '') out.push(textBlock(part, scope))
      return
    case 'media':
      out.push(mediaBlock(part, scope))
      return
    case 'tool-result':
      addResultBlocks(part, scope, out)
      return
    case 'native': {
      const text = nativeText(part)
      if (part.native.protocol === 'openai-chat') out.push(part.native.rest)
      else if (text !== undefined) out.push({ type: 'text', text })
      else dropNative(part, scope)
      return
    }
    case 'reasoning':
    case 'tool-call':
      scope.losses.drop('', `a user message cannot hold a ${part.type}`)
  }
}

function addResultBlocks(part: ToolResultPart, scope: Scope, out: JsonObject[]): void {
  const pair = scope.pairs.pairOf(part)
  if (!pair) {
    scope.losses.residue(part.native, '')
    const words = resultText(part, scope)
    const text = `Result of tool call ${part.id}, which is not part of this conversation:\n${words}`
    out.push({ type: 'text', text })
  }
  addResultMedia(part, pair?.id ?? part.id, scope, out)
}

function toolMessage(pair: Pair, scope: Scope): JsonObject {
  const { call, id, result } = pair
  const isLegacy = formFor(call.native, 'openai-chat') === 'function_call'
  const content = result ? pairedContent(result, pair, scope) : 'No result: the tool call was never answered.'
  const own: JsonObject = isLegacy
    ? { role: 'function', name: scope.names.of(call.name), content }
    : { role: 'tool', tool_call_id: id, content }
  const rest = restFor(result?.native, 'openai-chat')
  return rest ? { ...own, ...rest } : own
}

function pairedContent(result: ToolResultPart, { resultPath }: Pair, scope: Scope): Json {
  const { losses } = scope
  const told = losses.list.length
  losses.residue(result.native, '')
  const content = toolContent(result, scope)
  if (losses.list.length > told) losses.placed(told, resultPath)
  return content
}

function toolContent(result: ToolResultPart, scope: Scope): Json {
  const form = formFor(result.native, 'openai-chat')
  if (form === 'parts') {
    const blocks: JsonObject[] = []
    eachItem(result, scope, (item) => {
      if (item.type === 'text') blocks.push(textBlock(item, scope))
      else if (item.type === 'native' && item.native.protocol === 'openai-chat') blocks.push(item.native.rest)
    })
    return blocks
  }
  const text = resultText(result, scope)
  if (form === 'string' && text === NO_OUTPUT) return ''
  if (!result.cache) return text
  const mark = cacheField(result.cache, scope)
  return mark.cache_control === undefined ? text : [{ type: 'text', text, ...mark }]
}
