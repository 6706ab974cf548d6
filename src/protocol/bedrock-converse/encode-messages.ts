import type { JsonObject } from '../../canonical/json.ts'
import type { CacheMark, Message, ModelRequest, Part } from '../../canonical/request.ts'
import { encodeCachePoint, encodePart, encodeResult, encodeText } from './encode-blocks.ts'
import type { Encoding } from './encoding.ts'
import { spelling, withRest } from './residue.ts'

/** The conversation as Converse's `messages`. */
export function encodeMessages(request: ModelRequest, encoding: Encoding): JsonObject[] {
  if (encoding.ours)
    return request.messages.map((message, index) => encodeOwnMessage(message, `messages[${index}]`, encoding))
  return settle(request.messages, encoding).map(({ role, content }) => ({ role, content: withWords(content) }))
}

/** The instructions before the conversation; texts of white space alone are refused and left out. */
export function encodeSystem(request: ModelRequest, encoding: Encoding): JsonObject[] {
  return request.system.flatMap((part, index) => {
    const path = `system[${index}]`
    encoding.dropResidue(part.native, path)
    if (!encoding.ours && part.text.startsWith(BILLING_LINE)) {
      encoding.drop(path, 'a billing line for Anthropic alone; it would spoil the prompt cache')
      return []
    }
    if (part.text.trim() === '' && !encoding.ours) return []
    const cache = encoding.cacheOf(part, path)
    return [encodeText(part), ...(cache ? [encodeCachePoint(cache, part)] : [])]
  })
}

/** Claude Code's first system text, which differs from call to call. */
const BILLING_LINE = 'x-anthropic-billing-header:'

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: JsonObject[]
}

function encodeOwnMessage(message: Message, path: string, encoding: Encoding): JsonObject {
  const content = message.parts.flatMap((part, index) => encodePart(part, `${path}.content[${index}]`, encoding))
  const role = spelling(message.native, 'role') ?? message.role
  return withRest({ role, content }, message.native)
}

/** Turns in the order that Bedrock demands: roles alternate, a user begins, every call is answered in the next turn. */
function settle(messages: readonly Message[], encoding: Encoding): Turn[] {
  const turns: Turn[] = []
  let calling: { readonly message: Message }[] = []
  const answer = (): void => {
    const blocks = calling.flatMap(({ message }) => resultsOf(message, encoding))
    append(turns, 'user', blocks)
    calling = []
  }
  messages.forEach((message, index) => {
    const path = `messages[${index}]`
    encoding.dropResidue(message.native, path)
    if (message.role === 'assistant') {
      answer()
      append(turns, 'assistant', encodeAssistant(message, path, encoding))
      if (encoding.pairs.callsOf(message).length > 0) calling.push({ message })
      return
    }
    answer()
    append(
      turns,
      'user',
      message.role === 'system' ? asReminder(message, path, encoding) : encodeUser(message, path, encoding),
    )
  })
  answer()
  return turns[0]?.role === 'assistant' ? [{ role: 'user', content: [{ text: BEGIN }] }, ...turns] : turns
}

/** Stands where a conversation begins with the model: Bedrock wants a user first. */
const BEGIN = '(earlier messages are left out)'

function append(turns: Turn[], role: Turn['role'], content: readonly JsonObject[]): void {
  if (content.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...content)
  else turns.push({ role, content: [...content] })
}

function encodeAssistant(message: Message, path: string, encoding: Encoding): JsonObject[] {
  return message.parts.flatMap((part, index) => {
    const place = `${path}.content[${index}]`
    if (part.type === 'media') {
      encoding.drop(place, 'Converse takes media only from the user')
      return []
    }
    const pair = part.type === 'tool-call' ? encoding.pairs.pairOfCall(part) : undefined
    return encodePart(pair ? { ...pair.call, id: pair.id } : part, place, encoding)
  })
}

/** Everything but the results, which stand behind their calls already; a result without a call is told as text. */
function encodeUser(message: Message, path: string, encoding: Encoding): JsonObject[] {
  return message.parts.flatMap((part, index) => encodeUserPart(part, `${path}.content[${index}]`, encoding))
}

function encodeUserPart(part: Part, path: string, encoding: Encoding): JsonObject[] {
  if (part.type !== 'tool-result') return encodePart(part, path, encoding)
  if (encoding.pairs.pairOf(part)) return []
  const inner = part.content.flatMap((item, at) => encodePart(item, `${path}.content[${at}]`, encoding))
  return [{ text: `Result of tool call ${part.id}:` }, ...inner]
}

function resultsOf(message: Message, encoding: Encoding): JsonObject[] {
  return encoding.pairs.resultsOf(message).flatMap(({ id, result, resultPath }) => {
    if (!result) {
      const missing: Part = {
        type: 'tool-result',
        id,
        content: [{ type: 'text', text: 'No result was recorded for this call.' }],
        isError: true,
      }
      return [encodeResult(missing, id, '', encoding)]
    }
    return encodePart({ ...result, id }, resultPath, encoding)
  })
}

/** A system message in mid-conversation, as part of the user's turn: not every model knows the role. */
function asReminder(message: Message, path: string, encoding: Encoding): JsonObject[] {
  const texts: string[] = []
  let cache: CacheMark | undefined
  const others = message.parts.flatMap((part, index) => {
    const place = `${path}.content[${index}]`
    if (part.type !== 'text') return encodeUserPart(part, place, encoding)
    encoding.dropResidue(part.native, place)
    texts.push(part.text)
    cache = encoding.cacheOf(part, place) ?? cache
    return []
  })
  const text = texts.join('\n\n')
  if (text.trim() === '') return others
  const reminder = { text: `<system-reminder>\n${text}\n</system-reminder>` }
  return [reminder, ...(cache ? [encodeCachePoint(cache, {})] : []), ...others]
}

// A document needs a text beside it.
function withWords(content: readonly JsonObject[]): JsonObject[] {
  const hasDocument = content.some(({ document }) => document !== undefined)
  return hasDocument && !content.some(({ text }) => text !== undefined)
    ? [...content, { text: '(see the attached file)' }]
    : [...content]
}
