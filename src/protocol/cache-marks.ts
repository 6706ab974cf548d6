import type { ProtocolId } from '../canonical/native.ts'
import type { CacheMark, Message, ModelRequest, Part, Tool } from '../canonical/request.ts'
import type { Traits } from './protocol.ts'

/**
 * The request with marks up to which the provider shall cache it, for providers that cache nothing without: behind the
 * tools, the instructions, the newest turn of the user, and the one before, where the last call's prompt ended.
 * The very same request where none are needed, or where the client has set marks itself or could have.
 */
export function withCacheMarks(request: ModelRequest, protocol: ProtocolId, traits: Traits): ModelRequest {
  const { cacheMarks: places = [], cacheControl } = traits
  const client = request.native?.protocol
  if (places.length === 0 || cacheControl === false) return request
  if (client === protocol || client === 'anthropic-messages' || hasMarks(request)) return request
  const { system, messages } = request
  const tools = lengthOf(request.tools, lengthOfTool, 0)
  const instructions = lengthOf(system, lengthOfPart, tools)
  const isTold = places.includes('messages') && isGrowing(request)
  return {
    ...request,
    ...(places.includes('tools') && tools >= LEAST && { tools: markLast(request.tools, isShown) }),
    ...(places.includes('system') && instructions >= LEAST && { system: markLast(system, isMarkable) }),
    ...(isTold && { messages: markTurns(messages, instructions) }),
  }
}

/** In characters: no Claude caches less than 1024 tokens. A mark too many does nothing. */
const LEAST = 3000
const MARK: CacheMark = {}

function hasMarks({ tools, system, messages }: ModelRequest): boolean {
  const isMarked = (node: object): boolean => 'cache' in node
  return (
    tools.some(isMarked) ||
    system.some(isMarked) ||
    messages.some(({ parts }) =>
      parts.some((part) => isMarked(part) || (part.type === 'tool-result' && part.content.some(isMarked))),
    )
  )
}

// To write to the cache costs more than to have a prompt read: who asks but once shall not pay for it.
function isGrowing({ tools, messages }: ModelRequest): boolean {
  return tools.length > 0 || messages.some(({ role }) => role === 'assistant')
}

/** The newest turn of the user and the one before it, each only if enough stands before its end. */
function markTurns(messages: readonly Message[], before: number): readonly Message[] {
  const newest = messages.findLastIndex(isUsers)
  const answer = messages.findLastIndex(({ role }, index) => role === 'assistant' && index < newest)
  const previous = messages.findLastIndex((message, index) => index < answer && isUsers(message))
  const isLong = (index: number): boolean =>
    lengthOf(messages.slice(0, index + 1), ({ parts }) => lengthOf(parts, lengthOfPart, 0), before) >= LEAST
  return messages.map((message, index) =>
    (index === newest || index === previous) && isLong(index)
      ? { ...message, parts: markLast(message.parts, isMarkable) }
      : message,
  )
}

function isUsers({ role, parts }: Message): boolean {
  return role === 'user' && parts.some(isMarkable)
}

/** Not what encoders leave out or have no place for a mark in. */
function isMarkable(part: Part): boolean {
  if (part.type === 'text') return part.text.trim() !== ''
  return part.type === 'tool-result' || (part.type === 'media' && (part.kind === 'image' || part.kind === 'document'))
}

/** A tool that is found by a search later on is refused with a mark, and one that another runs may not be sent. */
function isShown(tool: Tool): boolean {
  return tool.type === 'function' && tool.deferred !== true
}

function markLast<Node extends object>(nodes: readonly Node[], takes: (node: Node) => boolean): readonly Node[] {
  const last = nodes.findLastIndex(takes)
  return nodes.map((node, index) => (index === last ? { ...node, cache: MARK } : node))
}

/** `before` and the length of the nodes; no more is counted than is asked for. */
function lengthOf<Node>(nodes: readonly Node[], length: (node: Node) => number, before: number): number {
  let sum = before
  for (const node of nodes) {
    if (sum >= LEAST) break
    sum += length(node)
  }
  return sum
}

function lengthOfTool(tool: Tool): number {
  if (tool.type === 'server') return 0
  return tool.name.length + (tool.description?.length ?? 0) + JSON.stringify(tool.schema).length
}

function lengthOfPart(part: Part): number {
  switch (part.type) {
    case 'text':
      return part.text.length
    case 'tool-call':
      return part.input.length
    case 'tool-result':
      return lengthOf(part.content, lengthOfPart, 0)
    case 'media':
      return part.source.type === 'text' ? part.source.text.length : LEAST
    case 'reasoning':
    case 'native':
      return 0
  }
}
