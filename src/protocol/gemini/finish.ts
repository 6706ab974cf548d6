import type { FinishKind, FinishReason } from '../../canonical/event.ts'
import { ModelError } from '../../canonical/error.ts'
import type { DecodeContext } from '../protocol.ts'

/** What an answer is made of, as far as its end depends on it. */
export interface Sent {
  /** Text, media or anything else that a client can use. */
  readonly content: boolean
  readonly calls: boolean
}

/** How an answer ended: a finish, or the error that its reason amounts to. */
export function finishOf(
  raw: string,
  message: string | undefined,
  sent: Sent,
  context: DecodeContext,
): FinishReason | ModelError {
  const kind = KINDS.get(raw) ?? 'other'
  if (BROKEN.has(raw)) {
    return failure('malformed', `could not finish its answer: ${raw}${message ? ` (${message})` : ''}`, raw, context)
  }
  // An empty success would end an agent's work without a word.
  if (!sent.content && !sent.calls && (kind === 'stop' || kind === 'other')) {
    return failure('empty-answer', `answered nothing (${raw}${message ? `: ${message}` : ''})`, raw, context)
  }
  return { kind: kind === 'stop' && sent.calls ? 'tool-calls' : kind, raw }
}

/** Gemini's word for a finish. Its own word is kept where it still fits. */
export function finishReasonOf({ kind, raw }: FinishReason): string {
  const known = raw === undefined ? undefined : KINDS.get(raw)
  const fits = known !== undefined && (known === kind || (raw === 'STOP' && kind === 'tool-calls'))
  return fits && raw !== undefined ? raw : WORDS[kind]
}

/** An error of the provider that is no HTTP error. */
export function failure(
  kind: 'malformed' | 'empty-answer' | 'cut-stream',
  what: string,
  code: string | undefined,
  context: DecodeContext,
): ModelError {
  const { provider, model } = context
  return new ModelError(`${provider} (${model}) ${what}`, {
    kind,
    provider,
    model,
    ...(code !== undefined && { code }),
  })
}

const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
  ['LANGUAGE', 'other'],
  ['OTHER', 'other'],
  ['IMAGE_OTHER', 'other'],
  ['NO_IMAGE', 'other'],
  ['CONTINUATION', 'other'],
])

/** Ends of an answer that the model spoilt; asking again usually helps. */
const BROKEN = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
])

const WORDS: Readonly<Record<FinishKind, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'context-window': 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  pause: 'OTHER',
  other: 'OTHER',
}
