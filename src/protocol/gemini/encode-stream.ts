import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { omit, type JsonObject } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Part } from '../../canonical/request.ts'
import { mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { EncodeContext, Frame, Step } from '../protocol.ts'
import { encodeAnswerPart, restOf } from './encode-answer.ts'
import { encodeError } from './error.ts'
import { finishReasonOf } from './finish.ts'
import { groundingMetadataOf } from './grounding.ts'
import { encodeLogprobs } from './logprobs.ts'
import { defined, isOurs, underlay } from './residue.ts'
import { signatureFor } from './signature.ts'
import { encodeUsage } from './usage.ts'

/** Events → Gemini's chunks: texts as they come, calls whole, the finish with the usage in the last one. */
export function encodeStream(context: EncodeContext): Step<ModelEvent, Frame> {
  const kinds = new Map<number, Part['type']>()
  const written = new Set<number>()
  // How many tokens of each text were told with their probabilities.
  const likely = new Map<number, number>()
  // Calls that have begun and are not told yet, in order, each with its whole once that is known.
  const calls = new Map<number, Part | undefined>()
  let head: JsonObject | undefined
  let usage: Usage | undefined
  let over = false

  const chunk = (parts: readonly JsonObject[], tokens?: readonly TokenLogprob[]): Frame => {
    head ??= { modelVersion: context.model, responseId: context.id('') }
    const content = { parts: [...parts], role: 'model' }
    const logprobs = tokens && tokens.length > 0 && { logprobsResult: encodeLogprobs(tokens) }
    return { data: JSON.stringify({ candidates: [{ content, ...logprobs, index: 0 }], ...head }) }
  }

  const delta = (index: number, text: string, tokens?: readonly TokenLogprob[]): Frame[] => {
    const kind = kinds.get(index)
    if (text === '' || (kind !== 'text' && kind !== 'reasoning')) return []
    written.add(index)
    if (tokens) likely.set(index, (likely.get(index) ?? 0) + tokens.length)
    return [chunk([kind === 'text' ? { text } : { text, thought: true }], tokens)]
  }

  // A call is whole only at its end; one that began earlier is told earlier.
  const endCall = (index: number, part: Part): Frame[] => {
    calls.set(index, part)
    const frames: Frame[] = []
    for (const [place, whole] of calls) {
      if (!whole) break
      calls.delete(place)
      frames.push(chunk(encodeAnswerPart(whole)))
    }
    return frames
  }

  const end = (index: number, part: Part): Frame[] => {
    if (part.type === 'tool-call') return endCall(index, part)
    // A text was written as it came; only what is known at its end is left.
    const isText = part.type === 'text' || part.type === 'reasoning'
    const left = isText && written.has(index) ? leftOf(part) : encodeAnswerPart(part)
    const tokens = part.type === 'text' ? part.logprobs?.slice(likely.get(index)) : undefined
    if (tokens && tokens.length > 0) return [chunk(left.length > 0 ? left : [{ text: '' }], tokens)]
    return left.length > 0 ? [chunk(left)] : []
  }

  const finish = ({ reason, search, native }: Extract<ModelEvent, { type: 'finish' }>): Frame[] => {
    over = true
    const rest = restOf(native)
    // As Google does it: the chats of its SDKs forget a turn of which a chunk has no parts.
    const parts = rest ? [] : [{ text: '' }]
    const own = {
      content: { parts, role: 'model' },
      finishReason: finishReasonOf(reason),
      index: 0,
      ...(!rest && groundingMetadataOf(search)),
    }
    // Of the chunks of a stream the residue holds the last one's.
    const told = likely.size > 0 ? omit(rest?.candidate ?? {}, LOGPROBS) : (rest?.candidate ?? {})
    const candidates = rest && !rest.candidate ? undefined : [underlay(own, told)]
    const last = defined({ candidates, usageMetadata: encodeUsage(usage, rest?.usageMetadata) })
    head ??= { modelVersion: context.model, responseId: context.id('') }
    return [{ data: JSON.stringify(underlay({ ...last, ...head }, rest?.top ?? {})) }]
  }

  const fail = (error: ModelError): Frame[] => {
    over = true
    return [{ data: JSON.stringify(encodeError(error)) }]
  }

  const write = (event: ModelEvent): Frame[] => {
    switch (event.type) {
      case 'start':
        head = { modelVersion: event.model ?? context.model, responseId: event.id ?? context.id('') }
        return []
      case 'part-start':
        kinds.set(event.index, event.part.type)
        if (event.part.type === 'tool-call') calls.set(event.index, undefined)
        return []
      case 'part-delta':
        return delta(event.index, event.text, event.logprobs)
      case 'part-end':
        return end(event.index, event.part)
      case 'usage':
        usage = mergeUsage(usage, event.usage)
        return []
      case 'finish':
        return finish(event)
      case 'error':
        return fail(event.error)
      case 'native':
        return []
    }
  }

  return {
    push: (event) => (over ? [] : write(event)),
    end: () => (over ? [] : fail(new ModelError('The answer broke off before its end', { kind: 'cut-stream' }))),
  }
}

const LOGPROBS: ReadonlySet<string> = new Set(['logprobsResult'])

/** What of a streamed text is known only at its end: its signature, beside an empty text as Gemini itself does it. */
function leftOf(part: Part): JsonObject[] {
  if (part.type === 'reasoning') {
    const thoughtSignature = signatureFor(part)
    return thoughtSignature === undefined ? [] : [{ text: '', thought: true, thoughtSignature }]
  }
  return part.type === 'text' && isOurs(part) && part.native ? [{ text: '', ...part.native.rest }] : []
}
