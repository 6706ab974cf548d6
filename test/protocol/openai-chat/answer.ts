import type { ModelEvent } from '../../../src/canonical/event.ts'
import { createCollector, type ModelReply } from '../../../src/canonical/reply.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import type { DecodeContext, Frame } from '../../../src/protocol/protocol.ts'

/** A decoder's context with ids that count. */
export function decodeContext(more: Partial<DecodeContext> = {}): DecodeContext {
  let count = 0
  return { provider: 'acme', model: 'm-1', id: (prefix) => `${prefix}new${count++}`, ...more }
}

/** The events of a stream of chunks; a string stands for itself. */
export function eventsOfChunks(chunks: readonly (object | string)[], context = decodeContext()): ModelEvent[] {
  const decoder = openaiChat.decodeStream(context)
  const events = chunks.flatMap((chunk) => decoder.push(frame(chunk)))
  return [...events, ...decoder.end()]
}

/** The whole reply that a stream of chunks adds up to. Throws the stream's error. */
export function replyOfChunks(chunks: readonly (object | string)[], context = decodeContext()): ModelReply {
  const collector = createCollector()
  for (const event of eventsOfChunks(chunks, context)) collector.push(event)
  const reply = collector.end()
  if (!reply) throw new Error('no finish and no error')
  return reply
}

/** A chunk with one delta. */
export function delta(fields: object, finish: string | null = null): object {
  return { id: 'c1', model: 'm-1', choices: [{ index: 0, delta: fields, finish_reason: finish }] }
}

/** The end of a stream: finish reason, usage, `[DONE]`. */
export function ending(finish: string): (object | string)[] {
  return [delta({}, finish), { id: 'c1', choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } }, '[DONE]']
}

/** A piece of a tool call. */
export function piece(fields: { index?: number; id?: string; name?: string; args?: unknown }): object {
  const { index, id, name, args } = fields
  return {
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id, type: 'function' }),
    function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
  }
}

/** What breaks the rules of `ModelEvent`: each index opened once, in order, closed once; deltas only while open. */
export function faultsOf(events: readonly ModelEvent[]): string[] {
  const faults: string[] = []
  const open = new Map<number, string>()
  let next = 0
  events.forEach((event, at) => {
    if (event.type === 'part-start') {
      if (event.index !== next++) faults.push(`index ${event.index} opens out of order`)
      open.set(event.index, '')
    } else if (event.type === 'part-delta') {
      if (!open.has(event.index)) faults.push(`delta for closed part ${event.index}`)
      open.set(event.index, `${open.get(event.index) ?? ''}${event.text}`)
    } else if (event.type === 'part-end') {
      const { part } = event
      const text =
        part.type === 'tool-call' ? part.input : part.type === 'text' || part.type === 'reasoning' ? part.text : ''
      if (open.get(event.index) !== text) faults.push(`part ${event.index} ends as another text than its deltas`)
      open.delete(event.index)
    } else if (event.type === 'finish' || event.type === 'error') {
      if (at !== events.length - 1) faults.push(`${event.type} is not the last event`)
      if (event.type === 'finish' && open.size > 0) faults.push('finish while a part is open')
    }
  })
  return faults
}

function frame(chunk: object | string): Frame {
  return { data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) }
}
