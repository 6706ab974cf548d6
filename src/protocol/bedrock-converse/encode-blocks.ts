import { parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { CacheMark, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { argumentsOf } from '../tool-arguments.ts'
import type { Encoding } from './encoding.ts'
import { encodeMedia, encodeResultMedia } from './media.ts'
import { familyOf, takesStatus } from './model.ts'
import { defined, isOurs, spelling, withRest } from './residue.ts'

/** A part of a message as blocks, its cache point behind it; nothing for what cannot or need not be sent. */
export function encodePart(part: Part, path: string, encoding: Encoding): JsonObject[] {
  const blocks = encodeContent(part, path, encoding)
  const mark = markOf(part, path, encoding)
  return mark && blocks.length > 0 ? [...blocks, encodeCachePoint(mark, part)] : blocks
}

/** A mark inside a result counts for the whole of it. */
function markOf(part: Part, path: string, encoding: Encoding): CacheMark | undefined {
  if (part.type === 'reasoning' || part.type === 'native') return undefined
  const inner = part.type === 'tool-result' && !part.cache ? part.content.find((item) => 'cache' in item) : undefined
  return encoding.cacheOf(inner ?? part, path)
}

/** The block that ends what shall be cached. */
export function encodeCachePoint({ ttl }: CacheMark, node: Pick<TextPart, 'native'>): JsonObject {
  const rest = spelling(node.native, 'cachePoint')
  return { cachePoint: { type: 'default', ...(ttl !== undefined && { ttl }), ...(typeof rest === 'object' && rest) } }
}

/** A text, in the block in which it came. */
export function encodeText(part: TextPart): JsonObject {
  switch (spelling(part.native, 'block')) {
    case 'whole':
      return part.native?.rest ?? {}
    case 'guardContent':
      return withRest({ guardContent: { text: { text: part.text } } }, part.native)
    case 'citationsContent': {
      const content = spelling(part.native, 'content')
      const own = Array.isArray(content) && textOfContent(content) === part.text ? content : [{ text: part.text }]
      return withRest({ citationsContent: { content: own } }, part.native)
    }
    case 'json': {
      const json = jsonIn(part.text)
      return json === undefined ? { text: part.text } : withRest({ json }, part.native)
    }
    default:
      return withRest({ text: part.text }, part.native)
  }
}

/** The words of a `citationsContent`. */
export function textOfContent(content: readonly Json[]): string {
  return content.map((item) => (typeof item === 'object' && item && 'text' in item ? item.text : '')).join('')
}

/** A call, under the id that its results name. */
export function encodeCall(part: ToolCallPart, id: string, encoding: Encoding): JsonObject {
  const own = spelling(part.native, 'input')
  const isUnchanged = own !== undefined && JSON.stringify(own) === part.input
  const input = isUnchanged ? own : argumentsOf(part.input)
  return withRest({ toolUse: { toolUseId: id, name: encoding.names.of(part.name), input } }, part.native)
}

/** A thought with its proof, as a block. */
export function encodeReasoningBlock(part: ReasoningPart): JsonObject {
  if (part.encrypted !== undefined)
    return withRest({ reasoningContent: { redactedContent: part.encrypted } }, part.native)
  const reasoningText = defined({ text: part.text, signature: part.signature })
  return withRest({ reasoningContent: { reasoningText } }, part.native)
}

/** A result for the call with this id. */
export function encodeResult(part: ToolResultPart, id: string, path: string, encoding: Encoding): JsonObject {
  encoding.dropResidue(part.native, path)
  const content = part.content.flatMap((item, index) => {
    const place = `${path}.content[${index}]`
    return item.type === 'media' ? [encodeResultMedia(item, place, encoding)] : encodeContent(item, place, encoding)
  })
  const hasStatus = encoding.ours || takesStatus(encoding.target.model)
  if (part.isError && !hasStatus) sayError(content)
  if (content.length === 0 && !encoding.ours) content.push({ text: '(no output)' })
  const status = part.isError === undefined || !hasStatus ? undefined : part.isError ? 'error' : 'success'
  return withRest(
    { toolResult: defined({ toolUseId: id, content, status: encoding.ours || part.isError ? status : undefined }) },
    part.native,
  )
}

function encodeContent(part: Part, path: string, encoding: Encoding): JsonObject[] {
  if (part.type !== 'native' && part.type !== 'reasoning') encoding.dropResidue(part.native, path)
  switch (part.type) {
    case 'text':
      // Bedrock refuses texts of white space alone.
      return part.text.trim() === '' && !isOurs(part) ? [] : [encodeText(part)]
    case 'reasoning':
      return encodeReasoning(part, path, encoding)
    case 'tool-call':
      if (part.signature !== undefined)
        encoding.drop(`${path}.signature`, 'only the provider that signed the call can read it')
      return [encodeCall(part, part.id, encoding)]
    case 'tool-result':
      return [encodeResult(part, part.id, path, encoding)]
    case 'media':
      return [encodeMedia(part, path, encoding)]
    case 'native':
      if (isOurs(part)) return [part.native.rest]
      encoding.drop(path, 'only another protocol has this block')
      return []
  }
}

function encodeReasoning(part: ReasoningPart, path: string, encoding: Encoding): JsonObject[] {
  const isSigned = Boolean(part.signature) || part.encrypted !== undefined
  if (encoding.ours && isOurs(part) && !part.origin) return [encodeReasoningBlock(part)]
  if (isSigned && isHome(part, encoding)) return [encodeReasoningBlock(part)]
  const why = isSigned
    ? 'only the provider that signed this reasoning can read it'
    : 'reasoning without a signature is refused'
  encoding.drop(path, why)
  return []
}

/** Whether the provider that is asked signed it: for this model, or for another of the same vendor. */
function isHome({ origin, native }: ReasoningPart, { target, family }: Encoding): boolean {
  if (!origin) return isOurs({ ...(native && { native }) })
  if (origin.provider !== target.provider) return false
  return origin.model === target.model || (family === 'claude' && familyOf(origin.model) === 'claude')
}

const SAYS_ERROR = /^\s*(<tool_use_error>|error\b)/i

// Models that know no status are told in words.
function sayError(content: JsonObject[]): void {
  const [first] = content
  if (typeof first?.text !== 'string') content.unshift({ text: 'Error: the tool failed and said nothing' })
  else if (!SAYS_ERROR.test(first.text)) content[0] = { ...first, text: `Error: ${first.text}` }
}

function jsonIn(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    // An edit made it a text.
    return undefined
  }
}
