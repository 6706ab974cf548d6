import { ModelError } from '../../canonical/error.ts'
import type { FinishKind, FinishReason, WebSearch } from '../../canonical/event.ts'
import { omit, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'
import type { MediaPart, Part, ReasoningPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { decodePart, encodeReasoning } from './parts.ts'
import { ID, inside } from './residue.ts'
import { seal } from '../sealed.ts'
import { usageRest } from './usage.ts'

/** A block of an answer as a part. What a compatible provider left out is filled in; throws `malformed` for the rest. */
export function decodeAnswerPart(block: JsonObject, path: string, context: DecodeContext): Part {
  try {
    return adopt(decodePart(completed(block, context)), context)
  } catch (told) {
    const cause = inside(told, path)
    if (!(cause instanceof ModelError)) throw cause
    throw malformed(`sent a block that cannot be read: ${cause.message}`, context, cause)
  }
}

/** The error for an answer that cannot be read; `what` follows the provider's name. */
export function malformed(what: string, { provider, model }: DecodeContext, cause?: unknown): ModelError {
  return new ModelError(`${provider} (${model}) ${what}`, { kind: 'malformed', provider, model, cause })
}

/** Why the answer ended. `calledTools` decides where the provider gave no reason. */
export function finishOf(raw: Json | undefined, stopSequence: Json | undefined, calledTools: boolean): FinishReason {
  if (typeof raw !== 'string') return { kind: calledTools ? 'tool-calls' : 'stop' }
  const kind = FINISH_KINDS.get(raw) ?? 'other'
  return { kind, raw, ...(typeof stopSequence === 'string' && { stopSequence }) }
}

/**
 * Anthropic's word for why the answer ended: `tool_use` if and only if a tool was called, since clients run or wait by
 * it, unless the answer is not whole. Words of Anthropic's own that have no canonical kind are kept.
 */
export function stopReasonOf({ kind, raw }: FinishReason, sent: SentParts, native: Native | undefined): string {
  const ours = native?.protocol === ID
  if (ours && raw !== undefined && (kind === 'other' || sent.natives)) return raw
  if (sent.calls && DONE.has(kind)) return 'tool_use'
  return kind === 'tool-calls' ? 'end_turn' : STOP_REASONS[kind]
}

/** What kinds of parts an answer was made of. */
export interface SentParts {
  calls: boolean
  /** Blocks that were kept whole, tools of the provider's own among them. */
  natives: boolean
}

/** What `message_start` or a whole reply holds beside the claimed keys. */
export function messageRest(message: JsonObject): JsonObject {
  const rest = omit(message, MESSAGE)
  const usage = usageRest(message.usage)
  if (usage) rest.usage = usage
  return rest
}

/** A `thinking` or `redacted_thinking` block; another provider's proof is sealed with its origin, to come back. */
export function encodeAnswerReasoning(part: ReasoningPart): JsonObject {
  if (restFor(part.native, ID)) return encodeReasoning(part)
  if (part.text === '' && part.encrypted !== undefined) return { type: 'redacted_thinking', data: proofOf(part) ?? '' }
  return { type: 'thinking', thinking: part.text, signature: proofOf(part) ?? '' }
}

/** What the client is given as signature (or as redacted data) of a part. */
export function proofOf(part: ReasoningPart): string | undefined {
  if (restFor(part.native, ID)) return part.encrypted ?? part.signature
  const { origin } = part
  return part.encrypted === undefined
    ? seal({ kind: 'signature', origin, value: part.signature ?? '' })
    : seal({ kind: 'encrypted', origin, value: part.encrypted })
}

/** Another provider's web search, in the blocks in which Anthropic tells of its own. */
export function searchBlocks(search: WebSearch, id: string): JsonObject[] {
  const content = search.pages.map(({ url, title = url }) => ({
    type: 'web_search_result',
    url,
    title,
    encrypted_content: '',
    page_age: null,
  }))
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query: search.queries.join('; ') } },
    { type: 'web_search_tool_result', tool_use_id: id, content },
  ]
}

/** Anthropic's answers hold no media: the client is told what it cannot be shown. */
export function mediaNotice({ kind, mediaType }: MediaPart): string {
  return `[The model answered with ${mediaType ?? kind} content, which cannot be shown here.]`
}

const FINISH_KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context-window'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
])

const STOP_REASONS: Readonly<Record<FinishKind, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'context-window': 'model_context_window_exceeded',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  other: 'end_turn',
}
const DONE: ReadonlySet<FinishKind> = new Set(['stop', 'stop-sequence', 'tool-calls', 'other'])

const MESSAGE: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'usage',
])

function completed(block: JsonObject, context: DecodeContext): JsonObject {
  switch (block.type) {
    case 'text':
      return typeof block.text === 'string' ? block : { ...block, text: '' }
    case 'thinking':
      return typeof block.thinking === 'string' ? block : { ...block, thinking: '' }
    case 'tool_use':
      return typeof block.id === 'string' && block.id !== '' ? block : { ...block, id: context.id('toolu_') }
    default:
      return block
  }
}

function adopt(part: Part, { provider, model, toolNames }: DecodeContext): Part {
  if (part.type === 'reasoning') return { ...part, origin: { provider, model } }
  if (part.type !== 'tool-call') return part
  const name = toolNames?.get(part.name) ?? part.name
  // `{}` and nothing mean the same in an answer: one spelling for both.
  return { ...part, name, input: part.input === '' ? '{}' : part.input }
}
