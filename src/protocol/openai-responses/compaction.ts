import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Message } from '../../canonical/request.ts'
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

/** The summary in a `compaction` item, as a message; nothing for an item that only its provider can read. */
export function unpackSummary(item: JsonObject): Message | undefined {
  const packed = asString(item.encrypted_content)
  if (!packed?.startsWith(MARK)) return undefined
  return { role: 'user', parts: [{ type: 'text', text: HEAD + packed.slice(MARK.length) }] }
}

const MARK = 'ccr1:summary:'

const HEAD = 'Summary of the conversation so far, which it replaces:\n\n'

const REQUEST = [
  'The conversation is about to be replaced by a summary of it. Write that summary now, for the model that will',
  'continue the work with nothing else to go by: what the user wants and how it is to be done, what was decided and',
  'why, what has been done with which files and commands, what is known of the code, what failed, the exact state of',
  'the work in hand, and the next steps. Call no tools and add nothing to the summary.',
].join(' ')
