import type { ModelEvent } from '../../src/canonical/event.ts'
import type { Part } from '../../src/canonical/request.ts'

/** Breaches of what `ModelEvent` promises. */
export function faultsOf(events: readonly ModelEvent[]): string[] {
  const faults: string[] = []
  const open = new Map<number, string>()
  let next = 0
  events.forEach((event, place) => {
    const isLast = place === events.length - 1
    if ((event.type === 'finish' || event.type === 'error') !== isLast) faults.push(`${event.type} at ${place}`)
    if (event.type === 'part-start') {
      if (event.index !== next++) faults.push(`part ${event.index} opened out of turn`)
      open.set(event.index, '')
    }
    if (event.type === 'part-delta') {
      const text = open.get(event.index)
      if (text === undefined) faults.push(`delta for part ${event.index}, which is not open`)
      open.set(event.index, `${text}${event.text}`)
    }
    if (event.type === 'part-end') {
      const text = open.get(event.index)
      if (text === undefined) faults.push(`part ${event.index} closed, but not open`)
      else if (text !== textOf(event.part)) faults.push(`part ${event.index} is not what its deltas add up to`)
      open.delete(event.index)
    }
    if (event.type === 'finish' && open.size > 0) faults.push(`finished with parts ${[...open.keys()]} open`)
  })
  return faults
}

/** What the deltas of a part add up to. */
export function textOf(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  return part.type === 'tool-call' ? part.input : ''
}
