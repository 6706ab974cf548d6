import { json, stream, type Answer } from './answer.ts'
import { field, inputText, sse, stopOf, tokens, type Identity } from './turn-parts.ts'
import { USAGE, type ScriptedCall, type Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn as OpenAI Chat Completions answers it: streamed usage only if `stream_options.include_usage` asks for it. */
export function chatAnswer(request: Received, turn: Turn): Answer {
  const identity = { model: String(field(request.body, 'model')), serial: request.serial }
  const headers = { 'x-request-id': 'req_scripted' }
  if (field(request.body, 'stream') !== true) return json(chatCompletion(turn, identity), 200, headers)
  const includeUsage = field(field(request.body, 'stream_options'), 'include_usage') === true
  return stream(chatFrames(turn, { ...identity, includeUsage }), headers)
}

/** The turn's chunks, the role first and `[DONE]` last, one text each. */
export function chatFrames(
  turn: Turn,
  { model = 'scripted-model', serial = 0, includeUsage = true }: Identity & { includeUsage?: boolean } = {},
): string[] {
  const chunk = (choices: readonly unknown[], usage?: unknown) =>
    sse({
      id: `chatcmpl-scripted-${serial}`,
      object: 'chat.completion.chunk',
      created: 1767225600,
      model,
      choices,
      ...(includeUsage ? { usage: usage ?? null } : {}),
    })
  const delta = (fields: object) => chunk([{ index: 0, delta: fields, finish_reason: null }])
  return [
    delta({ role: 'assistant', content: turn.text === undefined ? null : '' }),
    ...tokens(turn.reasoning ?? '').map((part) => delta({ reasoning_content: part })),
    ...tokens(turn.text ?? '').map((part) => delta({ content: part })),
    ...(turn.calls ?? []).flatMap((call, index) => [
      delta({ tool_calls: [{ ...toolCall(call, `${serial}_${index}`, ''), index }] }),
      ...tokens(inputText(call)).map((part) => delta({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
    chunk([{ index: 0, delta: {}, finish_reason: FINISH[stopOf(turn)] }]),
    ...(includeUsage ? [chunk([], usageOf(turn))] : []),
    sse('[DONE]'),
  ]
}

/** The turn as one whole completion. */
export function chatCompletion(turn: Turn, { model = 'scripted-model', serial = 0 }: Identity = {}) {
  const message = {
    role: 'assistant',
    content: turn.text ?? null,
    refusal: null,
    ...(turn.reasoning === undefined ? {} : { reasoning_content: turn.reasoning }),
    ...(turn.calls?.length
      ? { tool_calls: turn.calls.map((call, index) => toolCall(call, `${serial}_${index}`, inputText(call))) }
      : {}),
  }
  return {
    id: `chatcmpl-scripted-${serial}`,
    object: 'chat.completion',
    created: 1767225600,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[stopOf(turn)] }],
    usage: usageOf(turn),
  }
}

/** What OpenAI says when it fails: the body of a failed answer, and what comes as a chunk inside a stream. */
export function chatError(type: string, message: string, code: string | null = null) {
  return { error: { message, type, param: null, code } }
}

/** The same as a frame. */
export function chatErrorFrame(type = 'server_error', message = 'The server had an error'): string {
  return sse(chatError(type, message))
}

const FINISH = { end: 'stop', tool: 'tool_calls', length: 'length', refusal: 'content_filter' } as const

function toolCall(call: ScriptedCall, place: string, input: string) {
  return { id: call.id ?? `call_scripted_${place}`, type: 'function', function: { name: call.name, arguments: input } }
}

function usageOf(turn: Turn) {
  const usage = turn.usage ?? USAGE
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  }
}
