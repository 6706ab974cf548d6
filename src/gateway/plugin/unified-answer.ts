import type { ModelEvent, WebSearch } from '../../canonical/event.ts'
import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { ModelReply } from '../../canonical/reply.ts'
import type { ReasoningPart } from '../../canonical/request.ts'
import { codecOf } from '../../protocol/index.ts'
import type { DecodeContext, Frame, Step } from '../../protocol/protocol.ts'

/** A stream as transformers give it: Chat's chunks, with `delta.thinking` (text and signature) and `delta.annotations`. */
export function decodeUnifiedStream(context: DecodeContext): Step<Frame, ModelEvent> {
  const decoder = codecOf('openai-chat').decodeStream(context)
  const pages: WebSearch['pages'][number][] = []
  const indexes = new Map<number, number>()
  let next = 0
  let thinking = false
  let signature: string | undefined

  const told = (event: ModelEvent): ModelEvent => {
    switch (event.type) {
      case 'part-start':
        indexes.set(event.index, next)
        thinking ||= event.part.type === 'reasoning'
        return { ...event, index: next++ }
      case 'part-delta':
        return { ...event, index: indexes.get(event.index) ?? event.index }
      case 'part-end': {
        const index = indexes.get(event.index) ?? event.index
        if (event.part.type !== 'reasoning') return { ...event, index }
        const part = signed(event.part, signature)
        thinking = false
        signature = undefined
        return { ...event, index, part }
      }
      case 'finish':
        return pages.length === 0 || event.search ? event : { ...event, search: { queries: [], pages } }
      default:
        return event
    }
  }
  /** A signature without a thought that it is of: it must come back all the same. */
  const alone = (): ModelEvent[] => {
    if (signature === undefined || thinking) return []
    const { provider, model } = context
    const part: ReasoningPart = { type: 'reasoning', text: '', signature, origin: { provider, model } }
    const index = next++
    signature = undefined
    return [
      { type: 'part-start', index, part: { ...part, text: '' } },
      { type: 'part-end', index, part },
    ]
  }

  return {
    push(frame) {
      const { frame: plain, found } = readFrame(frame)
      if (found.signature !== undefined) signature = found.signature
      pages.push(...found.pages)
      const events = decoder.push(plain).map(told)
      // The start of the answer comes first.
      return signature === undefined ? events : [...events, ...alone()]
    },
    end: () => decoder.end().map(told),
  }
}

/** A whole reply as transformers give it. */
export function decodeUnifiedReply(body: Json, context: DecodeContext): ModelReply {
  const choice = isObject(body) && Array.isArray(body.choices) ? body.choices[0] : undefined
  const message = isObject(choice) && isObject(choice.message) ? choice.message : undefined
  if (!isObject(body) || !isObject(choice) || !message) return codecOf('openai-chat').decodeReply(body, context)
  // Some transformers put it beside the choices.
  const thinking = message.thinking ?? body.thinking
  const { message: plain, found } = readMessage(isObject(thinking) ? { ...message, thinking } : message)
  const { thinking: _, ...rest } = body
  const reply = codecOf('openai-chat').decodeReply({ ...rest, choices: [{ ...choice, message: plain }] }, context)
  const parts = signedParts(reply, found.signature, context)
  const search = found.pages.length > 0 ? { queries: [], pages: found.pages } : undefined
  return { ...reply, parts, ...(search && !reply.search && { search }) }
}

function signedParts(
  { parts }: ModelReply,
  signature: string | undefined,
  context: DecodeContext,
): ModelReply['parts'] {
  if (signature === undefined) return parts
  const place = parts.findIndex((part) => part.type === 'reasoning')
  const { provider, model } = context
  if (place < 0) return [{ type: 'reasoning', text: '', signature, origin: { provider, model } }, ...parts]
  return parts.map((part, index) => (index === place && part.type === 'reasoning' ? signed(part, signature) : part))
}

function signed(part: ReasoningPart, signature: string | undefined): ReasoningPart {
  return signature === undefined ? part : { ...part, signature }
}

/** What of a delta or message is an addition of transformers. */
interface Found {
  readonly signature?: string
  readonly pages: readonly WebSearch['pages'][number][]
}

const NOTHING: Found = { pages: [] }

function readFrame(frame: Frame): { frame: Frame; found: Found } {
  if (!frame.data.includes('"thinking"') && !frame.data.includes('"annotations"')) return { frame, found: NOTHING }
  const chunk = parsed(frame.data)
  const choices = isObject(chunk) && Array.isArray(chunk.choices) ? chunk.choices : []
  const [choice] = choices
  if (!isObject(chunk) || !isObject(choice) || !isObject(choice.delta)) return { frame, found: NOTHING }
  const { message, found } = readMessage(choice.delta)
  const data = JSON.stringify({ ...chunk, choices: [{ ...choice, delta: message }] })
  return { frame: { ...frame, data }, found }
}

function readMessage({ thinking, annotations, ...message }: JsonObject): { message: JsonObject; found: Found } {
  const thought = isObject(thinking) ? asString(thinking.content) : undefined
  const signature = isObject(thinking) ? asString(thinking.signature) : undefined
  return {
    message: thought ? { ...message, reasoning_content: thought } : message,
    found: {
      ...(signature ? { signature } : {}),
      pages: Array.isArray(annotations) ? annotations.flatMap(pageOf) : [],
    },
  }
}

function pageOf(annotation: Json): WebSearch['pages'][number][] {
  const citation = isObject(annotation) && isObject(annotation.url_citation) ? annotation.url_citation : undefined
  const url = asString(citation?.url)
  const title = asString(citation?.title)
  return url === undefined ? [] : [{ url, ...(title !== undefined && { title }) }]
}

function parsed(data: string): Json | undefined {
  try {
    return parseJson(data)
  } catch {
    // `[DONE]`, or what the codec reports.
    return undefined
  }
}
