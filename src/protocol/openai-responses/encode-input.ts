import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Message, ModelRequest, Part, TextPart } from '../../canonical/request.ts'
import { encodeOwnText } from './blocks.ts'
import { inputText, mediaOrText, nativeBlocks, noteText } from './encode-blocks.ts'
import { encodeResult, missingResults, orphanText } from './encode-results.ts'
import { encodeTurn } from './encode-turn.ts'
import type { Encoding } from './encoding.ts'
import { formOf, ID, withRest } from './residue.ts'

/** `instructions` and `input`. */
export function encodeInput(request: ModelRequest, encoding: Encoding): JsonObject {
  const { instructions, items } = encoding.ours
    ? ownInstructions(request.system)
    : foreignInstructions(request.system, encoding)
  request.messages.forEach((message, index) => {
    const path = `messages[${index}]`
    encoding.losses.residue(message.native, path)
    if (message.role === 'assistant') {
      items.push(...encodeTurn(message, path, encoding))
      if (!encoding.ours) items.push(...missingResults(message, encoding))
    } else items.push(...encodeMessage(message, path, encoding))
  })
  return {
    ...(instructions !== undefined && { instructions }),
    ...(formOf(request).input !== 'absent' && { input: asPlainInput(request, items) ?? items }),
  }
}

// A client may write its whole input as one string.
function asPlainInput({ messages }: ModelRequest, items: readonly JsonObject[]): Json | undefined {
  const [message] = messages
  const [part] = message?.parts ?? []
  if (items.length !== 1 || messages.length !== 1 || message?.parts.length !== 1) return undefined
  return formOf(message).spelling === 'input' && part?.type === 'text' ? part.text : undefined
}

function ownInstructions(parts: readonly TextPart[]): { instructions?: string; items: JsonObject[] } {
  const texts: string[] = []
  const messages: { form: JsonObject; parts: TextPart[] }[] = []
  for (const part of parts) {
    const { message } = formOf(part)
    if (isObject(message)) messages.push({ form: message, parts: [part] })
    else if (messages.length > 0) messages.at(-1)?.parts.push(part)
    else texts.push(part.text)
  }
  const items = messages.map(({ form, parts: own }) => {
    const native = { protocol: ID, rest: isObject(form.rest) ? form.rest : {}, form } as const
    return messageItem(
      own.map((part) => encodeOwnText(part, 'input_text')),
      { native },
    )
  })
  return { ...(texts.length > 0 && { instructions: texts.join('\n\n') }), items }
}

// Its suffix differs from run to run.
const BILLING_LINE = 'x-anthropic-billing-header:'

function foreignInstructions(
  parts: readonly TextPart[],
  encoding: Encoding,
): { instructions?: string; items: JsonObject[] } {
  const texts = parts.flatMap((part, index) => {
    const path = `system[${index}]`
    if (part.text.startsWith(BILLING_LINE)) {
      encoding.losses.drop(path, 'a billing line for Anthropic alone; it would spoil the prompt cache')
      return []
    }
    noteText(part, path, encoding)
    return part.text.trim() === '' ? [] : [part.text]
  })
  return { ...(texts.length > 0 && { instructions: texts.join('\n\n') }), items: [] }
}

/** A message in the spelling it came in. */
function messageItem(blocks: readonly JsonObject[], message: Pick<Message, 'native'>): JsonObject {
  const { item, spelling } = formOf(message)
  const keys = isObject(item) ? item : {}
  const [only] = blocks
  if (spelling === 'absent' && blocks.length === 0) return withRest({ ...keys }, message)
  const content = spelling === 'string' && blocks.length === 1 ? asString(only?.text) : undefined
  return withRest({ ...keys, content: content ?? [...blocks] }, message)
}

function encodeMessage(message: Message, path: string, encoding: Encoding): JsonObject[] {
  const items: JsonObject[] = []
  let blocks: JsonObject[] = []
  const { trigger } = formOf(message)
  if (encoding.ours && isObject(trigger)) return [trigger]
  const isWritten = encoding.ours && formOf(message).item !== undefined
  const flush = (): void => {
    if (blocks.length > 0) items.push(newMessage(message.role, blocks, encoding))
    blocks = []
  }
  message.parts.forEach((part, index) => {
    const place = `${path}.content[${index}]`
    const item = itemOf(part, place, encoding)
    if (!item) return void blocks.push(...blocksOf(part, place, message.role, encoding))
    if (!isWritten) flush()
    items.push(item)
  })
  if (isWritten) return [...items, messageItem(blocks, message)]
  flush()
  // A conversation may not begin with nothing; an emptied message has said so already.
  if (items.length === 0 && message.role === 'user')
    items.push(newMessage('user', [inputText('(empty message)')], encoding))
  return items
}

function itemOf(part: Part, path: string, encoding: Encoding): JsonObject | undefined {
  if (part.type === 'native' && formOf(part).block !== true) return restFor(part.native, ID)
  if (part.type !== 'tool-result') return undefined
  return encodeResult(part, path, encoding)
}

function blocksOf(part: Part, path: string, role: Message['role'], encoding: Encoding): JsonObject[] {
  switch (part.type) {
    case 'text':
      if (encoding.ours) return [encodeOwnText(part, 'input_text')]
      noteText(part, path, encoding)
      return part.text.trim() === '' ? [] : [inputText(part.text)]
    case 'media':
      return [mediaOrText(part, path, encoding)]
    case 'native':
      return nativeBlocks(part, path, encoding)
    case 'tool-result':
      return orphanText(part, path, encoding)
    case 'reasoning':
    case 'tool-call':
      encoding.losses.drop(path, `a ${role} message cannot hold a ${part.type}`)
      return []
  }
}

// Some chat templates refuse instructions after the beginning: Claude Code itself then says them in this form.
function newMessage(role: Message['role'], blocks: readonly JsonObject[], { target }: Encoding): JsonObject {
  if (role !== 'system') return { type: 'message', role: 'user', content: [...blocks] }
  if (target.traits.systemMessages !== false) return { type: 'message', role: 'developer', content: [...blocks] }
  const content = [inputText('<system-reminder>'), ...blocks, inputText('</system-reminder>')]
  return { type: 'message', role: 'user', content }
}
