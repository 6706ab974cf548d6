import type { FinishKind, FinishReason } from '../../canonical/event.ts'
import { ModelError, type ErrorKind } from '../../canonical/error.ts'

/** What an answer held, as far as it decides how it finished. */
export interface Sent {
  readonly toolCalls: boolean
  readonly refusal: boolean
}

/** How the answer finished: what was really sent counts more than the provider's word. */
export function decodeFinish(raw: string | undefined, sent: Sent): FinishReason {
  const kind = finishKind(raw, sent)
  return raw === undefined ? { kind } : { kind, raw }
}

/** The kind of failure that a finish reason names, if it names one. */
export function failureOf(raw: string): ErrorKind | undefined {
  return FAILURES.get(raw)
}

/** The error that stands for a finish reason which names a failure. */
export function failedFinish(raw: string, kind: ErrorKind, provider: string, model: string): ModelError {
  return new ModelError(`${provider} (${model}) ended its answer with "${raw}"`, { kind, code: raw, provider, model })
}

/** Chat's word for a kind. An answer with calls is over because of them, whatever its provider did with them. */
export function finishWord(kind: FinishKind, hasCalls: boolean): string {
  const word = WORDS[kind]
  if (word !== 'stop' && word !== 'tool_calls') return word
  return hasCalls ? 'tool_calls' : 'stop'
}

const WORDS: Readonly<Record<FinishKind, string>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'context-window': 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  other: 'stop',
}

function finishKind(raw: string | undefined, sent: Sent): FinishKind {
  const said = raw === undefined ? 'stop' : (KINDS.get(raw.toLowerCase()) ?? 'other')
  if (said === 'length' || said === 'context-window' || said === 'content-filter') return said
  if (sent.toolCalls) return 'tool-calls'
  if (sent.refusal) return 'refusal'
  return said === 'tool-calls' ? 'stop' : said
}

const KINDS: ReadonlyMap<string, FinishKind> = new Map(
  Object.entries({
    stop: 'stop',
    eos: 'stop',
    eos_token: 'stop',
    end_turn: 'stop',
    complete: 'stop',
    completed: 'stop',
    stop_sequence: 'stop-sequence',
    length: 'length',
    max_tokens: 'length',
    max_output_tokens: 'length',
    model_length: 'context-window',
    model_context_window_exceeded: 'context-window',
    tool_calls: 'tool-calls',
    tool_call: 'tool-calls',
    tool_use: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'content-filter',
    content_filtered: 'content-filter',
    safety: 'content-filter',
    recitation: 'content-filter',
    sensitive: 'content-filter',
    refusal: 'refusal',
  } satisfies Record<string, FinishKind>),
)

const FAILURES: ReadonlyMap<string, ErrorKind> = new Map(
  Object.entries({
    error: 'server',
    network_error: 'server',
    insufficient_system_resource: 'overload',
    abort: 'cut-stream',
  } satisfies Record<string, ErrorKind>),
)
