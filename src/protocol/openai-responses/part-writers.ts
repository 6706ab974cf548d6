import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/request.ts'
import { unwrapInput } from '../openai/custom-tool.ts'
import { encodeBriefLogprobs } from '../openai/logprobs.ts'
import { isRefusal } from './finish.ts'
import type { Frames } from './frames.ts'
import { proofOf, type ItemWriter } from './write-item.ts'
import { formOf, isOurs } from './residue.ts'

/** Writes one part as it arrives. */
export interface PartWriter {
  add(text: string, tokens?: readonly TokenLogprob[]): void
  end(part: Part): void
}

/** A message that is being written: one block for each of its texts. */
interface OpenMessage {
  readonly id: string
  readonly index: number
  readonly head: JsonObject
  readonly content: JsonObject[]
  /** Blocks that are not finished. */
  open: number
  /** Nothing more can join it. */
  sealed: boolean
}

/** What the writers of one response share. */
export interface Writing {
  readonly frames: Frames
  readonly items: ItemWriter
  /** The message that a further block of it joins. */
  message: OpenMessage | undefined
}

/** A writer for `part`; the item is announced at once where it is certain that there will be one. */
export function createPartWriter(part: Part, writing: Writing): PartWriter {
  switch (part.type) {
    case 'text':
      return writeText(part, writing)
    case 'reasoning':
      return writeReasoning(part, writing)
    case 'tool-call':
      if (writing.items.isSearch(part)) return writeSearch(part, writing)
      return writing.items.isCustom(part) ? writeCustomCall(part, writing) : writeCall(part, writing)
    case 'native':
    case 'media':
    case 'tool-result':
      return writeWhole(part, writing)
  }
}

/** Ends the message if all of its blocks are finished. */
function closeMessage(writing: Writing, message: OpenMessage): void {
  if (message.open > 0) return
  if (writing.message === message) writing.message = undefined
  const item = { ...message.head, status: 'completed', content: message.content.filter((block) => block !== undefined) }
  writing.frames.done(message.index, item)
}

/** Says that no further block can join the open message. */
export function sealMessage(writing: Writing): void {
  const { message } = writing
  if (!message) return
  writing.message = undefined
  message.sealed = true
  closeMessage(writing, message)
}

function openMessage(part: TextPart, { frames, items }: Writing): OpenMessage {
  const { item } = formOf(part)
  const id = items.idOf(part, 'msg_')
  const index = frames.nextOutput()
  const head = { ...(isObject(item) ? item : { type: 'message', role: 'assistant' }), id }
  frames.event('response.output_item.added', {
    output_index: index,
    item: { ...head, status: 'in_progress', content: [] },
  })
  return { id, index, head, content: [], open: 0, sealed: true }
}

function writeText(part: TextPart, writing: Writing): PartWriter {
  const { frames, items } = writing
  const isContinued = formOf(part).continued === true
  const type = isRefusal(part) ? 'response.refusal' : 'response.output_text'
  let message: OpenMessage | undefined
  let place = 0
  let before = ''
  let told = ''
  const likely: TokenLogprob[] = []

  const open = (): OpenMessage => {
    if (message) return message
    const joined = isContinued ? writing.message : undefined
    message = joined ?? openMessage(part, writing)
    // Only a message that came in this protocol can have more than one block.
    if (formOf(part).item !== undefined) {
      message.sealed = false
      writing.message = message
    }
    message.open++
    place = message.content.length
    const block = items.block({ ...part, text: '' })
    message.content.push(block)
    const at = { item_id: message.id, output_index: message.index, content_index: place }
    before = JSON.stringify(at).slice(1, -1)
    frames.event('response.content_part.added', { ...at, part: block })
    return message
  }
  const add = (text: string, tokens?: readonly TokenLogprob[]): void => {
    if (text === '') return
    open()
    told += text
    for (const token of tokens ?? []) likely.push(token)
    const after = tokens ? `,"logprobs":${JSON.stringify(encodeBriefLogprobs(tokens))}` : ',"logprobs":[]'
    frames.delta(`${type}.delta`, before, text, type === 'response.output_text' ? after : '')
  }
  if (isOurs(part)) open()
  return {
    add,
    end(last) {
      const whole = last.type === 'text' ? last : part
      if (whole.text.length > told.length) add(whole.text.slice(told.length))
      if (!message) return
      const logprobs = whole.logprobs ?? likely
      const block = items.block({ ...whole, text: told, logprobs })
      const at = { item_id: message.id, output_index: message.index, content_index: place }
      const done =
        type === 'response.refusal' ? { refusal: told } : { text: told, logprobs: encodeBriefLogprobs(logprobs) }
      frames.event(`${type}.done`, { ...at, ...done })
      frames.event('response.content_part.done', { ...at, part: block })
      message.content[place] = block
      message.open--
      if (message.sealed) closeMessage(writing, message)
    },
  }
}

function writeReasoning(part: ReasoningPart, { frames, items }: Writing): PartWriter {
  const id = items.idOf(part, 'rs_')
  let index = -1
  let before = ''
  let told = ''

  const announce = (): void => {
    if (index >= 0) return
    index = frames.nextOutput()
    frames.event('response.output_item.added', { output_index: index, item: { type: 'reasoning', id, summary: [] } })
  }
  const openSummary = (): void => {
    announce()
    const at = { item_id: id, output_index: index, summary_index: 0 }
    before = JSON.stringify(at).slice(1, -1)
    frames.event('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
  }
  const add = (text: string): void => {
    if (text === '') return
    if (before === '') openSummary()
    told += text
    frames.delta('response.reasoning_summary_text.delta', before, text)
  }
  if (isOurs(part)) announce()
  return {
    add,
    end(last) {
      const whole = last.type === 'reasoning' ? last : part
      if (whole.text.length > told.length) add(whole.text.slice(told.length))
      if (before !== '') {
        const at = { item_id: id, output_index: index, summary_index: 0 }
        frames.event('response.reasoning_summary_text.done', { ...at, text: told })
        frames.event('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: told } })
      }
      if (!isOurs(whole) && told === '' && !proofOf(whole)) return
      announce()
      frames.done(index, { ...items.reasoning({ ...whole, text: told }, id), id })
    },
  }
}

function writeCarrier(part: ToolCallPart, { frames, items }: Writing): boolean {
  const item = items.carrier(part)
  if (item) writeItem(item, frames)
  return item !== undefined
}

/** An item that comes whole. */
export function writeItem(item: JsonObject, frames: Frames): void {
  const index = frames.nextOutput()
  frames.event('response.output_item.added', { output_index: index, item })
  frames.done(index, item)
}

function writeCall(part: ToolCallPart, writing: Writing): PartWriter {
  const { frames, items } = writing
  const carried = writeCarrier(part, writing)
  const id = items.idOf(part, 'fc_')
  const index = frames.nextOutput()
  const head = items.call({ ...part, input: '' }, id)
  const at = { item_id: id, output_index: index }
  const before = JSON.stringify(at).slice(1, -1)
  let told = ''
  frames.event('response.output_item.added', { output_index: index, item: { ...head, id, status: 'in_progress' } })
  const add = (text: string): void => {
    if (text === '') return
    told += text
    frames.delta('response.function_call_arguments.delta', before, text)
  }
  return {
    add,
    end(last) {
      const whole = last.type === 'tool-call' ? last : part
      // A client parses the arguments even where the model sent none.
      const input = whole.input === '' ? '{}' : whole.input
      if (input.length > told.length) add(input.slice(told.length))
      frames.event('response.function_call_arguments.done', { ...at, arguments: told })
      const item = items.call({ ...whole, input: told }, id)
      frames.done(index, { ...item, id, call_id: head.call_id, name: head.name })
      if (!carried) writeCarrier(whole, writing)
    },
  }
}

// The client's search for tools has no deltas.
function writeSearch(part: ToolCallPart, writing: Writing): PartWriter {
  const { frames, items } = writing
  return {
    add() {},
    end(last) {
      const whole = last.type === 'tool-call' ? last : part
      writeCarrier(whole, writing)
      writeItem(items.call(whole, items.idOf(whole, 'tsc_')), frames)
    },
  }
}

// The arguments hold the text inside JSON: it is told when it is whole.
function writeCustomCall(part: ToolCallPart, writing: Writing): PartWriter {
  const { frames, items } = writing
  const carried = writeCarrier(part, writing)
  const id = items.idOf(part, 'ctc_')
  const index = frames.nextOutput()
  const head = items.call({ ...part, input: '' }, id)
  frames.event('response.output_item.added', {
    output_index: index,
    item: { ...head, id, status: 'in_progress', input: '' },
  })
  return {
    add() {},
    end(last) {
      const whole = last.type === 'tool-call' ? last : part
      const input = unwrapInput(whole.input)
      const at = { item_id: id, output_index: index }
      if (input !== '') frames.delta('response.custom_tool_call_input.delta', JSON.stringify(at).slice(1, -1), input)
      frames.event('response.custom_tool_call_input.done', { ...at, input })
      frames.done(index, { ...items.call(whole, id), id, call_id: head.call_id, name: head.name, input })
      if (!carried) writeCarrier(whole, writing)
    },
  }
}

/** A part that has no deltas: an item of this protocol, or an image. */
function writeWhole(part: Part, { frames, items }: Writing): PartWriter {
  const [announcement] = part.type === 'native' ? items.items(part) : []
  const index = announcement ? frames.nextOutput() : -1
  if (announcement) frames.event('response.output_item.added', { output_index: index, item: announcement })
  return {
    add() {},
    end(last) {
      const [item] = items.items(last)
      if (announcement) frames.done(index, item ?? announcement)
      else if (item) writeItem(item, frames)
    },
  }
}
