import type { ModelEvent } from '../../canonical/event.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { NativePart, Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/request.ts'
import { decodeBlock } from './blocks.ts'
import {
  decodeItem,
  emptyText,
  isProvidersOwn,
  keysOf,
  placed,
  SUMMARY_BREAK,
  wholeItem,
  type ItemScope,
} from './items.ts'
import { formOf } from './residue.ts'

/** One output item while it arrives, as the parts that its events open, fill and close. */
export interface OpenItem {
  readonly type: string
  /** More of a text, a summary, arguments; `place` is the index of the content or summary part. */
  add(text: string, place: Place, out: ModelEvent[], tokens?: readonly TokenLogprob[]): void
  /** A piece of the item is complete: what its deltas left out is told, and a text is closed. */
  settle(whole: Json | undefined, place: Place, out: ModelEvent[]): void
  /** A content block is complete, with all that belongs to it. */
  close(block: Json | undefined, place: Place, out: ModelEvent[]): void
  /** The whole item is told. */
  done(item: JsonObject, out: ModelEvent[]): void
  isDone(): boolean
}

/** Which piece of an item is meant. */
export interface Place {
  readonly kind: 'content' | 'summary' | 'input'
  readonly index: number
  /** The block as it was announced. */
  readonly block?: Json
}

/** Gives each part that is opened its index. */
export type NextIndex = () => number

/** An item as it was announced. */
export function openItem(added: JsonObject, scope: ItemScope, next: NextIndex, out: ModelEvent[]): OpenItem {
  switch (added.type) {
    case 'message':
    case undefined:
      return openMessage(added, scope, next)
    case 'reasoning':
      return openReasoning(added, scope, next, out)
    case 'custom_tool_call':
      if (isProvidersOwn(added, scope)) return openOther(added, scope, next, out)
      return openCall(added, scope, next, out)
    case 'function_call':
      return openCall(added, scope, next, out)
    default:
      return openOther(added, scope, next, out)
  }
}

/** A part that grows: its text so far, and the index it was opened with. */
interface Growing<Grown extends Part> {
  readonly index: number
  readonly part: Grown
  text: string
  logprobs?: TokenLogprob[]
}

function begin<Grown extends Part>(part: Grown, next: NextIndex, out: ModelEvent[]): Growing<Grown> {
  const index = next()
  out.push({ type: 'part-start', index, part })
  return { index, part, text: '' }
}

function grow(open: Growing<Part>, text: string, out: ModelEvent[], logprobs?: readonly TokenLogprob[]): void {
  if (text === '') return
  open.text += text
  for (const token of logprobs ?? []) (open.logprobs ??= []).push(token)
  out.push({ type: 'part-delta', index: open.index, text, ...(logprobs && { logprobs }) })
}

/** Tells what `whole` has beyond what was told. What contradicts it cannot be taken back. */
function complete(open: Growing<Part>, whole: string | undefined, out: ModelEvent[]): void {
  if (whole !== undefined && whole.length > open.text.length && whole.startsWith(open.text))
    grow(open, whole.slice(open.text.length), out)
}

function openMessage(added: JsonObject, scope: ItemScope, next: NextIndex): OpenItem {
  const texts = new Map<number, Growing<TextPart>>()
  const closed = new Set<number>()
  /** A block that is complete: its part ends with the item, which may say more of it, or when another begins. */
  let finished: { readonly index: number; readonly part: TextPart } | undefined
  let isDone = false

  const openText = (place: Place, out: ModelEvent[]): Growing<TextPart> => {
    const known = texts.get(place.index)
    if (known) return known
    if (finished) close(finished.index, finished.part, out)
    finished = undefined
    const isFirst = texts.size + closed.size === 0
    const open = begin(emptyText(place.block, isFirst ? headOf(added) : undefined), next, out)
    texts.set(place.index, open)
    return open
  }
  const close = (index: number, part: TextPart | undefined, out: ModelEvent[]): void => {
    const open = texts.get(index)
    if (!open) return
    complete(open, part?.text, out)
    texts.delete(index)
    closed.add(index)
    const { text, logprobs } = open
    out.push({
      type: 'part-end',
      index: open.index,
      part: { ...(logprobs && { logprobs }), ...(part ?? open.part), text },
    })
  }
  return {
    type: 'message',
    isDone: () => isDone,
    add(text, place, out, tokens) {
      if (!closed.has(place.index)) grow(openText(place, out), text, out, tokens)
    },
    settle(whole, place, out) {
      if (!closed.has(place.index)) complete(openText(place, out), asString(whole), out)
    },
    close(block, place, out) {
      const open = texts.get(place.index)
      const part = block === undefined ? undefined : decodeBlock(block)
      if (!open || part?.type !== 'text') return
      complete(open, part.text, out)
      finished = { index: place.index, part: placed(part, placeOf(open.part)) }
    },
    done(item, out) {
      isDone = true
      const blocks = Array.isArray(item.content) ? item.content : []
      // An item that ended without being told whole has what its deltas told.
      const parts =
        blocks.length === 0 && texts.size + closed.size > 0 ? [] : decodeItem({ ...item, type: 'message' }, scope)
      parts.forEach((part, index) => {
        if (closed.has(index)) return
        if (part.type !== 'text') return tellWhole(part, next, out)
        openText({ kind: 'content', index, block: blocks[index] ?? null }, out)
        close(index, part, out)
      })
      // Blocks that the whole item does not hold.
      for (const index of texts.keys()) close(index, undefined, out)
    },
  }
}

function openReasoning(added: JsonObject, scope: ItemScope, next: NextIndex, out: ModelEvent[]): OpenItem {
  const empty: ReasoningPart = { type: 'reasoning', text: '', ...(scope.origin && { origin: scope.origin }) }
  const open = begin(empty, next, out)
  /** The piece that grows, and how much of it was told. */
  let piece = ''
  let told = ''
  let isDone = false

  const turnTo = ({ kind, index }: Place, more: ModelEvent[]): void => {
    const name = `${kind}${index}`
    if (name === piece) return
    if (open.text !== '') grow(open, SUMMARY_BREAK, more)
    piece = name
    told = ''
  }
  const add = (text: string, place: Place, more: ModelEvent[]): void => {
    if (text === '') return
    turnTo(place, more)
    told += text
    grow(open, text, more)
  }
  return {
    type: 'reasoning',
    isDone: () => isDone,
    close() {},
    add,
    settle(whole, place, more) {
      const text = asString(whole) ?? ''
      if (`${place.kind}${place.index}` !== piece) add(text, place, more)
      else if (text.startsWith(told)) add(text.slice(told.length), place, more)
    },
    done(item, more) {
      isDone = true
      const [part] = decodeItem({ ...added, ...item, type: 'reasoning' }, scope)
      if (part?.type !== 'reasoning') return
      complete(open, part.text, more)
      more.push({
        type: 'part-end',
        index: open.index,
        part: { ...part, ...proofFor(part, open.text), text: open.text },
      })
    },
  }
}

// With words the proof is their signature, without any it is the reasoning itself.
function proofFor(
  { signature, encrypted }: ReasoningPart,
  text: string,
): Pick<ReasoningPart, 'signature' | 'encrypted'> {
  const proof = signature ?? encrypted
  if (proof === undefined) return {}
  return text === '' ? { encrypted: proof } : { signature: proof }
}

function openCall(added: JsonObject, scope: ItemScope, next: NextIndex, out: ModelEvent[]): OpenItem {
  const isCustom = added.type === 'custom_tool_call'
  const raw: JsonObject = isCustom ? { ...added, input: '' } : { ...added, arguments: '' }
  const call = (item: JsonObject): ToolCallPart => decodeItem(item, scope)[0] as ToolCallPart
  let open: Growing<ToolCallPart> | undefined
  /** The input as the provider writes it; a free-form text goes on inside of JSON. */
  let input = ''
  let isDone = false

  const start = (item: JsonObject, more: ModelEvent[]): Growing<ToolCallPart> => {
    if (open) return open
    open = begin({ ...call({ ...raw, ...item, type: raw.type, input: '', arguments: '' }), input: '' }, next, more)
    if (isCustom) grow(open, WRAPPER, more)
    return open
  }
  const add = (text: string, more: ModelEvent[]): void => {
    if (text === '') return
    input += text
    grow(start({}, more), isCustom ? JSON.stringify(text).slice(1, -1) : text, more)
  }
  if (added.name) start({}, out)
  return {
    type: asString(added.type) ?? '',
    isDone: () => isDone,
    close() {},
    add: (text, _place, more) => add(text, more),
    settle(whole, _place, more) {
      const text = asString(whole) ?? ''
      if (text.startsWith(input)) add(text.slice(input.length), more)
    },
    done(item, more) {
      isDone = true
      const told = start(item, more)
      const whole = asString(isCustom ? item.input : item.arguments) ?? ''
      if (whole.startsWith(input)) add(whole.slice(input.length), more)
      if (isCustom) grow(told, '"}', more)
      const part = {
        ...call({ ...raw, ...item, type: raw.type }),
        id: told.part.id,
        name: told.part.name,
        input: told.text,
      }
      more.push({ type: 'part-end', index: told.index, part })
    },
  }
}

const WRAPPER = '{"input":"'

/** An item that only this protocol knows; an image is shown when it is finished. */
function openOther(added: JsonObject, scope: ItemScope, next: NextIndex, out: ModelEvent[]): OpenItem {
  const isImage = added.type === 'image_generation_call'
  const open = isImage ? undefined : begin<NativePart>(wholeItem(added), next, out)
  let isDone = false
  return {
    type: asString(added.type) ?? '',
    isDone: () => isDone,
    add() {},
    settle() {},
    close() {},
    done(item, more) {
      isDone = true
      if (open) return void more.push({ type: 'part-end', index: open.index, part: wholeItem({ ...added, ...item }) })
      const [part] = decodeItem(item, scope)
      if (part) tellWhole(part, next, more)
    },
  }
}

function tellWhole(part: Part, next: NextIndex, out: ModelEvent[]): void {
  const index = next()
  out.push({ type: 'part-start', index, part }, { type: 'part-end', index, part })
}

/** The keys of a message that is announced; its status is that of one which is not ended yet. */
function headOf(added: JsonObject): JsonObject {
  const { status, ...keys } = keysOf(added)
  return status === undefined ? keys : { ...keys, status: 'completed' }
}

/** The item that a part of it was opened with. */
function placeOf(part: TextPart): JsonObject | undefined {
  const { item } = formOf(part)
  return isObject(item) ? item : undefined
}

/** The announcement of an item that was told without one. */
export function announced(item: JsonObject): JsonObject {
  const { content: _content, summary: _summary, arguments: _arguments, input: _input, ...head } = item
  return head
}
