import type { FinishReason, ModelEvent, WebSearch } from './event.ts'
import type { Native } from './native.ts'
import type { Part } from './request.ts'
import { mergeUsage, type Usage } from './usage.ts'

/** A whole answer: what a stream of events adds up to. */
export interface ModelReply {
  readonly id?: string
  readonly model?: string
  readonly parts: readonly Part[]
  readonly finish: FinishReason
  readonly search?: WebSearch
  readonly usage?: Usage
  readonly native?: Native
}

type StartEvent = Extract<ModelEvent, { type: 'start' }>

/** Adds events up to a reply. Throws the `ModelError` of an `error` event. */
export function createCollector(): { push(event: ModelEvent): void; end(): ModelReply | undefined } {
  let start: StartEvent | undefined
  let finish: Extract<ModelEvent, { type: 'finish' }> | undefined
  let usage: Usage | undefined
  const parts: Part[] = []
  return {
    push(event) {
      switch (event.type) {
        case 'start':
          start = event
          break
        case 'part-end':
          parts[event.index] = event.part
          break
        case 'usage':
          usage = mergeUsage(usage, event.usage)
          break
        case 'finish':
          finish = event
          break
        case 'error':
          throw event.error
        case 'part-start':
        case 'part-delta':
        case 'native':
          break
      }
    },
    end() {
      if (!finish) return undefined
      const native = finish.native ?? start?.native
      const reply: { -readonly [Key in keyof ModelReply]: ModelReply[Key] } = { parts, finish: finish.reason }
      if (start?.id !== undefined) reply.id = start.id
      if (start?.model !== undefined) reply.model = start.model
      if (finish.search) reply.search = finish.search
      if (usage) reply.usage = usage
      if (native) reply.native = native
      return reply
    },
  }
}

/** The events of a whole answer, for a client that asked for a stream and a provider that did not give one. */
export function eventsOf(reply: ModelReply): ModelEvent[] {
  const start: { -readonly [Key in keyof StartEvent]: StartEvent[Key] } = { type: 'start' }
  if (reply.id !== undefined) start.id = reply.id
  if (reply.model !== undefined) start.model = reply.model
  if (reply.native) start.native = reply.native
  const events: ModelEvent[] = [start]
  reply.parts.forEach((part, index) => {
    events.push({ type: 'part-start', index, part: emptied(part) })
    const text = textOf(part)
    const logprobs = part.type === 'text' ? part.logprobs : undefined
    if (text)
      events.push(logprobs ? { type: 'part-delta', index, text, logprobs } : { type: 'part-delta', index, text })
    events.push({ type: 'part-end', index, part })
  })
  if (reply.usage) events.push({ type: 'usage', usage: reply.usage })
  const { finish: reason, search } = reply
  events.push(search ? { type: 'finish', reason, search } : { type: 'finish', reason })
  return events
}

function textOf(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  return part.type === 'tool-call' ? part.input : ''
}

function emptied(part: Part): Part {
  if (part.type === 'text') {
    const { logprobs: _, ...begun } = { ...part, text: '' }
    return begun
  }
  if (part.type === 'reasoning') return part.encrypted === undefined ? { type: 'reasoning', text: '' } : part
  return part.type === 'tool-call' ? { ...part, input: '' } : part
}
