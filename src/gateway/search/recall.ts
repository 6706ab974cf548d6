import type { Message, ModelRequest, Part, ToolResultPart } from '../../canonical/request.ts'
import type { RecalledSearch, SearchCodec } from '../../protocol/search-codec.ts'
import { resultOf } from './tool.ts'

/**
 * The request with searches of earlier turns as calls of the tool `name` and their results. `onlyOwn`: those that were made
 * here, as whoever is asked can read its own. The very same request if there are none.
 */
export function withRecalled(
  request: ModelRequest,
  codec: SearchCodec,
  name: string,
  { onlyOwn }: { readonly onlyOwn: boolean },
): ModelRequest {
  const messages: Message[] = []
  let open: readonly ToolResultPart[] = []
  let isChanged = false
  for (const message of request.messages) {
    const turn = message.role === 'assistant' ? retell(message, codec, name, onlyOwn) : undefined
    if (turn) {
      isChanged = true
      settle(messages, open)
      messages.push(...turn.messages)
      open = turn.open
    } else if (message.role === 'user') {
      messages.push(open.length > 0 ? { ...message, parts: [...open, ...message.parts] } : message)
      open = []
    } else {
      settle(messages, open)
      open = []
      messages.push(message)
    }
  }
  settle(messages, open)
  return isChanged ? { ...request, messages } : request
}

function settle(messages: Message[], results: readonly ToolResultPart[]): void {
  if (results.length > 0) messages.push({ role: 'user', parts: results })
}

interface Retold {
  readonly messages: readonly Message[]
  /** Results that belong to the user's next message. */
  readonly open: readonly ToolResultPart[]
}

function retell(message: Message, codec: SearchCodec, name: string, onlyOwn: boolean): Retold | undefined {
  const recalled = new Map(message.parts.map((part) => [part, codec.recall(part)]))
  const results = new Map(
    [...recalled.values()].flatMap((each) => (each?.type === 'result' ? [[each.id, each] as const] : [])),
  )
  const counts = (each: RecalledSearch): boolean => !onlyOwn || results.get(each.id)?.isOwn === true
  if (![...recalled.values()].some((each) => each && counts(each))) return undefined
  const turns: Message[] = []
  let said: Part[] = []
  let open: ToolResultPart[] = []
  const asked = new Set<string>()
  for (const [part, search] of recalled) {
    const isTold = search && counts(search)
    // What was said after a result was said in another turn.
    if (open.length > 0 && search?.type !== 'result') {
      turns.push({ role: 'assistant', parts: said }, { role: 'user', parts: open })
      said = []
      open = []
    }
    if (!isTold) said.push(part)
    else if (search.type === 'call') {
      asked.add(search.id)
      said.push({ type: 'tool-call', id: search.id, name, input: JSON.stringify({ query: search.query }) })
      if (!results.has(search.id)) open.push(resultOf(search.id, LOST))
    } else if (asked.has(search.id)) open.push(resultOf(search.id, search.outcome))
  }
  if (said.length > 0) turns.push({ role: 'assistant', parts: said })
  const [first, ...others] = turns
  return { messages: first ? [{ ...message, parts: first.parts }, ...others] : [], open }
}

const LOST = { code: 'unavailable', why: 'what it found is not known any more' } as const
