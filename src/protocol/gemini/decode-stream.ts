import type { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Part, ReasoningPart, TextPart } from '../../canonical/request.ts'
import { CUT } from '../framing/json-array.ts'
import type { DecodeContext, Frame, Step } from '../protocol.ts'
import { argumentsText, createAnswerParts } from './answer-parts.ts'
import { createEnvelope } from './envelope.ts'
import { errorInside } from './error.ts'
import { failure, finishOf } from './finish.ts'
import { groundingOf } from './grounding.ts'
import { applyPartialArg } from './partial-args.ts'
import { isSame } from './residue.ts'
import { decodeUsage } from './usage.ts'

/** Gemini's chunks → events. The finish waits for the end of the input: usage may come after the reason. */
export function decodeStream(context: DecodeContext): Step<Frame, ModelEvent> {
  const envelope = createEnvelope()
  const writer = createPartWriter(context)
  let started = false
  let over = false
  let usage: ReturnType<typeof decodeUsage>

  const fail = (error: ModelError, out: ModelEvent[]): void => {
    over = true
    out.push({ type: 'error', error })
  }

  const readChunk = (chunk: JsonObject, out: ModelEvent[]): void => {
    if (isObject(chunk.error)) return fail(errorInside(chunk, context), out)
    const parts = envelope.read(chunk)
    if (!started) {
      started = true
      const { id, model } = envelope
      out.push({ type: 'start', ...(id !== undefined && { id }), ...(model !== undefined && { model }) })
    }
    if (envelope.logprobs) writer.logprobs(envelope.logprobs)
    for (const part of parts) writer.write(part, out)
    if (!isObject(chunk.usageMetadata)) return
    const counted = decodeUsage(envelope.usageMetadata)
    if (counted && !isSame(counted, usage)) out.push({ type: 'usage', usage: counted })
    usage = counted
  }

  const readFrame = (frame: Frame, out: ModelEvent[]): void => {
    if (frame.event === CUT)
      return fail(failure('cut-stream', 'broke off in the middle of its answer', undefined, context), out)
    const value = parsed(frame.data)
    if (value === undefined) {
      if (saysNothing(frame.data)) return
      return fail(failure('malformed', 'sent something that is not JSON', undefined, context), out)
    }
    if (isObject(value)) return readChunk(value, out)
    // An error may come in a list of its own.
    if (Array.isArray(value)) for (const chunk of value.flat()) if (isObject(chunk) && !over) readChunk(chunk, out)
  }

  const end = (out: ModelEvent[]): void => {
    writer.close(out)
    over = true
    const native = envelope.native()
    const { blockReason, finishReason } = envelope
    if (finishReason === undefined && blockReason !== undefined) {
      out.push({ type: 'finish', reason: { kind: 'content-filter', raw: blockReason }, native })
    } else if (finishReason === undefined) {
      const isEmpty = !writer.sent.content && !writer.sent.calls && !writer.sent.thoughts
      out.push({
        type: 'error',
        error: isEmpty
          ? failure('empty-answer', 'answered nothing', undefined, context)
          : failure('cut-stream', 'broke off before its answer was finished', undefined, context),
      })
    } else {
      const outcome = finishOf(finishReason, envelope.finishMessage, writer.sent, context)
      out.push(
        outcome instanceof Error
          ? { type: 'error', error: outcome }
          : { type: 'finish', reason: outcome, ...groundingOf(native), native },
      )
    }
  }

  return {
    push(frame) {
      const out: ModelEvent[] = []
      if (!over) readFrame(frame, out)
      return out
    },
    end() {
      const out: ModelEvent[] = []
      if (!over) end(out)
      return out
    },
  }
}

function saysNothing(data: string): boolean {
  const text = data.trim()
  return text === '' || text === '[DONE]'
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    // Reported by the caller, who knows whose answer it is.
    return undefined
  }
}

interface PartWriter {
  write(raw: JsonObject, out: ModelEvent[]): void
  /** How likely the tokens of the text were that comes next, or has just come. */
  logprobs(tokens: readonly TokenLogprob[]): void
  /** Ends what is open. */
  close(out: ModelEvent[]): void
  readonly sent: { content: boolean; calls: boolean; thoughts: boolean }
}

interface OpenCall {
  readonly index: number
  readonly raw: JsonObject
  readonly call: JsonObject
  readonly part: Part
  readonly args: JsonObject
}

/** Raw parts → events: texts that follow each other are one part, calls may come in pieces. */
function createPartWriter(context: DecodeContext): PartWriter {
  const parts = createAnswerParts(context)
  const sent = { content: false, calls: false, thoughts: false }
  let count = 0
  let text: { index: number; part: TextPart | ReasoningPart; said: string } | undefined
  let open: OpenCall | undefined
  let pending: readonly TokenLogprob[] = []
  let likely: TokenLogprob[] = []

  const close = (out: ModelEvent[]): void => {
    if (text) {
      if (text.part.type === 'text') takeLogprobs()
      const logprobs = likely.length > 0 && { logprobs: likely }
      out.push({ type: 'part-end', index: text.index, part: { ...text.part, text: text.said, ...logprobs } as Part })
    }
    text = undefined
    likely = []
    if (!open) return
    const input = JSON.stringify(open.args)
    out.push({ type: 'part-delta', index: open.index, text: input })
    out.push({ type: 'part-end', index: open.index, part: { ...open.part, input } as Part })
    open = undefined
  }

  const takeLogprobs = (): readonly TokenLogprob[] => {
    const taken = pending
    pending = []
    for (const token of taken) likely.push(token)
    return taken
  }

  const writeText = (part: TextPart | ReasoningPart, out: ModelEvent[]): void => {
    if (text?.part.type !== part.type) {
      close(out)
      text = { index: count++, part: { ...part, text: '' } as TextPart | ReasoningPart, said: '' }
      const { signature: _, ...begun } = { signature: undefined, ...text.part }
      out.push({ type: 'part-start', index: text.index, part: begun as Part })
    }
    if (part.text !== '') {
      const tokens = part.type === 'text' ? takeLogprobs() : []
      out.push({
        type: 'part-delta',
        index: text.index,
        text: part.text,
        ...(tokens.length > 0 && { logprobs: tokens }),
      })
    }
    text.said += part.text
    if (part.type === 'reasoning' || part.native) text.part = { ...text.part, ...part }
    // A signature belongs to the text before it, not to what follows.
    if (part.type === 'reasoning' ? part.signature !== undefined : part.native !== undefined) close(out)
  }

  const writeWhole = (part: Part, out: ModelEvent[]): void => {
    close(out)
    const index = count++
    if (part.type === 'tool-call') {
      out.push({ type: 'part-start', index, part: { ...part, input: '' } })
      if (part.input !== '') out.push({ type: 'part-delta', index, text: part.input })
    } else out.push({ type: 'part-start', index, part })
    out.push({ type: 'part-end', index, part })
  }

  const writeCallPiece = (call: JsonObject, raw: JsonObject, out: ModelEvent[]): void => {
    if (typeof call.name === 'string' && call.name !== '') {
      close(out)
      sent.calls = true
      const part = parts.call(call, raw, '{}')
      open = { index: count++, raw, call, part, args: isObject(call.args) ? call.args : {} }
      out.push({ type: 'part-start', index: open.index, part: { ...part, input: '' } })
    }
    const pieces = Array.isArray(call.partialArgs) ? call.partialArgs.filter(isObject) : []
    if (open) for (const piece of pieces) applyPartialArg(open.args, piece)
    const goesOn = call.willContinue === true || pieces.some((piece) => piece.willContinue === true)
    if (!goesOn && call.name === undefined) close(out)
  }

  return {
    sent,
    close,
    logprobs(tokens) {
      pending = pending.length > 0 ? [...pending, ...tokens] : tokens
    },
    write(raw, out) {
      const call = isObject(raw.functionCall) ? raw.functionCall : undefined
      if (call) {
        const isPiece =
          call.partialArgs !== undefined || call.willContinue === true || (open && call.name === undefined)
        if (isPiece) return writeCallPiece(call, raw, out)
        // A call without a name is nothing that a client could run.
        if (typeof call.name !== 'string' || call.name === '') return
        sent.calls = true
        return writeWhole(parts.call(call, raw, argumentsText(call.args)), out)
      }
      // A signature may come after its text, beside an empty one.
      if (raw.text === '' && raw.thought !== true && raw.thoughtSignature !== undefined && text?.part.type === 'text') {
        return writeText({ type: 'text', text: '', ...pickNative(raw) }, out)
      }
      const part = parts.read(raw)
      if (!part) return
      if (part.type === 'text' || part.type === 'reasoning') writeText(part, out)
      else writeWhole(part, out)
      if (part.type === 'reasoning') sent.thoughts = true
      else if (part.type !== 'native' || raw.text === undefined) sent.content = true
    },
  }
}

function pickNative(raw: JsonObject): Pick<TextPart, 'native'> {
  const { text: _text, thought: _thought, ...rest } = raw
  return { native: { protocol: 'gemini', rest } }
}
