import { asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Message, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { wrapInput } from '../openai/custom-tool.ts'
import { badRequest } from './bad-request.ts'
import { decodeBlock, decodeResultBlock } from './blocks-decode.ts'

/** A Chat conversation: leading instructions apart, `tool` messages merged into the user message that follows them. */
export function decodeMessages(wire: readonly Json[]): { system: TextPart[]; messages: Message[] } {
  const system: TextPart[] = []
  const messages: Message[] = []
  /** Tool results that wait for the user message which may follow them. */
  let results: ToolResultPart[] = []
  let functionCalls = 0

  const settle = (): void => {
    if (results.length > 0) messages.push({ role: 'user', parts: results })
    results = []
  }

  wire.forEach((message, index) => {
    if (!isObject(message)) throw badRequest(`messages[${index}]`, 'an object is needed')
    switch (message.role) {
      case 'system':
      case 'developer': {
        const texts = instructionTexts(message)
        if (!texts) break
        settle()
        if (messages.length === 0) system.push(...leadingInstruction(message, texts))
        else messages.push({ role: 'system', parts: texts, native: instructionNative(message) })
        return
      }
      case 'tool':
        results.push(toolResult(message, asString(message.tool_call_id) ?? '', RESULT_KEYS))
        return
      case 'function':
        results.push(toolResult(message, legacyId(functionCalls), FUNCTION_KEYS))
        return
      case 'user':
        messages.push({ role: 'user', ...userMessage(message, results) })
        results = []
        return
      case 'assistant':
        settle()
        if (isObject(message.function_call)) functionCalls++
        messages.push(assistantMessage(message, index, legacyId(functionCalls)))
        return
    }
    settle()
    const native: Native = { protocol: 'openai-chat', rest: message, form: 'message' }
    messages.push({ role: 'user', parts: [{ type: 'native', native }] })
  })
  settle()
  return { system, messages }
}

const RESULT_KEYS = new Set(['role', 'tool_call_id', 'content'])
const FUNCTION_KEYS = new Set(['role', 'name', 'content'])
const MESSAGE_KEYS = new Set(['role', 'content'])

function legacyId(count: number): string {
  return `function_call_${count}`
}

function instructionTexts(message: JsonObject): TextPart[] | undefined {
  const { content } = message
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return undefined
  const parts = content.map(decodeBlock)
  return parts.every((part) => part.type === 'text') ? parts : undefined
}

function leadingInstruction(message: JsonObject, texts: readonly TextPart[]): TextPart[] {
  const form = {
    role: message.role,
    spelling: spellingOf(message.content),
    rest: omit(message, MESSAGE_KEYS),
  }
  return texts.map((part, index) =>
    index === 0 ? { ...part, native: { protocol: 'openai-chat', rest: part.native?.rest ?? {}, form } } : part,
  )
}

function instructionNative(message: JsonObject): Native {
  const form = { role: message.role, spelling: spellingOf(message.content) }
  return { protocol: 'openai-chat', rest: omit(message, MESSAGE_KEYS), form }
}

function spellingOf(content: Json | undefined): 'string' | 'parts' {
  return Array.isArray(content) ? 'parts' : 'string'
}

function toolResult(message: JsonObject, id: string, claimed: ReadonlySet<string>): ToolResultPart {
  const { content } = message
  return {
    type: 'tool-result',
    id,
    content: Array.isArray(content)
      ? content.map(decodeResultBlock)
      : [{ type: 'text', text: asString(content) ?? '' }],
    native: { protocol: 'openai-chat', rest: omit(message, claimed), form: spellingOf(content) },
  }
}

function userMessage(message: JsonObject, results: readonly ToolResultPart[]): { parts: Part[]; native: Native } {
  const { content } = message
  if (typeof content === 'string')
    return {
      parts: [...results, { type: 'text', text: content }],
      native: { protocol: 'openai-chat', rest: omit(message, MESSAGE_KEYS), form: 'string' },
    }
  const isList = Array.isArray(content)
  return {
    parts: [...results, ...(isList ? content.map(decodeBlock) : [])],
    native: {
      protocol: 'openai-chat',
      rest: omit(message, isList ? MESSAGE_KEYS : new Set(['role'])),
      form: isList ? 'parts' : 'absent',
    },
  }
}

function assistantMessage(message: JsonObject, index: number, functionId: string): Message {
  const claimed = new Set(['role', 'content'])
  const reasoning = reasoningPart(message, claimed)
  const { content, refusal } = message
  const texts: Part[] = []
  if (typeof content === 'string' && content !== '') texts.push({ type: 'text', text: content })
  if (Array.isArray(content)) texts.push(...content.map(decodeBlock))
  if (typeof refusal === 'string') {
    claimed.add('refusal')
    texts.push({ type: 'text', text: refusal, native: { protocol: 'openai-chat', rest: {}, form: 'refusal-field' } })
  }
  const calls = toolCalls(message, claimed, index, functionId)
  return {
    role: 'assistant',
    parts: [...reasoning, ...texts, ...calls],
    native: { protocol: 'openai-chat', rest: omit(message, claimed), form: contentForm(message) },
  }
}

function contentForm({ content }: JsonObject): string {
  if (content === undefined) return 'absent'
  if (content === null) return 'null'
  return spellingOf(content)
}

// Several spellings of one reasoning: the first one is read, the others stay as residue.
function reasoningPart(message: JsonObject, claimed: Set<string>): ReasoningPart[] {
  for (const form of ['reasoning_content', 'reasoning', 'reasoning_text']) {
    const text = message[form]
    if (typeof text !== 'string' || text === '') continue
    claimed.add(form)
    return [{ type: 'reasoning', text, native: { protocol: 'openai-chat', rest: {}, form } }]
  }
  return []
}

function toolCalls(message: JsonObject, claimed: Set<string>, index: number, functionId: string): ToolCallPart[] {
  const { tool_calls: calls, function_call: legacy } = message
  if (isObject(legacy)) {
    claimed.add('function_call')
    const native: Native = { protocol: 'openai-chat', rest: {}, form: 'function_call' }
    return [{ ...toolCall({ id: functionId, function: legacy }, functionId), native }]
  }
  if (!Array.isArray(calls) || !calls.every(isObject)) return []
  claimed.add('tool_calls')
  return calls.map((call, at) => toolCall(call, `call_${index}_${at}`))
}

function toolCall(call: JsonObject, spareId: string): ToolCallPart {
  const custom = isObject(call.custom) ? call.custom : undefined
  const told = custom ?? (isObject(call.function) ? call.function : {})
  const raw = custom ? custom.input : told.arguments
  const input = typeof raw === 'string' ? raw : raw ? JSON.stringify(raw) : ''
  const rest = omit(call, custom ? CUSTOM_KEYS : CALL_KEYS)
  const native: Native | undefined =
    custom || Object.keys(rest).length > 0
      ? { protocol: 'openai-chat', rest, ...(custom && { form: 'custom' }) }
      : undefined
  return {
    type: 'tool-call',
    id: asString(call.id) || spareId,
    name: asString(told.name) ?? '',
    input: custom ? wrapInput(input) : input,
    ...(native && { native }),
  }
}

const CALL_KEYS = new Set(['id', 'type', 'function'])
const CUSTOM_KEYS = new Set(['id', 'type', 'custom'])
