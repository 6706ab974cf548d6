import type { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import type { Part } from '../../canonical/request.ts'
import { addUsage, mergeUsage, type Usage } from '../../canonical/usage.ts'

/** What an answer has said before it broke off, as another model can go on from it. */
export interface Said {
  /** Looks at the events of the answer, in order. Gives the error that broke it off, if there is one among them. */
  look(events: readonly ModelEvent[]): ModelError | undefined
  /** All of its text. Absent: there is none, or more than text: nobody can go on from half a tool call. */
  text(): string | undefined
  /** The events of who goes on, as if they were the same answer's: texts join, indexes and counts go on. */
  join(events: readonly ModelEvent[]): ModelEvent[]
}

export function createSaid(): Said {
  const open = new Map<number, { readonly part: Part; text: string }>()
  let text = ''
  let next = 0
  let isPlain = true
  let usage: Usage | undefined
  /** Of who goes on: the index at which its first text joins one that is still open. */
  let joined: { readonly from: number; readonly to: number; readonly before: string } | undefined
  let offset: number | undefined
  let repeated: Repeated | undefined

  const note = (event: ModelEvent): void => {
    if (event.type === 'part-start') {
      open.set(event.index, { part: event.part, text: '' })
      next = Math.max(next, event.index + 1)
      isPlain &&= event.part.type === 'text' || event.part.type === 'reasoning'
    } else if (event.type === 'part-delta') {
      const part = open.get(event.index)
      if (part) part.text += event.text
      if (part?.part.type === 'text') text += event.text
    } else if (event.type === 'part-end') open.delete(event.index)
    else if (event.type === 'usage') usage = mergeUsage(usage, event.usage)
  }

  /** Closes what is open but cannot be gone on with; gives the text that can. */
  const settle = (first: Part): ModelEvent[] => {
    offset = next
    const closing: ModelEvent[] = []
    for (const [index, { part, text: own }] of open) {
      const goesOn = part.type === 'text' && first.type === 'text' && !joined
      if (goesOn) joined = { from: 0, to: index, before: own }
      else closing.push({ type: 'part-end', index, part: 'text' in part ? { ...part, text: own } : part })
    }
    if (joined) offset -= 1
    repeated = createRepeated(text)
    return closing
  }

  const join = (event: ModelEvent): ModelEvent[] => {
    switch (event.type) {
      case 'start':
      case 'native':
        return []
      case 'usage':
        return [{ type: 'usage', usage: addUsage(usage, event.usage) }]
      case 'part-start': {
        const closing = offset === undefined ? settle(event.part) : []
        if (joined?.from === event.index) return closing
        return [...closing, { ...event, index: event.index + (offset ?? 0) }]
      }
      case 'part-delta': {
        const isFirstText = event.index === 0 && joined !== undefined
        const fresh = isFirstText && repeated ? repeated.push(event.text) : event.text
        const index = joined?.from === event.index ? joined.to : event.index + (offset ?? 0)
        return fresh === '' ? [] : [{ ...event, index, text: fresh }]
      }
      case 'part-end': {
        if (joined?.from !== event.index) return [{ ...event, index: event.index + (offset ?? 0) }]
        const { to, before } = joined
        const held = repeated?.end() ?? ''
        const said = repeated?.passed() ?? ''
        const end: ModelEvent = { type: 'part-end', index: to, part: { type: 'text', text: before + said } }
        return held === '' ? [end] : [{ type: 'part-delta', index: to, text: held }, end]
      }
      case 'finish':
        // Who has nothing to add leaves nothing open.
        return [...(offset === undefined ? settle({ type: 'reasoning', text: '' }) : []), event]
      case 'error':
        return [event]
    }
  }
  return {
    look(events) {
      for (const event of events) {
        if (event.type === 'error') return event.error
        note(event)
      }
      return undefined
    },
    text: () => (isPlain && text.trim() !== '' ? text : undefined),
    join: (events) => events.flatMap(join),
  }
}

/** Takes out what somebody says again who was to go on: some begin anew, some with the space that was there already. */
interface Repeated {
  push(text: string): string
  /** What was held back in vain. */
  end(): string
  /** All that was let through. */
  passed(): string
}

function createRepeated(said: string): Repeated {
  let held = ''
  let passed = ''
  let isDecided = false
  const pass = (text: string): string => {
    passed += text
    return text
  }
  return {
    push(text) {
      if (isDecided) return pass(text)
      held += text
      if (held.length < said.length && said.startsWith(held)) return ''
      isDecided = true
      const fresh = held.startsWith(said) ? held.slice(said.length) : held
      // What was said could not end in a space as it was shown to the model.
      return pass(/\s$/.test(said) ? fresh.trimStart() : fresh)
    },
    end() {
      if (isDecided) return ''
      isDecided = true
      return pass(held)
    },
    passed: () => passed,
  }
}
