import type { ModelEvent } from '../../canonical/event.ts'
import type { Json } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Native } from '../../canonical/native.ts'
import type { ReasoningPart, TextPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { fieldMark } from './reasoning-field.ts'
import type { Piece } from './content.ts'
import type { Sent } from './finish.ts'
import { createToolCalls, type ToolCalls } from './tool-calls.ts'

/** The parts of one answer while it arrives: at most one open text or reasoning, and any number of tool calls. */
export interface Parts {
  /** More of the answer's plain text: the hot path. */
  plain(text: string, out: ModelEvent[]): void
  /** Many pieces of it at once. */
  run(pieces: readonly string[], out: ModelEvent[]): void
  text(piece: Piece, out: ModelEvent[]): void
  /** How likely the tokens of the text were that comes next. */
  logprobs(tokens: readonly TokenLogprob[]): void
  calls(deltas: readonly Json[], out: ModelEvent[]): void
  /** Ends whatever is open. */
  finish(out: ModelEvent[]): void
  sent(): Sent
  /** Whether the model has said anything. */
  any(): boolean
}

/** Parts of an answer of which nothing has come yet. */
export function createParts(context: DecodeContext): Parts {
  let nextIndex = 0
  let refusal = false
  let flow: Flow | undefined
  let pending: readonly TokenLogprob[] | undefined
  // Many answers have none.
  let calls: ToolCalls | undefined

  const openPart = (out: ModelEvent[]): number => {
    closeFlow(out)
    calls?.closeWhole(out)
    return nextIndex++
  }

  const closeFlow = (out: ModelEvent[]): void => {
    if (!flow) return
    if (pending && flow.type === 'text') takeLogprobs(flow)
    const { index, text, logprobs } = flow
    out.push({ type: 'part-end', index, part: { ...flow.part, text, ...(logprobs && { logprobs }) } })
    flow = undefined
  }

  const openFlow = (type: Flow['type'], form: string | undefined, out: ModelEvent[]): Flow => {
    const index = openPart(out)
    const part = emptyPart(type, form, context)
    out.push({ type: 'part-start', index, part })
    return (flow = { type, form, index, part, text: '' })
  }

  const append = (type: Flow['type'], form: string | undefined, text: string, out: ModelEvent[]): void => {
    if (text === '') return
    const open = flow && flow.type === type && flow.form === form ? flow : openFlow(type, form, out)
    open.text += text
    const logprobs = pending && type === 'text' ? takeLogprobs(open) : undefined
    const { index } = open
    out.push(logprobs ? { type: 'part-delta', index, text, logprobs } : { type: 'part-delta', index, text })
  }

  const takeLogprobs = (open: Flow): readonly TokenLogprob[] | undefined => {
    const taken = pending
    pending = undefined
    for (const token of taken ?? []) (open.logprobs ??= []).push(token)
    return taken
  }

  return {
    plain: (text, out) => append('text', undefined, text, out),
    run(pieces, out) {
      const open = flow && flow.type === 'text' && flow.form === undefined && !pending ? flow : undefined
      if (!open) return pieces.forEach((piece) => append('text', undefined, piece, out))
      const text = pieces.join('')
      open.text += text
      out.push({ type: 'part-delta', index: open.index, text, pieces })
    },
    text(piece, out) {
      if (piece.type === 'whole') {
        const index = openPart(out)
        out.push({ type: 'part-start', index, part: piece.part }, { type: 'part-end', index, part: piece.part })
        return
      }
      if (piece.form === 'refusal' && piece.text) refusal = true
      append(piece.type, piece.form, piece.text, out)
    },
    logprobs(tokens) {
      pending = pending ? [...pending, ...tokens] : tokens
    },
    calls: (deltas, out) => (calls ??= createToolCalls(context, openPart)).push(deltas, out),
    finish(out) {
      closeFlow(out)
      calls?.finish(out)
    },
    sent: () => ({ toolCalls: calls !== undefined && calls.count() > 0, refusal }),
    any: () => nextIndex > 0,
  }
}

interface Flow {
  readonly type: 'text' | 'reasoning'
  /** The field it comes in, where it is not the usual one. */
  readonly form: string | undefined
  readonly index: number
  readonly part: TextPart | ReasoningPart
  text: string
  logprobs?: TokenLogprob[]
}

function emptyPart(type: Flow['type'], form: string | undefined, context: DecodeContext): TextPart | ReasoningPart {
  const native: Native | undefined = form === undefined ? undefined : { protocol: 'openai-chat', rest: {}, form }
  if (type === 'text') return { type, text: '', ...(native && { native }) }
  const { provider, model } = context
  return { type, text: '', signature: fieldMark(form), origin: { provider, model }, ...(native && { native }) }
}
