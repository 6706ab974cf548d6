import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { ModelError } from '../../canonical/error.ts'
import type { Message } from '../../canonical/request.ts'
import type { Protocol } from '../protocol.ts'
import { formOf, ID } from './residue.ts'

/** The item with which Codex asks that the conversation be replaced by one `compaction` item. */
export function isTrigger(item: Json | undefined): boolean {
  return isObject(item) && item.type === 'compaction_trigger'
}

/** The same request in words, for those who have no such operation. */
export function askForSummary(item: JsonObject): Message {
  const native: Native = { protocol: ID, rest: {}, form: { trigger: item } }
  return { role: 'user', parts: [{ type: 'text', text: REQUEST }], native }
}

/** Whether the client's request wants a `compaction` item for an answer. */
export function wantsCompaction(requestNative: Native | undefined): boolean {
  return requestNative !== undefined && formOf({ native: requestNative }).compaction === true
}

/** A summary as the opaque item that the client brings back in place of the conversation. */
export function packSummary(text: string, id: string): JsonObject {
  return { type: 'compaction', id, encrypted_content: MARK + text }
}

/** The error where a model was asked for a summary and did something else. */
export function withoutSummary(): ModelError {
  return new ModelError('The model wrote no summary of the conversation', { kind: 'empty-answer' })
}

/** Whether the item stands for the conversation before it. */
export function isCompaction({ type }: JsonObject): boolean {
  return type === 'compaction' || type === 'compaction_summary'
}

/** Whether the item is a summary that was packed here, and that no provider can read as it stands. */
export function isPacked(item: Json | undefined): boolean {
  return isObject(item) && isCompaction(item) && unpackSummary(item) !== undefined
}

/** The summary in a `compaction` item, as a message; nothing for an item that only its provider can read. */
export function unpackSummary(item: JsonObject): Message | undefined {
  const packed = asString(item.encrypted_content)
  if (!packed?.startsWith(MARK)) return undefined
  return { role: 'user', parts: [{ type: 'text', text: HEAD + packed.slice(MARK.length) }] }
}

/** `POST /responses/compact` in the words of an ordinary request, and its answer in those of that operation. */
export const compaction: NonNullable<Protocol['compaction']> = {
  ask(body) {
    const { text: _format, tools, ...rest } = body
    const asked = { type: 'message', role: 'user', content: [{ type: 'input_text', text: REQUEST }] }
    const hasTools = Array.isArray(tools) && tools.length > 0
    return {
      ...rest,
      ...(hasTools && { tools, tool_choice: 'none' }),
      input: [...itemsOf(body.input), asked],
      stream: false,
      store: false,
    }
  },
  inWords(request) {
    if (!wantsCompaction(request.native)) return undefined
    const messages = request.messages.map((message) =>
      isObject(formOf(message).trigger) ? { role: message.role, parts: message.parts } : message,
    )
    const form = { ...formOf(request), choice: 'none' }
    return { ...request, messages, native: { protocol: ID, rest: request.native?.rest ?? {}, form } }
  },
  reply(asked, answer, { id, created }) {
    const summary = textOf(answer.output)
    if (summary.trim() === '') throw withoutSummary()
    return {
      id: id('resp_'),
      object: 'response.compaction',
      created_at: created,
      output: [...lastWords(itemsOf(asked.input)), packSummary(summary, id('cmp_'))],
      usage: answer.usage ?? null,
    }
  },
}

/** How much of what the user said is kept as it was said, in characters: what a summary gets wrong can be read there. */
const MOST_WORDS = 80_000

/** The newest of the user's own messages. */
function lastWords(items: readonly Json[]): JsonObject[] {
  let left = MOST_WORDS
  const kept: JsonObject[] = []
  for (const item of items.toReversed()) {
    if (!isObject(item) || item.role !== 'user') continue
    left -= JSON.stringify(item).length
    if (left < 0) break
    kept.push(item.type === undefined ? { type: 'message', ...item } : item)
  }
  return kept.toReversed()
}

function itemsOf(input: Json | undefined): readonly Json[] {
  if (Array.isArray(input)) return input
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : []
}

function textOf(output: Json | undefined): string {
  if (!Array.isArray(output)) return ''
  const blocks = output.flatMap((item) => (isObject(item) && Array.isArray(item.content) ? item.content : []))
  return blocks
    .flatMap((block) => (isObject(block) && block.type === 'output_text' ? (asString(block.text) ?? '') : ''))
    .join('')
}

const MARK = 'ccr1:summary:'

const HEAD = 'Summary of the conversation so far, which it replaces:\n\n'

const REQUEST = [
  'The conversation is about to be replaced by a summary of it. Write that summary now, for the model that will',
  'continue the work with nothing else to go by: what the user wants and how it is to be done, what was decided and',
  'why, what has been done with which files and commands, what is known of the code, what failed, the exact state of',
  'the work in hand, and the next steps. Call no tools and add nothing to the summary.',
].join(' ')
