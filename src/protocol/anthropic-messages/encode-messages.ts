import type { JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type {
  MediaPart,
  Message,
  ModelRequest,
  NativePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolResultPart,
} from '../../canonical/request.ts'
import { encodeCache } from './cache.ts'
import type { Encoding } from './encoding.ts'
import { encodeMedia } from './media.ts'
import { encodeReasoning, encodeResultContent, encodeText, encodeToolUse, isBareText } from './parts.ts'
import { ID, withRest } from './residue.ts'
import { toToolId } from './tool-id.ts'
import { foldSystem, settleTurns, type Turn } from './turns.ts'

/** The messages of a request as turns, brought into order unless they came in this protocol. */
export function encodeTurns(request: ModelRequest, keepLaterEffort: boolean, encoding: Encoding): Turn[] {
  const systemMessages = encoding.target.traits.systemMessages ?? encoding.ours
  const turns: Turn[] = []
  let folded = false
  request.messages.forEach((message, index) => {
    const turn = encodeTurn(message, index, keepLaterEffort, encoding)
    if (!turn) return
    const fold = turn.role === 'system' && !systemMessages
    folded ||= fold
    turns.push(fold ? foldSystem(turn) : turn)
  })
  return encoding.ours && !folded ? turns : settleTurns(turns)
}

/** A turn as it goes on the wire. */
export function encodeMessage({ role, blocks, rest, asString }: Turn): JsonObject {
  const [only] = blocks
  const content = asString && blocks.length === 1 && only && isBareText(only) ? (only.text ?? '') : blocks
  return { role, content, ...rest }
}

/** Text blocks of the system prompt; empty ones are refused and left out. */
export function encodeSystem(parts: readonly TextPart[], encoding: Encoding): JsonObject[] {
  return parts.flatMap((part, index) => {
    encoding.dropResidue(part.native, `system[${index}]`)
    return isBlank(part, encoding) ? [] : [encodeText(withoutCache(part, encoding, `system[${index}]`))]
  })
}

const NO_BLOCK = 'Anthropic Messages has no block for it'

function encodeTurn(message: Message, index: number, keepLaterEffort: boolean, encoding: Encoding): Turn | undefined {
  const path = `messages[${index}]`
  encoding.dropResidue(message.native, path)
  const asString = formFor(message.native, ID) === 'string'
  const blocks = message.parts.flatMap<JsonObject>((part, place) =>
    isBlank(part, encoding) ? [] : (encodePart(part, `${path}.content[${place}]`, encoding) ?? []),
  )
  if (blocks.length === 0 && !(asString && message.parts.length > 0 && encoding.ours)) return undefined
  if (blocks.length === 0) blocks.push({ type: 'text', text: '' })
  const rest = restFor(message.native, ID)
  const kept = rest && !keepLaterEffort ? withoutEffort(rest) : rest
  return { role: message.role, blocks, asString, ...(kept && { rest: kept }) }
}

// Anthropic refuses texts of white space alone; what its own client sends is left to it to judge.
function isBlank(part: Part, { ours }: Encoding): boolean {
  return part.type === 'text' && (ours ? part.text : part.text.trim()) === ''
}

function withoutEffort(rest: JsonObject): JsonObject {
  const { output_config: _, ...others } = rest
  return others
}

function encodePart(part: Part, path: string, encoding: Encoding): JsonObject | undefined {
  if (part.type !== 'native') encoding.dropResidue(part.native, path)
  switch (part.type) {
    case 'text':
      return part.text === '' ? undefined : encodeText(withoutCache(part, encoding, path))
    case 'reasoning':
      return encodeThought(part, path, encoding)
    case 'tool-call':
      if (part.signature !== undefined)
        encoding.drop(`${path}.signature`, 'only the provider that signed the call can read it')
      return encodeToolUse(withoutCache(part, encoding, path), toToolId(part.id), encoding.nameOf(part.name))
    case 'tool-result':
      return encodeToolResult(withoutCache(part, encoding, path), path, encoding)
    case 'media':
      return encodeMediaOrText(withoutCache(part, encoding, path), path, encoding)
    case 'native':
      return encodeNative(part, path, encoding)
  }
}

// Anthropic verifies signatures: what it did not sign itself is an error there.
function encodeThought(part: ReasoningPart, path: string, encoding: Encoding): JsonObject | undefined {
  const isHome = part.origin?.provider === encoding.target.provider
  const isSigned = Boolean(part.signature) || part.encrypted !== undefined
  // What a client of another protocol brings back has lost its form, and still is what was signed here.
  const isOwn = restFor(part.native, ID) !== undefined || (isHome && isSigned && !isForeignProof(part))
  if (isOwn && (isHome || (isSigned && !part.origin))) return encodeReasoning(part)
  const why = isSigned
    ? 'only the provider that signed this reasoning can read it'
    : 'reasoning without a signature is refused'
  encoding.drop(path, why)
  return undefined
}

// One provider may speak several protocols: what it signed in another one means nothing here.
function isForeignProof({ native, signature }: ReasoningPart): boolean {
  return native !== undefined || signature?.startsWith('field:') === true
}

function encodeToolResult(part: ToolResultPart, path: string, encoding: Encoding): JsonObject {
  const blocks = part.content.flatMap<JsonObject>((item, index) =>
    isBlank(item, encoding) ? [] : (encodePart(item, `${path}.content[${index}]`, encoding) ?? []),
  )
  return withRest(
    {
      type: 'tool_result',
      tool_use_id: toToolId(part.id),
      content: encodeResultContent(part, blocks),
      is_error: part.isError,
      cache_control: encodeCache(part),
    },
    part.native,
  )
}

function encodeMediaOrText(part: MediaPart, path: string, encoding: Encoding): JsonObject {
  const refused = part.kind === 'image' && encoding.target.traits.images === false
  const block = refused ? undefined : encodeMedia(part)
  if (block) return block
  encoding.drop(
    path,
    refused ? 'the model takes no images' : `${NO_BLOCK}: ${part.kind} ${part.mediaType ?? part.source.type}`,
  )
  return {
    type: 'text',
    text: `[${part.kind}${part.title ? ` "${part.title}"` : ''} left out: this model cannot read it]`,
  }
}

function encodeNative(part: NativePart, path: string, encoding: Encoding): JsonObject | undefined {
  const block = restFor(part.native, ID)
  if (!block) encoding.drop(path, NO_BLOCK)
  return block
}

function withoutCache<Node extends { cache?: object }>(node: Node, encoding: Encoding, path: string): Node {
  if (!node.cache || encoding.target.traits.cacheControl !== false) return node
  encoding.drop(`${path}.cache_control`, 'the provider takes no cache marks')
  const { cache: _, ...rest } = node
  return rest as Node
}
