import type { Frame } from '../../../src/protocol/protocol.ts'

interface Item {
  readonly type: string
  readonly id?: string
  readonly [key: string]: unknown
}

interface WireEvent {
  readonly type: string
  readonly sequence_number: number
  readonly output_index?: number
  readonly item?: Item
  readonly item_id?: string
  readonly content_index?: number
  readonly summary_index?: number
  readonly delta?: string
  readonly text?: string
  readonly refusal?: string
  readonly arguments?: string
  readonly input?: string
  readonly response?: {
    readonly id: string
    readonly status: string
    readonly output: readonly Item[]
    readonly error?: unknown
  }
}

/** The events of a stream, parsed. */
export function eventsOf(frames: readonly Frame[]): WireEvent[] {
  return frames.map(({ data }) => JSON.parse(data) as WireEvent)
}

/** Breaches of what a client of the Responses API may rely on. */
export function faultsOf(frames: readonly Frame[]): string[] {
  const faults: string[] = []
  const events = eventsOf(frames)
  const items = new Map<number, Item>()
  const done: Item[] = []
  const texts = new Map<string, string>()
  events.forEach((event, place) => {
    const { type, output_index: index = -1 } = event
    if (frames[place]?.event !== type)
      faults.push(`event ${place} is named ${frames[place]?.event}, its type is ${type}`)
    if (event.sequence_number !== place) faults.push(`event ${place} has the number ${event.sequence_number}`)
    if (event.response && event.response.id !== events[0]?.response?.id) faults.push(`event ${place} changes the id`)
    if (TERMINAL.has(type) !== (place === events.length - 1)) faults.push(`${type} at ${place}`)
    if (type === 'response.output_item.added') {
      if (index !== items.size) faults.push(`output ${index} added, ${items.size} expected`)
      items.set(index, event.item as Item)
    } else if (type === 'response.output_item.done') {
      if (items.get(index)?.id !== event.item?.id) faults.push(`output ${index} changes its id`)
      if (done[index]) faults.push(`output ${index} done twice`)
      done[index] = event.item as Item
    } else if (event.item_id !== undefined) {
      if (items.get(index)?.id !== event.item_id || done[index])
        faults.push(`${type} for output ${index}, which is not open`)
      const key = [index, type.replace(/\.(delta|done)$/, ''), event.content_index, event.summary_index].join()
      if (event.delta !== undefined) texts.set(key, (texts.get(key) ?? '') + event.delta)
      const whole = event.text ?? event.refusal ?? event.arguments ?? event.input
      if (whole !== undefined && whole !== (texts.get(key) ?? ''))
        faults.push(`${type} is not what its deltas add up to`)
    }
  })
  if (events[0]?.type !== 'response.created') faults.push(`begins with ${events[0]?.type}`)
  const last = events.at(-1)
  if (last?.type !== `response.${last?.response?.status}`)
    faults.push(`ends with ${last?.type} of status ${last?.response?.status}`)
  if (last?.type === 'response.failed') return faults
  if (done.length !== items.size) faults.push('an item is not done')
  if (JSON.stringify(last?.response?.output) !== JSON.stringify(done))
    faults.push('the response is not what was streamed')
  return faults
}

const TERMINAL = new Set(['response.completed', 'response.incomplete', 'response.failed'])
