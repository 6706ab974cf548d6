import type { ModelEvent } from '../../canonical/event.ts'
import type { Part, ToolCallPart } from '../../canonical/request.ts'
import { addUsage, mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { FinishEvent, SearchCodec } from '../../protocol/search-codec.ts'
import { queryOf } from './tool.ts'

/** A search that a model has called for. */
export interface WantedSearch {
  /** The client's name of it. */
  readonly id: string
  readonly call: ToolCallPart
}

/** The events of several rounds as those of one answer: indexes and counts go on, searches are told in the client's own way. */
export interface Joint {
  push(events: readonly ModelEvent[]): ModelEvent[]
  /** Parts of our own. */
  tell(parts: readonly Part[]): ModelEvent[]
  /** How the round ended; absent: it is not over, or broke off. */
  readonly finish: FinishEvent | undefined
  readonly wanted: readonly WantedSearch[]
  /** Whether the round calls tools of the client. */
  readonly callsClient: boolean
  /** All that the model has said in the round. */
  parts(): Part[]
  /** A further round begins. */
  next(): void
}

export function createJoint(name: string, codec: SearchCodec, id: (prefix: string) => string): Joint {
  const places = new Map<number, number>()
  const searches = new Set<number>()
  const said: Part[] = []
  let count = 0
  let hasBegun = false
  let before: Usage | undefined
  let usage: Usage | undefined
  let finish: FinishEvent | undefined
  let wanted: WantedSearch[] = []
  let callsClient = false

  const placeOf = (index: number): number => {
    const place = places.get(index) ?? count++
    places.set(index, place)
    return place
  }
  const tell = (parts: readonly Part[]): ModelEvent[] =>
    parts.flatMap((part) => {
      const index = count++
      return [{ type: 'part-start', index, part } as const, { type: 'part-end', index, part } as const]
    })
  const want = (call: ToolCallPart): ModelEvent[] => {
    const search = { id: id(codec.idPrefix), call }
    wanted.push(search)
    return tell(codec.begun({ id: search.id, query: queryOf(call) ?? '' }))
  }
  const push = (event: ModelEvent): ModelEvent[] => {
    switch (event.type) {
      case 'start':
      case 'native': {
        const isFirst = !hasBegun || event.type === 'native'
        hasBegun ||= event.type === 'start'
        return isFirst ? [event] : []
      }
      case 'part-start':
        if (event.part.type === 'tool-call' && event.part.name === name) {
          searches.add(event.index)
          return []
        }
        callsClient ||= event.part.type === 'tool-call'
        return [{ ...event, index: placeOf(event.index) }]
      case 'part-delta':
        return searches.has(event.index) ? [] : [{ ...event, index: placeOf(event.index) }]
      case 'part-end': {
        said[event.index] = event.part
        if (!searches.has(event.index)) return [{ ...event, index: placeOf(event.index) }]
        return event.part.type === 'tool-call' ? want(event.part) : []
      }
      case 'usage':
        usage = mergeUsage(usage, event.usage)
        return [{ type: 'usage', usage: addUsage(before, usage) }]
      case 'finish':
        finish = event
        return []
      case 'error':
        return [event]
    }
  }
  return {
    push: (events) => events.flatMap(push),
    tell,
    get finish() {
      return finish
    },
    get wanted() {
      return wanted
    },
    get callsClient() {
      return callsClient
    },
    parts: () => said.filter((part) => part !== undefined),
    next() {
      if (usage) before = addUsage(before, usage)
      usage = undefined
      finish = undefined
      wanted = []
      callsClient = false
      places.clear()
      searches.clear()
      said.length = 0
    },
  }
}
