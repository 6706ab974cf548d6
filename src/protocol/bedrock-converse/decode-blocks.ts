import { asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { CacheMark, Part, TextPart, ToolResultPart } from '../../canonical/request.ts'
import { textOfContent } from './encode-blocks.ts'
import { decodeMedia } from './media.ts'
import { blockResidue, residueOf } from './residue.ts'

/** The parts that a list of blocks is. A cache point marks the part before it. */
export function decodeBlocks(blocks: readonly JsonObject[]): Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    const last = parts.at(-1)
    const marked = last && isObject(block.cachePoint) ? withCachePoint(last, block.cachePoint, block) : undefined
    if (marked) parts[parts.length - 1] = marked
    else parts.push(decodeBlock(block))
  }
  return parts
}

/** The node with the cache point that stands behind it; `undefined` if it cannot carry one. */
export function withCachePoint<Node extends { readonly cache?: CacheMark; readonly type: string }>(
  node: Node,
  point: JsonObject,
  block: JsonObject,
): Node | undefined {
  const isPlain = Object.keys(block).length === 1 && point.type === 'default'
  if (!isPlain || node.cache || node.type === 'native' || node.type === 'reasoning') return undefined
  const { ttl, type: _, ...rest } = point
  const known = ttl === '5m' || ttl === '1h' ? { ttl } : undefined
  if (ttl !== undefined && !known) return undefined
  return { ...node, ...(Object.keys(rest).length > 0 ? withForm(node, rest) : {}), cache: known ?? {} }
}

/** One block as a part. What is not known is kept whole. */
export function decodeBlock(block: JsonObject): Part {
  const text = asString(block.text)
  if (text !== undefined) return { type: 'text', text, native: residueOf(omit(block, TEXT)) }
  for (const kind in block) {
    const body = block[kind]
    const part = isObject(body) && Object.hasOwn(READERS, kind) ? READERS[kind]?.(block, body) : undefined
    if (part) return part
  }
  return whole(block)
}

type Reader = (block: JsonObject, body: JsonObject) => Part | undefined

const READERS: Readonly<Record<string, Reader>> = {
  image: decodeMedia,
  document: decodeMedia,
  video: decodeMedia,
  audio: decodeMedia,
  toolUse: decodeCall,
  toolResult: decodeResult,
  reasoningContent: decodeReasoning,
  citationsContent: decodeCitations,
  guardContent: decodeGuarded,
}

const TEXT: ReadonlySet<string> = new Set(['text'])
const CALL: ReadonlySet<string> = new Set(['toolUseId', 'name', 'input'])
const RESULT: ReadonlySet<string> = new Set(['toolUseId', 'content', 'status'])

/** A block that only Bedrock understands. */
export function whole(block: JsonObject): Part {
  return { type: 'native', native: residueOf(block) }
}

function decodeCall(block: JsonObject, body: JsonObject): Part | undefined {
  const { toolUseId, name, input } = body
  // Calls of another type are the provider's own.
  if (typeof toolUseId !== 'string' || typeof name !== 'string' || body.type !== undefined) return undefined
  const isOdd = !isObject(input)
  return {
    type: 'tool-call',
    id: toolUseId,
    name,
    input: input === undefined ? '' : JSON.stringify(input),
    ...blockResidue(block, 'toolUse', CALL, isOdd && input !== undefined ? { input: input } : undefined),
  }
}

function decodeResult(block: JsonObject, body: JsonObject): Part | undefined {
  const { toolUseId, content, status } = body
  if (typeof toolUseId !== 'string' || !Array.isArray(content) || body.type !== undefined) return undefined
  const isKnown = status === 'error' || status === 'success'
  const claimed = isKnown ? RESULT : CLAIMED_WITHOUT_STATUS
  return {
    type: 'tool-result',
    id: toolUseId,
    content: content.filter(isObject).map(decodeContent),
    ...(isKnown && { isError: status === 'error' }),
    ...blockResidue(block, 'toolResult', claimed),
  }
}

const CLAIMED_WITHOUT_STATUS: ReadonlySet<string> = new Set(['toolUseId', 'content'])

function decodeContent(block: JsonObject): ToolResultPart['content'][number] {
  if (block.json !== undefined) {
    const text = JSON.stringify(block.json)
    return { type: 'text', text, native: residueOf(omit(block, JSON_BLOCK), { block: 'json' }) }
  }
  const part = decodeBlock(block)
  return part.type === 'text' || part.type === 'media' || part.type === 'native'
    ? part
    : { type: 'native', native: residueOf(block) }
}

const JSON_BLOCK: ReadonlySet<string> = new Set(['json'])

function decodeReasoning(block: JsonObject, body: JsonObject): Part | undefined {
  const encrypted = asString(body.redactedContent)
  if (encrypted !== undefined)
    return { type: 'reasoning', text: '', encrypted, ...blockResidue(block, 'reasoningContent', REDACTED) }
  const thought = body.reasoningText
  if (!isObject(thought) || typeof thought.text !== 'string') return undefined
  const signature = asString(thought.signature)
  const inner = omit(thought, THOUGHT)
  const rest = omit(body, REASONING)
  const left = Object.keys(inner).length > 0 ? { ...rest, reasoningText: inner } : rest
  return {
    type: 'reasoning',
    text: thought.text,
    ...(signature !== undefined && { signature }),
    native: residueOf({
      ...omit(block, OF_REASONING),
      ...(Object.keys(left).length > 0 && { reasoningContent: left }),
    }),
  }
}

const REDACTED: ReadonlySet<string> = new Set(['redactedContent'])
const THOUGHT: ReadonlySet<string> = new Set(['text', 'signature'])
const REASONING: ReadonlySet<string> = new Set(['reasoningText'])
const OF_REASONING: ReadonlySet<string> = new Set(['reasoningContent'])

function decodeCitations(block: JsonObject, body: JsonObject): TextPart | undefined {
  const { content } = body
  if (!Array.isArray(content)) return undefined
  const isSingle = content.length === 1 && isObject(content[0]) && Object.keys(content[0]).length === 1
  const form = { block: 'citationsContent', ...(!isSingle && { content }) }
  return { type: 'text', text: textOfContent(content), ...blockResidue(block, 'citationsContent', CITED, form) }
}

const CITED: ReadonlySet<string> = new Set(['content'])

function decodeGuarded(block: JsonObject, body: JsonObject): TextPart | undefined {
  const guarded = body.text
  if (!isObject(guarded) || typeof guarded.text !== 'string') return undefined
  const inner = omit(guarded, TEXT)
  const rest = { ...omit(body, TEXT), ...(Object.keys(inner).length > 0 && { text: inner }) }
  const left = Object.keys(rest).length > 0 ? { guardContent: rest } : {}
  const native = residueOf({ ...omit(block, GUARD), ...left }, { block: 'guardContent' })
  return { type: 'text', text: guarded.text, native }
}

const GUARD: ReadonlySet<string> = new Set(['guardContent'])

function withForm(node: object, cachePoint: JsonObject): object {
  const native = 'native' in node && isObject(node.native) ? node.native : undefined
  const form: Json = isObject(native?.form) ? native.form : {}
  const rest = isObject(native?.rest) ? native.rest : {}
  return { native: residueOf(rest, { ...form, cachePoint }) }
}
