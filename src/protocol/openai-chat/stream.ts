import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent, WebSearch } from '../../canonical/event.ts'
import { asString, isObject, parseJson, parsePlainJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { DecodeContext, Frame, StreamDecoder } from '../protocol.ts'
import { searchOf } from '../found-pages.ts'
import { citedIn, foundIn } from './citations.ts'
import { decodeContent, decodeReasoning } from './content.ts'
import { errorInside, isFailure } from '../openai/error.ts'
import { decodeFinish, failedFinish, failureOf } from './finish.ts'
import { decodeLogprobs } from '../openai/logprobs.ts'
import { createParts } from './parts.ts'
import { createRepeat } from './repeat.ts'
import { hasObjectArguments } from './tool-calls.ts'
import { decodeUsage } from './usage.ts'

/** Chat's chunks → events. The finish waits for the usage, which comes after the finish reason, or for the end. */
export function decodeStream(context: DecodeContext): StreamDecoder {
  const answer = createAnswer(context)
  const repeat = createRepeat()
  const pushAll = (frames: readonly Frame[]): ModelEvent[] => {
    const out: ModelEvent[] = []
    for (const frame of frames) {
      if (answer.over()) break
      if (frame.words) {
        answer.run(frame.words, out)
        continue
      }
      const words = frame.event === undefined ? repeat.wordsOf(frame.data) : undefined
      if (words !== undefined) answer.words(words, out)
      else {
        const before = out.length
        readFrame(answer, frame, out)
        repeat.note(frame.data, before === 0 ? out : out.slice(before))
      }
    }
    return out
  }
  return {
    push: (frame) => pushAll([frame]),
    pushAll,
    glance: repeat.glance,
    end() {
      const out: ModelEvent[] = []
      if (!answer.over()) answer.inputEnded(out)
      return out
    },
  }
}

/** Whether a frame tells usage, an error, the model or the end. A cheap look at the text. */
export function isNotable(frame: Frame): boolean {
  const { data } = frame
  return (
    frame.event === 'error' ||
    data.includes('"usage":{') ||
    data.includes('"usage": {') ||
    data.includes('"finish_reason":"') ||
    data.includes('"finish_reason": "') ||
    data.includes('"error"') ||
    data.includes('"role"') ||
    !data.includes('"choices"')
  )
}

/** One answer as it arrives. */
export interface Answer {
  /** More of its plain text. */
  words(text: string, out: ModelEvent[]): void
  /** Many of them at once. */
  run(words: readonly string[], out: ModelEvent[]): void
  chunk(chunk: JsonObject, out: ModelEvent[], source?: string): void
  /** The provider said that all is told. */
  done(out: ModelEvent[]): void
  /** Nothing more comes. */
  inputEnded(out: ModelEvent[]): void
  fail(error: ModelError, out: ModelEvent[]): void
  /** Whether the last event is out. */
  over(): boolean
  readonly context: DecodeContext
}

/** An answer of which nothing has come yet. */
export function createAnswer(context: DecodeContext): Answer {
  const parts = createParts(context)
  let started = false
  let over = false
  let finishWord: string | undefined
  const pages: WebSearch['pages'][number][] = []

  const fail = (error: ModelError, out: ModelEvent[]): void => {
    over = true
    out.push({ type: 'error', error })
  }

  const finish = (out: ModelEvent[]): void => {
    const failure = finishWord === undefined ? undefined : failureOf(finishWord)
    if (failure && finishWord !== undefined)
      return fail(failedFinish(finishWord, failure, context.provider, context.model), out)
    parts.finish(out)
    const reason = decodeFinish(finishWord, parts.sent())
    // An empty success would end an agent's work without a word.
    if (!parts.any() && (reason.kind === 'stop' || reason.kind === 'other')) return fail(emptyAnswer(context), out)
    over = true
    out.push(pages.length > 0 ? { type: 'finish', reason, ...searchOf([], pages) } : { type: 'finish', reason })
  }

  const start = (chunk: JsonObject, out: ModelEvent[]): void => {
    const id = asString(chunk.id)
    const model = asString(chunk.model)
    // Azure begins with a chunk about the prompt, without id and model.
    if (!id && !model && !hasItems(chunk.choices)) return
    started = true
    const begun: { type: 'start'; id?: string; model?: string } = { type: 'start' }
    if (id) begun.id = id
    if (model) begun.model = model
    out.push(begun)
  }

  const readChoice = (choice: JsonObject, out: ModelEvent[], source: string | undefined): void => {
    const word = asString(choice.finish_reason)
    // DashScope says "null" until the end.
    if (word && word !== 'null') finishWord = word
    if (choice.logprobs) readLogprobs(choice.logprobs)
    if (isObject(choice.delta)) readDelta(choice.delta, out, source)
    // A whole reply, and what a few vendors send in streams as well.
    else if (isObject(choice.message)) readDelta(withCallsNumbered(choice.message), out, undefined)
    if (isObject(choice.error)) fail(errorInside(choice, context), out)
  }

  const readLogprobs = (told: Json): void => {
    if (!isObject(told)) return
    for (const field of ['content', 'refusal']) {
      const tokens = decodeLogprobs(told[field])
      if (tokens) parts.logprobs(tokens)
    }
  }

  const readDelta = (delta: JsonObject, out: ModelEvent[], source: string | undefined): void => {
    const { content } = delta
    const reasoning = decodeReasoning(delta)
    if (reasoning) parts.text(reasoning, out)
    if (typeof content === 'string') parts.plain(content, out)
    else if (Array.isArray(content)) for (const piece of decodeContent(content)) parts.text(piece, out)
    if (typeof delta.refusal === 'string') parts.text({ type: 'text', text: delta.refusal, form: 'refusal' }, out)
    if (Array.isArray(delta.images)) for (const piece of decodeContent(delta.images)) parts.text(piece, out)
    if (Array.isArray(delta.tool_calls)) parts.calls(exactCalls(delta.tool_calls, source), out)
    if (Array.isArray(delta.annotations)) pages.push(...citedIn(delta.annotations))
    if (isObject(delta.function_call)) parts.calls([{ function: delta.function_call }], out)
  }

  return {
    context,
    words: parts.plain,
    run: parts.run,
    fail,
    over: () => over,
    chunk(chunk, out, source) {
      if (isFailure(chunk)) return fail(errorInside(chunk, context), out)
      if (!started) start(chunk, out)
      const hadFinished = finishWord !== undefined
      const first = firstChoice(chunk.choices)
      if (first) readChoice(first, out, source)
      if (over) return
      if (chunk.search_results) pages.push(...foundIn(chunk.search_results))
      const usage = usageOf(chunk, first)
      if (!usage) return
      out.push({ type: 'usage', usage })
      if (hadFinished) finish(out)
    },
    done(out) {
      if (finishWord === undefined && !parts.any()) fail(emptyAnswer(context), out)
      else finish(out)
    },
    inputEnded(out) {
      if (finishWord !== undefined) finish(out)
      else fail(started || parts.any() ? cutStream(context) : emptyAnswer(context), out)
    },
  }
}

function readFrame(answer: Answer, frame: Frame, out: ModelEvent[]): void {
  const { data } = frame
  if (isDone(data)) return answer.done(out)
  if (data.length < 3 && data.trim() === '') return
  let chunk: Json
  try {
    chunk = parsePlainJson(data)
  } catch (cause) {
    if (data.trim() === '') return
    return answer.fail(unreadable(answer.context, cause), out)
  }
  if (!isObject(chunk)) return answer.fail(unreadable(answer.context, undefined), out)
  if (frame.event === 'error' && !isFailure(chunk)) return answer.fail(errorInside(chunk, answer.context), out)
  answer.chunk(chunk, out, data)
}

// In a whole message each call is one of its own, whatever its labels.
function withCallsNumbered(message: JsonObject): JsonObject {
  const { tool_calls: calls } = message
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call, index) => (isObject(call) ? { ...call, index } : call)) }
}

function isDone(data: string): boolean {
  return data === '[DONE]' || (data.length < 16 && data.trim() === '[DONE]')
}

// Choices after the first are other answers to the same question.
function firstChoice(choices: Json | undefined): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) if (isObject(choice) && (choice.index ?? 0) === 0) return choice
  return undefined
}

function hasItems(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length > 0
}

function usageOf(chunk: JsonObject, choice: JsonObject | undefined) {
  if (chunk.usage) return decodeUsage(chunk.usage)
  if (isObject(chunk.x_groq)) return decodeUsage(chunk.x_groq.usage)
  return choice?.usage ? decodeUsage(choice.usage) : undefined
}

// Arguments that come as an object are read again, so that no number in them changes.
function exactCalls(calls: readonly Json[], source: string | undefined): readonly Json[] {
  if (source === undefined || !hasObjectArguments(calls)) return calls
  const chunk = parseJson(source)
  const choice = isObject(chunk) ? firstChoice(chunk.choices) : undefined
  const delta = choice?.delta
  return isObject(delta) && Array.isArray(delta.tool_calls) ? delta.tool_calls : calls
}

function cutStream({ provider, model }: DecodeContext): ModelError {
  return new ModelError(`${provider} (${model}) broke off its answer: the stream ended without a finish reason`, {
    kind: 'cut-stream',
    provider,
    model,
  })
}

function emptyAnswer({ provider, model }: DecodeContext): ModelError {
  return new ModelError(`${provider} (${model}) answered nothing at all`, { kind: 'empty-answer', provider, model })
}

function unreadable({ provider, model }: DecodeContext, cause: unknown): ModelError {
  return new ModelError(`${provider} (${model}) sent a chunk that is no JSON object`, {
    kind: 'malformed',
    provider,
    model,
    ...(cause !== undefined && { cause }),
  })
}
