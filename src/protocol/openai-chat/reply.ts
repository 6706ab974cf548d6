import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { asNumber, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import { createCollector, type ModelReply } from '../../canonical/reply.ts'
import type { Part } from '../../canonical/request.ts'
import type { Usage } from '../../canonical/usage.ts'
import { unwrapInput } from '../openai/custom-tool.ts'
import { encodeLogprobs } from '../openai/logprobs.ts'
import type { DecodeContext, EncodeContext } from '../protocol.ts'
import { citationsOf } from './citations.ts'
import { finishWord } from './finish.ts'
import { createAnswer } from './stream.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/** A whole completion; it is read as a stream of one chunk, so that both ways agree. */
export function decodeReply(body: Json, context: DecodeContext): ModelReply {
  const { provider, model } = context
  if (!isObject(body))
    throw new ModelError(`${provider} (${model}) answered with something that is no completion`, {
      kind: 'malformed',
      provider,
      model,
    })
  const answer = createAnswer(context)
  const events: ModelEvent[] = []
  answer.chunk(body, events)
  if (!answer.over()) answer.done(events)
  const collector = createCollector()
  for (const event of events) collector.push(event)
  const reply = collector.end()
  if (!reply) throw new Error('an answer that is over has neither finish nor error')
  return { ...reply, native: { protocol: 'openai-chat', rest: omit(body, REPLY_KEYS), form: formOf(body) } }
}

/** A whole completion for a client. */
export function encodeReply(reply: ModelReply, context: EncodeContext): JsonObject {
  const rest = restFor(reply.native, 'openai-chat') ?? {}
  const form = formFor(reply.native, 'openai-chat')
  const spelling = isObject(form) ? form : {}
  const usage = reply.usage && usageFor(reply.usage, spelling.usage)
  return {
    id: reply.id ?? context.id('chatcmpl-'),
    object: 'chat.completion',
    created: context.created,
    model: reply.model ?? context.model,
    choices: [
      {
        index: 0,
        message: {
          ...encodeMessage(reply.parts, spelling, customsOf(context)),
          ...(rest.search_results === undefined && citationsOf(reply.search)),
          ...objectOr(spelling.message),
        },
        ...logprobsOf(reply.parts),
        finish_reason: finishWord(reply.finish.kind, reply.parts.some(isCall)),
        ...objectOr(spelling.choice),
      },
    ],
    ...(usage && { usage }),
    ...rest,
  }
}

const REPLY_KEYS = new Set(['id', 'object', 'model', 'choices', 'usage'])
const CHOICE_KEYS = new Set(['index', 'message', 'finish_reason'])
const MESSAGE_KEYS = new Set(['role', 'content', 'function_call'])
const REASONING_KEYS = ['reasoning_content', 'reasoning', 'reasoning_details', 'reasoning_text']

function formOf(body: JsonObject): JsonObject {
  const choice = Array.isArray(body.choices) ? body.choices[0] : undefined
  const message = isObject(choice) ? choice.message : undefined
  if (!isObject(choice) || !isObject(message)) return {}
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : []
  const form: JsonObject = {
    content: spellingOf(message.content),
    message: unclaimed(message),
    choice: omit(choice, CHOICE_KEYS),
  }
  if (calls.some((call) => isObject(call) && call.index !== undefined)) form.calls = 'indexed'
  if (isObject(body.usage)) form.usage = body.usage
  return form
}

/** What of a message no part holds. */
function unclaimed(message: JsonObject): JsonObject {
  const rest = omit(message, MESSAGE_KEYS)
  for (const key in rest) if (isClaimed(key, message)) Reflect.deleteProperty(rest, key)
  return rest
}

function isClaimed(key: string, message: JsonObject): boolean {
  if (key === 'tool_calls' || key === 'images') return Array.isArray(message[key])
  if (key === 'refusal') return typeof message.refusal === 'string'
  // The details hold signatures and what else cannot be written again from the text.
  return key !== 'reasoning_details' && key === REASONING_KEYS.find((field) => message[field])
}

/** How likely the tokens of the texts were; nothing where that was not told. */
function logprobsOf(parts: readonly Part[]): JsonObject {
  const tokens = (isRefusal: boolean): JsonObject[] | null => {
    const told = parts.flatMap((part) =>
      part.type === 'text' && (formFor(part.native, 'openai-chat') === 'refusal') === isRefusal
        ? (part.logprobs ?? [])
        : [],
    )
    return told.length > 0 ? encodeLogprobs(told) : null
  }
  const [content, refusal] = [tokens(false), tokens(true)]
  return content || refusal ? { logprobs: { content, refusal } } : {}
}

function isCall({ type }: Part): boolean {
  return type === 'tool-call'
}

function spellingOf(content: Json | undefined): string {
  if (Array.isArray(content)) return 'parts'
  return content === '' ? 'empty' : 'string'
}

function encodeMessage(parts: readonly Part[], form: JsonObject, customs: ReadonlySet<string>): JsonObject {
  const { content } = form
  const message: JsonObject = { role: 'assistant', content: content === 'empty' ? '' : null }
  const calls: JsonObject[] = []
  for (const part of parts) {
    if (part.type === 'tool-call') calls.push(encodeCall(part, customs))
    else if (part.type === 'reasoning') addReasoning(message, part)
    else if (part.type === 'text') addText(message, formFor(part.native, 'openai-chat'), part.text)
    else if (part.type === 'media') addImage(message, part)
  }
  if (content === 'parts') message.content = parts.flatMap(contentBlock)
  if (calls.length > 0) message.tool_calls = form.calls ? calls.map((call, index) => ({ index, ...call })) : calls
  return message
}

/**
 * A tool call as it stands in a message; `customs` are the client's free-form tools. In a chunk there are none of those:
 * OpenAI's own clients know only functions there, and so they bring the call back.
 */
export function encodeCall(
  part: Extract<Part, { type: 'tool-call' }>,
  customs: ReadonlySet<string> = new Set(),
): JsonObject {
  const rest = restFor(part.native, 'openai-chat')
  const isRaw = formFor(part.native, 'openai-chat') === 'custom'
  if (isRaw || customs.has(part.name)) {
    const input = isRaw ? part.input : unwrapInput(part.input)
    return { id: part.id, type: 'custom', custom: { name: part.name, input }, ...rest }
  }
  return { id: part.id, type: 'function', function: { name: part.name, arguments: part.input || '{}' }, ...rest }
}

/** The names of the client's free-form tools. */
function customsOf({ requestNative }: EncodeContext): ReadonlySet<string> {
  const form = formFor(requestNative, 'openai-chat')
  const names = isObject(form) && Array.isArray(form.customs) ? form.customs : []
  return new Set(names.filter((name) => typeof name === 'string'))
}

/** An image that a model made, as gateways send it. */
export function encodeImage(part: Extract<Part, { type: 'media' }>): JsonObject | undefined {
  const { source } = part
  if (part.kind !== 'image' || (source.type !== 'base64' && source.type !== 'url')) return undefined
  const url = source.type === 'url' ? source.url : `data:${part.mediaType ?? 'image/png'};base64,${source.data}`
  return { type: 'image_url', image_url: { url } }
}

function addText(message: JsonObject, form: Json | undefined, text: string): void {
  const field = form === 'refusal' ? 'refusal' : 'content'
  message[field] = `${typeof message[field] === 'string' ? message[field] : ''}${text}`
}

function addReasoning(message: JsonObject, part: Extract<Part, { type: 'reasoning' }>): void {
  const form = formFor(part.native, 'openai-chat')
  if (part.text === '' || form === 'thinking' || form === 'reasoning_details') return
  const field = typeof form === 'string' ? form : 'reasoning_content'
  message[field] = `${typeof message[field] === 'string' ? message[field] : ''}${part.text}`
}

function addImage(message: JsonObject, part: Extract<Part, { type: 'media' }>): void {
  const image = encodeImage(part)
  if (image) message.images = [...(Array.isArray(message.images) ? message.images : []), image]
}

function contentBlock(part: Part): JsonObject[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  if (part.type === 'native') return part.native.protocol === 'openai-chat' ? [part.native.rest] : []
  if (part.type !== 'reasoning' || formFor(part.native, 'openai-chat') !== 'thinking') return []
  return [{ type: 'thinking', thinking: [{ type: 'text', text: part.text }] }]
}

// The provider's own words as long as they say the same.
function usageFor(usage: Usage, told: Json | undefined): JsonObject {
  const known = decodeUsage(told)
  return isObject(told) && known && sameCounts(usage, known) ? told : encodeUsage(usage)
}

function sameCounts(first: Usage, second: Usage): boolean {
  return COUNTS.every((key) => asNumber(first[key]) === asNumber(second[key]))
}

const COUNTS = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
