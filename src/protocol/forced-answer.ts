import type { FinishReason, ModelEvent } from '../canonical/event.ts'
import { isObject, parseJson } from '../canonical/json.ts'
import type { ModelReply } from '../canonical/reply.ts'
import type { Part, TextPart, ToolCallPart } from '../canonical/request.ts'
import type { Step } from './protocol.ts'

/** The tool whose arguments are the answer's text. */
export interface AnswerTool {
  readonly name: string
  /** Whether the answer stands in its argument `answer`. */
  readonly isWrapped: boolean
}

/** A whole answer with the tool's arguments as its text, instead of what else was said beside them. */
export function readAnswer(reply: ModelReply, tool: AnswerTool): ModelReply {
  const given = reply.parts.find((part) => isAnswer(part, tool))
  if (!given) return reply
  const place = reply.parts.indexOf(given)
  const lastCall = reply.parts.slice(0, place).findLastIndex(isCall)
  const parts = reply.parts.flatMap<Part>((part, index) => {
    if (index === place) return { type: 'text', text: answerOf(given as ToolCallPart, tool) }
    // What was said before another call belongs to that.
    return (part.type === 'text' && index > lastCall) || isAnswer(part, tool) ? [] : part
  })
  return { ...reply, parts, finish: finishOf(reply.finish, parts.some(isCall)) }
}

/**
 * The same for a stream. What the model says before is held back until it is known whether it answers by the tool; a
 * second answer is left out.
 */
export function createAnswerReader(tool: AnswerTool): Step<ModelEvent, ModelEvent> {
  const places = new Map<number, number>()
  let held: ModelEvent[] = []
  let given: number | undefined
  const ignored = new Set<number>()
  let calls = false

  const placed = <E extends ModelEvent & { readonly index: number }>(event: E): E => {
    const index = places.get(event.index) ?? places.size
    places.set(event.index, index)
    return { ...event, index }
  }
  const release = (): ModelEvent[] => {
    const out = given === undefined ? held.map((event) => ('index' in event ? placed(event) : event)) : []
    held = []
    return out
  }
  const begin = (event: Extract<ModelEvent, { type: 'part-start' }>): ModelEvent[] => {
    if (isAnswer(event.part, tool)) {
      if (given !== undefined) {
        ignored.add(event.index)
        return []
      }
      given = event.index
      held = []
      return [placed({ ...event, part: { type: 'text', text: '' } })]
    }
    if (event.part.type === 'text') {
      ignored.add(event.index)
      held.push(event)
      return []
    }
    if (!isCall(event.part)) return [placed(event)]
    calls = true
    return [...release(), placed(event)]
  }
  const goOn = (event: Extract<ModelEvent, { type: 'part-delta' | 'part-end' }>): ModelEvent[] => {
    if (event.index === given) return answering(event)
    if (!ignored.has(event.index)) return [placed(event)]
    // Texts that went out with a tool call are no longer held.
    if (places.has(event.index)) return [placed(event)]
    if (given === undefined) held.push(event)
    return []
  }
  const answering = (event: Extract<ModelEvent, { type: 'part-delta' | 'part-end' }>): ModelEvent[] => {
    if (event.type === 'part-delta') return tool.isWrapped ? [] : [placed(event)]
    const text = event.part.type === 'tool-call' ? answerOf(event.part, tool) : ''
    const part: TextPart = { type: 'text', text }
    const isUnsaid = text !== '' && (tool.isWrapped || (event.part.type === 'tool-call' && event.part.input === ''))
    return [
      ...(isUnsaid ? [placed({ type: 'part-delta', index: event.index, text } as const)] : []),
      placed({ ...event, part }),
    ]
  }
  return {
    push(event) {
      switch (event.type) {
        case 'part-start':
          return begin(event)
        case 'part-delta':
        case 'part-end':
          return goOn(event)
        case 'finish':
          return [...release(), given === undefined ? event : { ...event, reason: finishOf(event.reason, calls) }]
        case 'error':
          return [...release(), event]
        case 'start':
        case 'usage':
        case 'native':
          return [event]
      }
    },
    end: release,
  }
}

function isCall(part: Part): boolean {
  return part.type === 'tool-call'
}

function isAnswer(part: Part, { name }: AnswerTool): boolean {
  return part.type === 'tool-call' && part.name === name
}

function answerOf({ input }: ToolCallPart, { isWrapped }: AnswerTool): string {
  if (input === '') return '{}'
  if (!isWrapped) return input
  try {
    const value = parseJson(input)
    return isObject(value) && value['answer'] !== undefined ? JSON.stringify(value['answer']) : input
  } catch {
    // Cut off by the limit of tokens, or no JSON at all: the client sees what the model said.
    return input
  }
}

function finishOf(reason: FinishReason, calls: boolean): FinishReason {
  return reason.kind === 'tool-calls' && !calls ? { kind: 'stop' } : reason
}
