import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { TokenLogprob } from '../../canonical/logprobs.ts'
import type { Part } from '../../canonical/request.ts'
import { mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { EncodeContext, Frame, Step } from '../protocol.ts'
import { encodeError } from '../openai/error.ts'
import { encodeLogprobs } from '../openai/logprobs.ts'
import { citationsOf } from './citations.ts'
import { finishWord } from './finish.ts'
import { encodeCall, encodeImage } from './reply.ts'
import { encodeUsage } from './usage.ts'

/** Events → Chat's chunks: the role first, one finish reason, the usage if the client asked for it, `[DONE]`. */
export function encodeStream(context: EncodeContext): Step<ModelEvent, Frame> {
  const chunks = createChunks(context)
  const open = new Map<number, OpenPart>()
  const wantsUsage = asksForUsage(context)
  let calls = 0
  let usage: Usage | undefined
  let over = false

  const openPart = (index: number, part: Part): Frame[] => {
    const opened: OpenPart = { part, call: part.type === 'tool-call' ? calls++ : -1, told: false, tokens: 0 }
    open.set(index, opened)
    if (part.type === 'tool-call') {
      const { input, ...call } = { ...part, input: part.input }
      const told = encodeCall({ ...call, input: '' })
      opened.told = input !== ''
      const fn = isObject(told.function) ? { ...told.function, arguments: input } : undefined
      return chunks.delta({ tool_calls: [{ index: opened.call, ...told, ...(fn && { function: fn }) }] })
    }
    const text = part.type === 'text' || part.type === 'reasoning' ? part.text : ''
    return text ? grow(opened, text) : []
  }

  const grow = (opened: OpenPart, text: string, tokens?: readonly TokenLogprob[]): Frame[] => {
    opened.told = true
    const { part } = opened
    if (part.type === 'tool-call') return chunks.call(opened.call, text, isRaw(part))
    if (part.type === 'reasoning') return chunks.text('reasoning_content', text)
    const field = part.type === 'text' && formFor(part.native, 'openai-chat') === 'refusal' ? 'refusal' : 'content'
    if (!tokens) return chunks.text(field, text)
    opened.tokens += tokens.length
    return chunks.likely(field, text, tokens)
  }

  const closePart = (index: number, part: Part): Frame[] => {
    const opened = open.get(index)
    open.delete(index)
    if (part.type === 'media') {
      const image = encodeImage(part)
      return image ? chunks.delta({ images: [image] }) : []
    }
    if (opened && part.type === 'text' && part.logprobs && part.logprobs.length > opened.tokens)
      return grow(opened, '', part.logprobs.slice(opened.tokens))
    // A client parses the arguments even where the model sent none.
    return opened && part.type === 'tool-call' && !opened.told ? grow(opened, part.input || '{}') : []
  }

  const fail = (error: ModelError): Frame[] => {
    over = true
    return [{ data: JSON.stringify(encodeError(error)) }]
  }

  const encode = (event: ModelEvent): Frame[] => {
    switch (event.type) {
      case 'start':
        return chunks.start(event.id, event.model)
      case 'part-start':
        return openPart(event.index, event.part)
      case 'part-delta': {
        const opened = open.get(event.index)
        return opened ? grow(opened, event.text, event.logprobs) : []
      }
      case 'part-end':
        return closePart(event.index, event.part)
      case 'usage':
        usage = mergeUsage(usage, event.usage)
        return []
      case 'finish': {
        over = true
        const cited = event.search ? chunks.delta(citationsOf(event.search)) : []
        const frames = chunks.finish(finishWord(event.reason.kind, calls > 0))
        if (wantsUsage) frames.push(...chunks.usage(encodeUsage(usage ?? {})))
        return [...cited, ...frames, { data: '[DONE]' }]
      }
      case 'error':
        return fail(event.error)
      case 'native':
        return []
    }
  }

  return {
    push: (event) => (over ? [] : encode(event)),
    end() {
      if (over) return []
      return fail(new ModelError('The answer broke off before its end', { kind: 'cut-stream' }))
    },
  }
}

interface OpenPart {
  readonly part: Part
  /** Place among the tool calls; -1 for other parts. */
  readonly call: number
  /** Whether any of its text has been sent. */
  told: boolean
  /** How many of its tokens were told with their probabilities. */
  tokens: number
}

/** Whether a call is one of a free-form tool, with its text as it is. */
function isRaw({ native }: Part): boolean {
  return formFor(native, 'openai-chat') === 'custom'
}

interface Chunks {
  start(id: string | undefined, model: string | undefined): Frame[]
  delta(delta: JsonObject): Frame[]
  /** More text in one field: the hot path. */
  text(field: 'content' | 'reasoning_content' | 'refusal', text: string): Frame[]
  /** More text with the probabilities of its tokens. */
  likely(field: 'content' | 'refusal', text: string, tokens: readonly TokenLogprob[]): Frame[]
  call(index: number, text: string, custom: boolean): Frame[]
  finish(word: string): Frame[]
  usage(usage: JsonObject): Frame[]
}

function createChunks(context: EncodeContext): Chunks {
  let head: string | undefined

  const chunk = (choices: string, more = ''): Frame => ({ data: `${head}"choices":${choices}${more}}` })
  const choice = (delta: string, word = 'null', more = ''): string =>
    `[{"index":0,"delta":${delta},${more}"finish_reason":${word}}]`

  // The role comes before everything else, also where the provider told no start.
  const begin = (id?: string, model?: string): Frame[] => {
    if (head !== undefined) return []
    const same = {
      id: id ?? context.id('chatcmpl-'),
      object: 'chat.completion.chunk',
      created: context.created,
      model: model ?? context.model,
    }
    head = `${JSON.stringify(same).slice(0, -1)},`
    return [chunk(choice('{"role":"assistant","content":""}'))]
  }
  const delta = (text: string, more = ''): Frame[] => {
    const frames = begin()
    frames.push(chunk(choice(text, 'null', more)))
    return frames
  }

  return {
    start: begin,
    delta: (fields) => delta(JSON.stringify(fields)),
    text: (field, text) => delta(`{"${field}":${JSON.stringify(text)}}`),
    likely(field, text, tokens) {
      const logprobs = { content: null, refusal: null, [field]: encodeLogprobs(tokens) }
      return delta(JSON.stringify({ [field]: text }), `"logprobs":${JSON.stringify(logprobs)},`)
    },
    call(index, text, custom) {
      const told = custom ? { custom: { input: text } } : { function: { arguments: text } }
      return delta(JSON.stringify({ tool_calls: [{ index, ...told }] }))
    },
    finish: (word) => [...begin(), chunk(choice('{}', JSON.stringify(word)))],
    usage: (usage) => [chunk('[]', `,"usage":${JSON.stringify(usage)}`)],
  }
}

function asksForUsage({ requestNative }: EncodeContext): boolean {
  const form = formFor(requestNative, 'openai-chat')
  const quiet = isObject(form) && isObject(form.quiet) ? form.quiet : {}
  const options = quiet.stream_options ?? restFor(requestNative, 'openai-chat')?.stream_options
  return isObject(options) && options.include_usage === true
}
