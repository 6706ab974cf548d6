import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { restFor, type Native } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { EncodeContext, Frame, StreamEncoder } from '../protocol.ts'
import { searchBlocks, stopReasonOf, type SentParts } from './answer.ts'
import { createBlockWriter, writeBlock, type BlockWriter } from './block-writer.ts'
import { encodeError } from './error.ts'
import { ID, spelling, withKeys } from './residue.ts'
import { encodeUsage } from './usage.ts'

/**
 * What happens → a client's events. Anthropic's blocks come one at a time: what arrives for others meanwhile waits
 * until the open one is closed.
 */
export function encodeStream(context: EncodeContext): StreamEncoder {
  const state: State = {
    context,
    sent: { calls: false, natives: false },
    parts: new Map(),
    waiting: [],
    current: undefined,
    blocks: 0,
    start: undefined,
    begun: false,
    ended: false,
    usage: undefined,
  }
  return {
    push: (event) => (state.ended ? [] : write(state, event)),
    more: (index, text, pieces) => {
      const part = state.parts.get(index)
      return part && part === state.current && !state.ended ? part.more(text, pieces) : undefined
    },
    end: () => (state.ended ? [] : fail(state, new ModelError(CUT, { kind: 'cut-stream' }))),
  }
}

const CUT = 'The answer broke off before its end'

type StartEvent = Extract<ModelEvent, { type: 'start' }>
type FinishEvent = Extract<ModelEvent, { type: 'finish' }>

interface State {
  readonly context: EncodeContext
  readonly sent: SentParts
  /** Parts that have begun and are not closed, by index. */
  readonly parts: Map<number, BlockWriter>
  /** Parts that wait for the current one to close, in the order in which they began. */
  readonly waiting: BlockWriter[]
  current: BlockWriter | undefined
  /** How many blocks were begun. */
  blocks: number
  start: StartEvent | undefined
  /** `message_start` was written. */
  begun: boolean
  ended: boolean
  usage: Usage | undefined
}

function write(state: State, event: ModelEvent): Frame[] {
  switch (event.type) {
    case 'part-delta': {
      const out = begin(state)
      const part = state.parts.get(event.index)
      if (part && event.text !== '') part.add(event.text, part === state.current ? out : undefined)
      return out
    }
    case 'start':
      state.start = event
      return []
    case 'usage':
      state.usage = mergeUsage(state.usage, event.usage)
      // The start waited for its usage, which Anthropic tells right away.
      return state.start ? begin(state) : []
    case 'part-start':
      return startPart(state, event.index, event.part)
    case 'part-end':
      return endPart(state, event.index, event.part)
    case 'finish':
      return finish(state, event)
    case 'error':
      return fail(state, event.error)
    case 'native':
      return writeNative(state, event.native)
  }
}

function startPart(state: State, index: number, part: Part): Frame[] {
  const out = begin(state)
  const writer = createBlockWriter(part, state.context, state.sent, () => state.blocks++)
  state.parts.set(index, writer)
  if (state.current) state.waiting.push(writer)
  else {
    state.current = writer
    writer.resume(out)
  }
  return out
}

function endPart(state: State, index: number, part: Part): Frame[] {
  const out = begin(state)
  const writer = state.parts.get(index)
  if (!writer) return out
  state.parts.delete(index)
  writer.end(part)
  while (state.current?.isComplete()) {
    state.current.resume(out)
    state.current = state.waiting.shift()
  }
  if (state.current && state.current !== writer) state.current.resume(out)
  return out
}

/** `message_start`, once, before anything else. */
function begin(state: State): Frame[] {
  if (state.begun) return []
  state.begun = true
  const { start, usage, context } = state
  const told = restFor(start?.native, ID)
  const message: JsonObject = {
    id: start?.id ?? context.id('msg_'),
    type: 'message',
    role: 'assistant',
    model: start?.model ?? context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: encodeUsage(usage, told?.usage as JsonObject | undefined),
  }
  for (const key in told) {
    if (message[key] === undefined) message[key] = AT_THE_END.includes(key) ? null : told[key]
  }
  return [frameOf({ type: 'message_start', message })]
}

function finish(state: State, { reason, search, native }: FinishEvent): Frame[] {
  const out = begin(state)
  for (const writer of state.parts.values()) writer.end(undefined)
  for (; state.current; state.current = state.waiting.shift()) state.current.resume(out)
  const blocks = search && !restFor(native, ID) ? searchBlocks(search, state.context.id('srvtoolu_')) : []
  for (const block of blocks) writeBlock(block, out, () => state.blocks++)
  state.ended = true
  const told = restFor(native ?? state.start?.native, ID)
  const { context_management, ...more } = told ? news(told, native && restFor(state.start?.native, ID)) : NONE
  const delta = withKeys(
    { stop_reason: stopReasonOf(reason, state.sent, native), stop_sequence: reason.stopSequence ?? null },
    more,
  )
  const usage = encodeUsage(state.usage, told?.usage as JsonObject | undefined)
  out.push(frameOf({ type: 'message_delta', delta, usage, context_management }))
  out.push(frameOf({ type: 'message_stop', ...(spelling(native, 'stop') as JsonObject | undefined) }))
  return out
}

const NONE: JsonObject = {}

/** Keys that Anthropic tells with the end of the message. */
const AT_THE_END: readonly string[] = ['stop_details', 'context_management']

/** What `message_delta` has to say beyond `message_start`; for an answer that was never a stream, what belongs there. */
function news(rest: JsonObject, told: JsonObject | undefined): JsonObject {
  const fresh: JsonObject = {}
  for (const key in rest) {
    if (key === 'usage') continue
    if (AT_THE_END.includes(key) || (told && rest[key] !== told[key])) fresh[key] = rest[key]
  }
  return fresh
}

function fail(state: State, error: ModelError): Frame[] {
  state.ended = true
  return [{ event: 'error', data: JSON.stringify(encodeError(error)) }]
}

function writeNative(state: State, native: Native): Frame[] {
  const data = restFor(native, ID)
  if (!data || typeof native.form !== 'string') return []
  return [...begin(state), { event: native.form, data: JSON.stringify(data) }]
}

function frameOf(data: JsonObject & { type: string }): Frame {
  return { event: data.type, data: JSON.stringify(data) }
}
