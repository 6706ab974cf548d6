import { ModelError } from '../../canonical/error.ts'
import type { FinishKind, FinishReason } from '../../canonical/event.ts'
import { isObject, type Json } from '../../canonical/json.ts'
import type { DecodeContext } from '../protocol.ts'

/** Why an answer, with `calls` or without, has ended; an error where the model's output was of no use. */
export function finishOf(
  raw: string,
  fields: Json | undefined,
  calls: boolean,
  context: DecodeContext,
): FinishReason | ModelError {
  if (BROKEN.has(raw)) return failure('malformed', `spoilt its answer (${raw})`, raw, context)
  const kind = KINDS.get(raw) ?? 'other'
  const stopSequence = stopSequenceIn(fields)
  return { kind: settled(kind, calls), raw, ...(stopSequence !== undefined && { stopSequence }) }
}

/** Bedrock's word for a finish; its own is kept where it still fits. */
export function stopReasonOf({ kind, raw }: FinishReason, calls: boolean): string {
  if (raw !== undefined && KINDS.get(raw) === kind) return raw
  if (calls && DONE.has(kind)) return 'tool_use'
  return kind === 'tool-calls' ? 'end_turn' : WORDS[kind]
}

/** An error of the provider that is no HTTP error. */
export function failure(
  kind: 'malformed' | 'empty-answer' | 'cut-stream',
  what: string,
  code: string | undefined,
  { provider, model }: DecodeContext,
): ModelError {
  return new ModelError(`${provider} (${model}) ${what}`, {
    kind,
    provider,
    model,
    ...(code !== undefined && { code }),
  })
}

/** Ends of an answer that the model spoilt; asking again usually helps. */
const BROKEN: ReadonlySet<string> = new Set(['malformed_model_output', 'malformed_tool_use'])

const KINDS: ReadonlyMap<string, FinishKind> = new Map([
  ['end_turn', 'stop'],
  ['tool_use', 'tool-calls'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
  ['model_context_window_exceeded', 'context-window'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
])

const WORDS: Readonly<Record<FinishKind, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'context-window': 'model_context_window_exceeded',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  refusal: 'content_filtered',
  pause: 'end_turn',
  other: 'end_turn',
}
const DONE: ReadonlySet<FinishKind> = new Set(['stop', 'tool-calls', 'other'])

function settled(kind: FinishKind, calls: boolean): FinishKind {
  if (calls && kind === 'stop') return 'tool-calls'
  return kind === 'tool-calls' && !calls ? 'stop' : kind
}

// Claude's own field, in a stream inside its `delta`.
function stopSequenceIn(fields: Json | undefined): string | undefined {
  if (!isObject(fields)) return undefined
  const { stop_sequence: told = isObject(fields.delta) ? fields.delta.stop_sequence : undefined } = fields
  return typeof told === 'string' ? told : undefined
}
