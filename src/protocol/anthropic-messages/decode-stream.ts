import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import {
  asString,
  isObject,
  omit,
  parseJson,
  parsePlainJson,
  type Json,
  type JsonObject,
} from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { DecodeContext, Frame, Step } from '../protocol.ts'
import { finishOf, malformed, messageRest } from './answer.ts'
import { errorInside } from './error.ts'
import { closeBlock, foldDelta, inputAtStart, openBlock, type OpenBlock } from './open-block.ts'
import { ID } from './residue.ts'
import { namesSources, sourcesIn } from './sources.ts'
import { decodeUsage, laterUsage, usageRest } from './usage.ts'

/** A provider's events → what happens. Only `message_stop` is a normal end. */
export function decodeStream(context: DecodeContext): Step<Frame, ModelEvent> {
  const state: State = {
    context,
    begun: false,
    id: undefined,
    ended: false,
    blocks: new Map(),
    parts: 0,
    calledTools: false,
    rest: {},
    usage: undefined,
    stopReason: undefined,
    stopSequence: undefined,
    sources: [],
  }
  return {
    push(frame) {
      if (state.ended) return []
      try {
        return read(state, frame)
      } catch (error) {
        if (!(error instanceof ModelError)) throw error
        return fail(state, error)
      }
    },
    end: () => (state.ended ? [] : fail(state, cutOff(state))),
  }
}

interface State {
  readonly context: DecodeContext
  /** `message_start` was seen. */
  begun: boolean
  id: Json | undefined
  ended: boolean
  /** By the provider's index. */
  readonly blocks: Map<Json | undefined, OpenBlock>
  /** How many parts were opened. */
  parts: number
  calledTools: boolean
  /** What the message holds beside the claimed keys, so far. */
  rest: JsonObject
  usage: Usage | undefined
  stopReason: Json | undefined
  stopSequence: Json | undefined
  /** The parts that may name sources. */
  readonly sources: Part[]
}

function read(state: State, frame: Frame): ModelEvent[] {
  const data = parseFrame(state, frame)
  switch (data.type ?? frame.event) {
    case 'content_block_delta':
      return onDelta(state, data)
    case 'message_start':
      return onMessageStart(state, data)
    case 'content_block_start':
      return onBlockStart(state, data)
    case 'content_block_stop':
      return onBlockStop(state, data.index)
    case 'message_delta':
      return onMessageDelta(state, data)
    case 'message_stop':
      return onMessageStop(state, data)
    case 'error':
      return fail(state, errorInside(data, state.context))
    default:
      return onOther(state, frame, data)
  }
}

// Deltas hold no numbers but an index: they are spared the search for numbers that JavaScript would change.
function parseFrame({ context }: State, { event, data }: Frame): JsonObject {
  let parsed: Json
  try {
    parsed = event === 'content_block_delta' ? parsePlainJson(data) : parseJson(data)
  } catch (cause) {
    if (event === 'error') return { type: 'error', error: { message: data } }
    if (data.trim() === '[DONE]') return { type: '[DONE]' }
    throw malformed('sent an event that is not JSON', context, cause)
  }
  if (isObject(parsed)) return parsed
  throw malformed('sent an event that is not a JSON object', context)
}

function onMessageStart(state: State, data: JsonObject): ModelEvent[] {
  const message = isObject(data.message) ? data.message : {}
  const usage = onUsage(state, message.usage)
  if (state.begun) {
    // Told twice is no harm; another message inside this one would leave half of each.
    if (state.parts > 0 && message.id !== state.id)
      throw malformed('began a second message inside the first', state.context)
    return usage
  }
  state.begun = true
  state.id = message.id
  state.rest = messageRest(message)
  if (typeof message.stop_reason === 'string') state.stopReason = message.stop_reason
  const { id, model } = message
  const start: ModelEvent = {
    type: 'start',
    ...(typeof id === 'string' && { id }),
    ...(typeof model === 'string' && { model }),
    native: { protocol: ID, rest: state.rest },
  }
  return [start, ...usage, ...contentAtStart(state, message.content)]
}

// Usually empty; an answer to tool results of a running program comes whole in its start.
function contentAtStart(state: State, content: Json | undefined): ModelEvent[] {
  if (!Array.isArray(content)) return []
  return content.filter(isObject).flatMap((block) => [...begin(state, 'start', block), ...onBlockStop(state, 'start')])
}

function onUsage(state: State, value: Json | undefined): ModelEvent[] {
  const usage = decodeUsage(value)
  if (Object.keys(usage).length === 0) return []
  state.usage = laterUsage(state.usage ?? {}, usage)
  return [{ type: 'usage', usage: state.usage }]
}

function onBlockStart(state: State, data: JsonObject): ModelEvent[] {
  const events = state.blocks.has(data.index) ? onBlockStop(state, data.index) : []
  if (!isObject(data.content_block)) throw malformed('began a block that it did not describe', state.context)
  events.push(...begin(state, data.index, data.content_block))
  return events
}

function begin(state: State, wireIndex: Json | undefined, block: JsonObject): ModelEvent[] {
  const { open, part } = openBlock(block, state.parts++, state.context)
  state.blocks.set(wireIndex, open)
  if (open.kind === 'tool') state.calledTools = true
  const events: ModelEvent[] = [{ type: 'part-start', index: open.index, part }]
  if (open.text !== '') events.push({ type: 'part-delta', index: open.index, text: open.text })
  return events
}

function onDelta(state: State, data: JsonObject): ModelEvent[] {
  const delta = data.delta
  if (!isObject(delta)) throw malformed('sent a delta without content', state.context)
  const open = state.blocks.get(data.index)
  if (!open) return onStrayDelta(state, data, delta)
  switch (delta.type) {
    case 'text_delta':
      return open.kind === 'text' ? addText(open, delta.text, delta) : fold(open, delta)
    case 'thinking_delta':
      return open.kind === 'thinking' ? addText(open, delta.thinking, delta) : fold(open, delta)
    case 'input_json_delta':
      if (open.kind === 'tool') return addText(open, delta.partial_json, delta)
      if (open.kind === 'native' && typeof delta.partial_json === 'string') {
        open.text += delta.partial_json
        return []
      }
      return fold(open, delta)
    default:
      return fold(open, delta)
  }
}

function addText(open: OpenBlock, text: Json | undefined, delta: JsonObject): ModelEvent[] {
  if (typeof text !== 'string') return fold(open, delta)
  if (text === '') return []
  open.text += text
  return [{ type: 'part-delta', index: open.index, text }]
}

function fold(open: OpenBlock, delta: JsonObject): ModelEvent[] {
  foldDelta(open, delta)
  return []
}

// Some compatible providers forget the start of a text; what else it could have been cannot be guessed.
function onStrayDelta(state: State, data: JsonObject, delta: JsonObject): ModelEvent[] {
  const block = STRAY_BLOCKS.get(delta.type)
  if (!block)
    throw malformed(`continued a block that it had not begun (${asString(delta.type) ?? 'of no type'})`, state.context)
  return [...begin(state, data.index, block), ...onDelta(state, data)]
}

const STRAY_BLOCKS: ReadonlyMap<Json | undefined, JsonObject> = new Map([
  ['text_delta', { type: 'text', text: '' }],
  ['thinking_delta', { type: 'thinking', thinking: '' }],
])

function onBlockStop(state: State, wireIndex: Json | undefined): ModelEvent[] {
  const open = state.blocks.get(wireIndex)
  if (!open) return []
  state.blocks.delete(wireIndex)
  const { index } = open
  const events: ModelEvent[] = []
  if (open.kind === 'tool' && open.text === '') {
    open.text = inputAtStart(open)
    events.push({ type: 'part-delta', index, text: open.text })
  }
  const part = closeBlock(open, state.context)
  if (namesSources(part)) state.sources.push(part)
  events.push({ type: 'part-end', index, part })
  return events
}

function onMessageDelta(state: State, data: JsonObject): ModelEvent[] {
  const delta = isObject(data.delta) ? data.delta : {}
  if (typeof delta.stop_reason === 'string') state.stopReason = delta.stop_reason
  if (typeof delta.stop_sequence === 'string') state.stopSequence = delta.stop_sequence
  const usage = { ...(isObject(state.rest.usage) && state.rest.usage), ...usageRest(data.usage) }
  state.rest = {
    ...state.rest,
    ...omit(data, DELTA_EVENT),
    ...omit(delta, DELTA),
    ...(Object.keys(usage).length > 0 && { usage }),
  }
  return onUsage(state, data.usage)
}

const DELTA_EVENT: ReadonlySet<string> = new Set(['type', 'delta', 'usage'])
const DELTA: ReadonlySet<string> = new Set(['stop_reason', 'stop_sequence'])
const STOP_EVENT: ReadonlySet<string> = new Set(['type'])

function onMessageStop(state: State, data: JsonObject): ModelEvent[] {
  const events: ModelEvent[] = []
  for (const index of state.blocks.keys()) events.push(...onBlockStop(state, index))
  state.ended = true
  const stop = omit(data, STOP_EVENT)
  const form = Object.keys(stop).length > 0 && { form: { stop } }
  events.push({
    type: 'finish',
    reason: finishOf(state.stopReason, state.stopSequence, state.calledTools),
    ...sourcesIn(state.sources),
    native: { protocol: ID, rest: state.rest, ...form },
  })
  return events
}

function onOther(state: State, frame: Frame, data: JsonObject): ModelEvent[] {
  // An error in another vendor's shape, from a compatible provider.
  if (data.error !== undefined && data.error !== null) return fail(state, errorInside(data, state.context))
  if (data.type === '[DONE]') return []
  const form = frame.event === undefined ? {} : { form: frame.event }
  return [{ type: 'native', native: { protocol: ID, rest: data, ...form } }]
}

function fail(state: State, error: ModelError): ModelEvent[] {
  state.ended = true
  return [{ type: 'error', error }]
}

function cutOff({ begun, context: { provider, model } }: State): ModelError {
  return begun
    ? new ModelError(`${provider} (${model}) broke off its answer before the end`, {
        kind: 'cut-stream',
        provider,
        model,
      })
    : new ModelError(`${provider} (${model}) answered nothing`, { kind: 'empty-answer', provider, model })
}
