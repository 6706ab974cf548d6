import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Message, Part, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { unseal } from '../sealed.ts'
import { decodeBlock } from './blocks.ts'
import { askForSummary, isCompaction, isTrigger, unpackSummary } from './compaction.ts'
import { decodeItem, keysOf, wholeItem, type ItemScope } from './items.ts'
import { ID, invalid, residueOf } from './residue.ts'
import { searchResult } from './tool-search.ts'

/** `instructions` and `input` as instructions and a conversation: items of one turn come together in one message. */
export function decodeInput(body: JsonObject): { system: TextPart[]; messages: Message[] } {
  const { instructions, input } = body
  const system: TextPart[] = []
  if (typeof instructions === 'string')
    system.push({ type: 'text', text: instructions, native: { protocol: ID, rest: {}, form: { instructions: true } } })
  if (typeof input === 'string') return { system, messages: [userText(input)] }
  if (input === undefined || input === null) return { system, messages: [] }
  if (!Array.isArray(input)) throw invalid('input', 'a string or a list is needed')
  const conversation = createConversation(system)
  input.forEach((item, index) => {
    if (!isObject(item)) throw invalid(`input[${index}]`, 'an object is needed')
    conversation.add(item, index)
  })
  return { system, messages: conversation.end() }
}

/** Items that answer a call. */
export const OUTPUTS: ReadonlySet<Json | undefined> = new Set(['function_call_output', 'custom_tool_call_output'])

interface Conversation {
  add(item: JsonObject, index: number): void
  end(): Message[]
}

function createConversation(system: TextPart[]): Conversation {
  const messages: Message[] = []
  let results: Part[] = []
  let turn: Part[] = []
  /** Other providers' signatures of calls, by the call's id. */
  const signatures = new Map<string, Pick<ToolCallPart, 'signature' | 'origin'>>()

  const endTurn = (): void => {
    if (turn.length > 0) messages.push({ role: 'assistant', parts: turn })
    turn = []
  }
  const endResults = (): void => {
    if (results.length > 0) messages.push({ role: 'user', parts: results })
    results = []
  }
  const addOutput = (item: JsonObject, index: number): void => {
    endResults()
    const scope: ItemScope = { nameOf: (name) => name, id: () => `call_${index}` }
    for (const part of decodeItem(item, scope)) {
      const sealed = part.type === 'reasoning' ? sealedCall(item) : undefined
      if (sealed) signatures.set(sealed.call, sealed.proof)
      else turn.push(part.type === 'tool-call' ? { ...part, ...signatures.get(part.id) } : part)
    }
  }
  const addInstruction = (item: JsonObject): void => {
    const isFirst = messages.length + turn.length + results.length === 0
    const texts = isFirst ? leadingTexts(item) : undefined
    if (texts) return void system.push(...texts)
    endTurn()
    endResults()
    messages.push({ role: 'system', ...messageOf(item) })
  }
  const addMessage = (message: Message): void => {
    endTurn()
    endResults()
    messages.push(message)
  }
  const addUser = (item: JsonObject): void => {
    endTurn()
    const { parts, native } = messageOf(item)
    messages.push({ role: 'user', parts: [...results, ...parts], native })
    results = []
  }

  return {
    add(item, index) {
      if (item.type === 'message' || (item.type === undefined && item.role !== undefined)) {
        if (item.role === 'assistant') addOutput(item, index)
        else if (item.role === 'system' || item.role === 'developer') addInstruction(item)
        else addUser(item)
      } else if (isTrigger(item)) addMessage(askForSummary(item))
      else if (OUTPUTS.has(item.type)) {
        endTurn()
        results.push(toolResult(item))
      } else if (isFromClient(item)) {
        endTurn()
        results.push((item.type === 'tool_search_output' && searchResult(item)) || wholeItem(item))
      } else {
        const summary = isCompaction(item) ? unpackSummary(item) : undefined
        if (summary) addMessage(summary)
        else addOutput(item, index)
      }
    },
    end() {
      endTurn()
      endResults()
      return messages
    },
  }
}

function userText(text: string): Message {
  return {
    role: 'user',
    parts: [{ type: 'text', text }],
    native: { protocol: ID, rest: {}, form: { spelling: 'input' } },
  }
}

function isFromClient({ type }: JsonObject): boolean {
  return (
    typeof type === 'string' &&
    (type.endsWith('_output') || type === 'mcp_approval_response' || type === 'item_reference')
  )
}

const MESSAGE = new Set(['type', 'role', 'id', 'status', 'content'])

function messageOf(item: JsonObject): { parts: Part[]; native: NonNullable<Message['native']> } {
  const { content } = item
  const spelling = typeof content === 'string' ? 'string' : Array.isArray(content) ? 'blocks' : 'absent'
  const keys = keysOf(item)
  const known: JsonObject = {}
  for (const key in keys) if (MESSAGE.has(key)) known[key] = keys[key]
  const native = residueOf(
    item,
    spelling === 'absent' ? new Set([...MESSAGE].filter((key) => key !== 'content')) : MESSAGE,
    {
      item: known,
      spelling,
    },
  )
  if (typeof content === 'string') return { parts: [{ type: 'text', text: content }], native }
  return { parts: Array.isArray(content) ? content.map(decodeBlock) : [], native }
}

/** The texts of instructions before the conversation; nothing if they hold more than text. */
function leadingTexts(item: JsonObject): TextPart[] | undefined {
  const { parts, native } = messageOf(item)
  if (parts.length === 0 || !parts.every((part) => part.type === 'text')) return undefined
  return parts.map((part, index) => {
    if (index > 0) return part
    const form = isObject(part.native?.form) ? part.native.form : {}
    const message: JsonObject = { ...(isObject(native.form) ? native.form : {}), rest: native.rest }
    return { ...part, native: { protocol: ID, rest: part.native?.rest ?? {}, form: { ...form, message } } }
  })
}

const RESULT = new Set(['type', 'id', 'status', 'call_id', 'output'])

function toolResult(item: JsonObject): ToolResultPart {
  const { output } = item
  const { type, id, status } = item
  const keys: JsonObject = { type }
  if (id) keys.id = id
  if (status) keys.status = status
  const spelling = Array.isArray(output) ? 'blocks' : typeof output === 'string' ? 'string' : 'other'
  const native = residueOf(item, RESULT, {
    item: keys,
    spelling,
    ...(spelling === 'other' && { output: output ?? null }),
  })
  return {
    type: 'tool-result',
    id: asString(item.call_id) ?? '',
    content: Array.isArray(output) ? output.map(decodeBlock) : [{ type: 'text', text: outputText(output) }],
    native,
  }
}

function outputText(output: Json | undefined): string {
  if (output === undefined || output === null) return ''
  return typeof output === 'string' ? output : JSON.stringify(output)
}

/** Another provider's signature of a call, which travelled as reasoning without words. */
function sealedCall(item: JsonObject): { call: string; proof: Pick<ToolCallPart, 'signature' | 'origin'> } | undefined {
  const sealed = unseal(asString(item.encrypted_content) ?? '')
  if (sealed?.kind !== 'call' || sealed.call === undefined) return undefined
  return { call: sealed.call, proof: { signature: sealed.value, ...(sealed.origin && { origin: sealed.origin }) } }
}
