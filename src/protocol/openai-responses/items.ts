import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { NativePart, Origin, Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/request.ts'
import { unseal } from '../sealed.ts'
import { decodeBlock } from './blocks.ts'
import { wrapInput } from '../openai/custom-tool.ts'
import { flatName } from './namespace.ts'
import { ID, residueOf } from './residue.ts'
import { searchCall } from './tool-search.ts'

/** What reading an item needs to know. */
export interface ItemScope {
  /** The canonical name of a tool that the wire calls so. */
  nameOf(name: string): string
  /** The client's free-form tools; absent: all are. */
  readonly customTools?: ReadonlySet<string>
  /** An id for a call that came without one. */
  id(): string
  /** Who wrote it; absent: a client's history, in which other providers' proofs are sealed. */
  readonly origin?: Origin
}

/** An item that a model writes, as parts: all its content, and what it was made of so that it can be put together again. */
export function decodeItem(item: JsonObject, scope: ItemScope): Part[] {
  switch (item.type) {
    case 'message':
    case undefined:
      return decodeMessage(item)
    case 'reasoning':
      return [decodeReasoning(item, scope)]
    case 'function_call':
      return [decodeCall(item, scope)]
    case 'custom_tool_call':
      // xAI tells the calls of its own tools in this form.
      return [isProvidersOwn(item, scope) ? wholeItem(item) : decodeCustomCall(item, scope)]
    case 'image_generation_call':
      return [decodeImage(item)]
    case 'tool_search_call':
      return [(!scope.origin && searchCall(item)) || wholeItem(item)]
    default:
      return [wholeItem(item)]
  }
}

/** An item that is kept whole. */
export function wholeItem(item: JsonObject): NativePart {
  return { type: 'native', native: { protocol: ID, rest: item } }
}

/** The parts of an assistant's message; the first knows the item, the others that they continue it. */
export function decodeMessage(item: JsonObject): Part[] {
  const { content } = item
  if (typeof content === 'string')
    return [
      {
        type: 'text',
        text: content,
        native: { protocol: ID, rest: {}, form: { item: keysOf(item), spelling: 'string' } },
      },
    ]
  if (!Array.isArray(content) || content.length === 0) return [wholeItem(item)]
  return content.map((block, index) => placed(decodeBlock(block), index === 0 ? keysOf(item) : undefined))
}

/** `part` marked with the item that it begins, or as one that continues the item before it. */
export function placed<Placed extends Part>(part: Placed, item: JsonObject | undefined): Placed {
  const form = isObject(part.native?.form) ? part.native.form : {}
  const place: JsonObject = item ? { item } : { continued: true }
  return { ...part, native: { protocol: ID, rest: part.native?.rest ?? {}, form: { ...form, ...place } } }
}

/** The keys of a message item beside its content. */
export function keysOf(item: JsonObject): JsonObject {
  const { content: _, ...keys } = item
  return keys
}

/** What the model thought: the summary and, where the provider tells it, the text itself. */
export function decodeReasoning(item: JsonObject, { origin }: ItemScope): ReasoningPart {
  const text = reasoningText(item)
  const proof = asString(item.encrypted_content)
  const sealed = proof === undefined || origin ? undefined : unseal(proof)
  if (sealed) {
    const own = sealed.kind === 'encrypted' ? { encrypted: sealed.value } : { signature: sealed.value }
    return { type: 'reasoning', text, ...(sealed.value && own), ...(sealed.origin && { origin: sealed.origin }) }
  }
  return {
    type: 'reasoning',
    text,
    ...(proof && (text === '' ? { encrypted: proof } : { signature: proof })),
    ...(origin && { origin }),
    native: residueOf(item, REASONING, { item: spelling(item) }),
  }
}

/** All the words of a reasoning item. */
export function reasoningText(item: JsonObject): string {
  return [...textsOf(item.summary), ...textsOf(item.content)].join(SUMMARY_BREAK)
}

/** Stands between the parts of a summary. */
export const SUMMARY_BREAK = '\n\n'

/** A call of a function, also of one in a namespace. */
export function decodeCall(item: JsonObject, scope: ItemScope): ToolCallPart {
  const { arguments: input } = item
  return {
    type: 'tool-call',
    id: asString(item.call_id) || scope.id(),
    name: scope.nameOf(flatName(asString(item.namespace), asString(item.name) ?? '')),
    input: typeof input === 'string' ? input : isObject(input) ? JSON.stringify(input) : '',
    native: residueOf(item, CALL, { ...callForm(item) }),
  }
}

/** Whether a free-form call is one of the provider's own, which nobody else can answer. */
export function isProvidersOwn({ name }: JsonObject, { customTools }: ItemScope): boolean {
  return customTools !== undefined && !customTools.has(asString(name) ?? '')
}

/** A call of a free-form tool. */
export function decodeCustomCall(item: JsonObject, scope: ItemScope): ToolCallPart {
  return {
    type: 'tool-call',
    id: asString(item.call_id) || scope.id(),
    name: scope.nameOf(flatName(asString(item.namespace), asString(item.name) ?? '')),
    input: wrapInput(asString(item.input) ?? ''),
    native: residueOf(item, CUSTOM, { ...callForm(item), custom: true }),
  }
}

const REASONING = new Set(['type', 'id', 'status', 'summary', 'content', 'encrypted_content'])
const CALL = new Set(['type', 'id', 'status', 'call_id', 'name', 'namespace', 'arguments'])
const CUSTOM = new Set(['type', 'id', 'status', 'call_id', 'name', 'namespace', 'input'])

function callForm(item: JsonObject): JsonObject {
  const { id, status, namespace, name } = item
  const keys: JsonObject = {}
  if (id) keys.id = id
  if (status) keys.status = status
  return { item: keys, ...(typeof namespace === 'string' && { namespace, name: name ?? '' }) }
}

function spelling(item: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const key of ['id', 'status', 'summary', 'content']) if (item[key]) kept[key] = item[key]
  return kept
}

function textsOf(list: Json | undefined): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry) => (isObject(entry) ? (asString(entry.text) ?? []) : []))
}

// What is not made yet has no result.
function decodeImage(item: JsonObject): Part {
  const data = asString(item.result)
  if (!data) return wholeItem(item)
  const { result: _, ...rest } = item
  return {
    type: 'media',
    kind: 'image',
    mediaType: `image/${asString(item.output_format) ?? 'png'}`,
    source: { type: 'base64', data },
    native: { protocol: ID, rest: {}, form: { image: rest } },
  }
}

/** A text part that stands for a block which is still to come. */
export function emptyText(block: Json | undefined, item: JsonObject | undefined): TextPart {
  const type = isObject(block) && block.type === 'refusal' ? 'refusal' : 'output_text'
  return placed({ type: 'text', text: '', native: { protocol: ID, rest: {}, form: { block: type } } }, item)
}
