import type { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext, Frame, Step } from '../protocol.ts'
import { cutStream, emptyAnswer, errorInside, malformed } from './error.ts'
import { decodeFinish, noteSent, type Sent } from './finish.ts'
import { decodeLogprobs } from '../openai/logprobs.ts'
import type { ItemScope } from './items.ts'
import { announced, openItem, type OpenItem, type Place } from './open-item.ts'
import { ID, residueOf } from './residue.ts'
import { sourcesIn } from './sources.ts'
import { decodeUsage } from './usage.ts'

/** A response's events → events. It is over with the response's own end; what follows is not looked at. */
export function decodeStream(context: DecodeContext): Step<Frame, ModelEvent> {
  const answer = createAnswer(context)
  return {
    push(frame) {
      const out: ModelEvent[] = []
      if (!answer.over()) readFrame(answer, frame, context, out)
      return out
    },
    end() {
      const out: ModelEvent[] = []
      if (!answer.over()) answer.inputEnded(out)
      return out
    },
  }
}

/** Whether a frame tells usage, an error, the proof of reasoning or the end. A cheap look at the text. */
export function isNotable({ event, data }: Frame): boolean {
  const type = event ?? /^\{"type": ?"([a-z_.]+)"/.exec(data)?.[1]
  return type === undefined || !type.startsWith('response.') || NOTABLE.has(type)
}

const NOTABLE: ReadonlySet<string> = new Set([
  'response.created',
  'response.output_item.done',
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
])

/** What reading the items of an answer needs. */
export function scopeOf({ provider, model, toolNames, customTools, id }: DecodeContext): ItemScope {
  return {
    ...(customTools && { customTools }),
    origin: { provider, model },
    nameOf: (name) => toolNames?.get(name) ?? name,
    id: () => id('call_'),
  }
}

/** What a response holds beside what is claimed of it. */
export const RESPONSE: ReadonlySet<string> = new Set([
  'id',
  'model',
  'output',
  'usage',
  'status',
  'incomplete_details',
  'error',
])

interface Answer {
  event(type: string, event: JsonObject, out: ModelEvent[]): void
  fail(error: ModelError, out: ModelEvent[]): void
  inputEnded(out: ModelEvent[]): void
  over(): boolean
}

function createAnswer(context: DecodeContext): Answer {
  const scope = scopeOf(context)
  const items = new Map<string, OpenItem>()
  const ids = new Set<string>()
  const sent: Sent = { calls: false, refusal: false }
  /** What may name sources. */
  const told: Part[] = []
  let nextIndex = 0
  let started = false
  let over = false
  const next = (): number => nextIndex++

  const fail = (error: ModelError, out: ModelEvent[]): void => {
    over = true
    out.push({ type: 'error', error })
  }
  const start = (response: Json | undefined, out: ModelEvent[]): void => {
    if (started || !isObject(response)) return
    started = true
    const id = asString(response.id)
    const model = asString(response.model)
    out.push({ type: 'start', ...(id && { id }), ...(model && { model }), native: residueOf(response, RESPONSE) })
  }
  const itemOf = (event: JsonObject): OpenItem | undefined => items.get(keyOf(event))
  const add = (event: JsonObject, out: ModelEvent[]): OpenItem | undefined => {
    const key = keyOf(event)
    const known = items.get(key)
    if (known || !isObject(event.item)) return known
    const opened = openItem(event.item, scope, next, out)
    items.set(key, opened)
    if (typeof event.item.id === 'string') ids.add(event.item.id)
    return opened
  }
  const finishItem = (event: JsonObject, out: ModelEvent[]): void => {
    if (!isObject(event.item)) return
    const known = itemOf(event)
    const type = asString(event.item.type)
    // Another item than the one that was announced here: that one is over.
    const isOther = known !== undefined && !known.isDone() && type !== undefined && type !== known.type
    if (isOther) {
      known.done({ type: known.type }, out)
      items.delete(keyOf(event))
    }
    const item = itemOf(event) ?? add({ ...event, item: announced(event.item) }, out)
    if (item && !item.isDone()) item.done(event.item, out)
  }
  /** Items that only the end tells. Gateways leave gaps between the places: an id that was seen counts as well. */
  const tellUntold = (output: readonly Json[], out: ModelEvent[]): void => {
    if (items.size >= output.length) return
    output.forEach((item, index) => {
      const id = isObject(item) ? asString(item.id) : undefined
      if (id === undefined || !ids.has(id)) finishItem({ output_index: index, item }, out)
    })
  }
  /** An item whose announcement was left out is known by the kind of its deltas. */
  const target = (event: JsonObject, type: string, out: ModelEvent[]): OpenItem | undefined =>
    itemOf(event) ?? add({ ...event, item: { type, ...(event.item_id && { id: event.item_id }) } }, out)

  const piece = (event: JsonObject, shape: PieceShape, out: ModelEvent[]): void => {
    const item = target(event, shape.item, out)
    if (!item || item.isDone()) return
    const index = asNumber(event[`${shape.kind}_index`]) ?? 0
    const place: Place = { kind: shape.kind, index, ...(shape.block && { block: { type: shape.block } }) }
    if (shape.whole === undefined) item.add(asString(event.delta) ?? '', place, out, decodeLogprobs(event.logprobs))
    else item.settle(event[shape.whole], place, out)
  }

  const note = (out: readonly ModelEvent[]): void => {
    for (const event of out) {
      if (event.type !== 'part-end') continue
      noteSent(sent, event.part)
      if (event.part.type === 'text' || event.part.type === 'native') told.push(event.part)
    }
  }
  const finish = (response: JsonObject, status: string, out: ModelEvent[]): void => {
    if (Array.isArray(response.output)) tellUntold(response.output, out)
    for (const item of items.values()) if (!item.isDone()) item.done({ type: item.type }, out)
    const usage = decodeUsage(response.usage)
    if (usage) out.push({ type: 'usage', usage })
    over = true
    note(out)
    const native = { ...residueOf(response, RESPONSE), protocol: ID } as const
    out.push({ type: 'finish', reason: decodeFinish(response, status, sent), ...sourcesIn(told), native })
  }

  const dispatch = (type: string, event: JsonObject, out: ModelEvent[]): void => {
    const shape = PIECES.get(type)
    if (shape) return piece(event, shape, out)
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        return start(event.response, out)
      case 'response.output_item.added':
        return void add(event, out)
      case 'response.output_item.done':
        return finishItem(event, out)
      case 'response.content_part.done': {
        const place: Place = { kind: 'content', index: asNumber(event.content_index) ?? 0 }
        return itemOf(event)?.close(event.part, place, out)
      }
      case 'response.completed':
      case 'response.incomplete': {
        const response = isObject(event.response) ? event.response : {}
        start(response, out)
        if (isObject(response.error) || response.status === 'failed')
          return fail(errorInside(response.error ?? undefined, context), out)
        return finish(response, type.slice('response.'.length), out)
      }
      case 'response.failed':
      case 'response.cancelled':
        return fail(errorInside(isObject(event.response) ? (event.response.error ?? {}) : {}, context), out)
      case 'error':
        return fail(errorInside(isObject(event.error) ? event.error : event, context), out)
    }
  }

  return {
    over: () => over,
    fail,
    event(type, event, out) {
      dispatch(type, event, out)
      if (!over) note(out)
    },
    inputEnded(out) {
      fail(started || items.size > 0 ? cutStream(context) : emptyAnswer(context), out)
    },
  }
}

/** What an event tells of a piece of an item: more of it, or (`whole`: in which field) all of it. */
interface PieceShape {
  readonly item: string
  readonly kind: Place['kind']
  readonly whole?: string
  readonly block?: string
}

const PIECES: ReadonlyMap<string, PieceShape> = new Map(
  Object.entries({
    'response.output_text.delta': { item: 'message', kind: 'content', block: 'output_text' },
    'response.output_text.done': { item: 'message', kind: 'content', block: 'output_text', whole: 'text' },
    'response.refusal.delta': { item: 'message', kind: 'content', block: 'refusal' },
    'response.refusal.done': { item: 'message', kind: 'content', block: 'refusal', whole: 'refusal' },
    'response.reasoning_summary_text.delta': { item: 'reasoning', kind: 'summary' },
    'response.reasoning_summary_text.done': { item: 'reasoning', kind: 'summary', whole: 'text' },
    'response.reasoning_text.delta': { item: 'reasoning', kind: 'content' },
    'response.reasoning_text.done': { item: 'reasoning', kind: 'content', whole: 'text' },
    'response.function_call_arguments.delta': { item: 'function_call', kind: 'input' },
    'response.function_call_arguments.done': { item: 'function_call', kind: 'input', whole: 'arguments' },
    'response.custom_tool_call_input.delta': { item: 'custom_tool_call', kind: 'input' },
    'response.custom_tool_call_input.done': { item: 'custom_tool_call', kind: 'input', whole: 'input' },
  } satisfies Record<string, PieceShape>),
)

// Some gateways change an item's id from event to event: its place counts first.
function keyOf(event: JsonObject): string {
  const place = asNumber(event.output_index)
  return place === undefined
    ? `id ${asString(event.item_id) ?? (isObject(event.item) ? asString(event.item.id) : '')}`
    : `${place}`
}

function readFrame(answer: Answer, frame: Frame, context: DecodeContext, out: ModelEvent[]): void {
  const data = frame.data.trim()
  // Not part of this protocol, but some gateways end every stream with it; without an end before it is a cut.
  if (data === '' || data === '[DONE]') return
  let event: Json
  try {
    event = JSON.parse(data)
  } catch (cause) {
    return answer.fail(malformed('sent an event that is no JSON', context, cause), out)
  }
  if (!isObject(event)) return answer.fail(malformed('sent an event that is no JSON object', context), out)
  const type = asString(event.type) ?? frame.event ?? ''
  if (type === '' && event.error !== undefined) return answer.fail(errorInside(omit(event, new Set()), context), out)
  answer.event(type, event, out)
}
