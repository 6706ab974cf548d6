import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Effort, Message, ModelRequest, ReasoningOption, ReasoningPart } from '../../canonical/request.ts'
import { effortForBudget } from '../../protocol/effort.ts'
import { codecOf } from '../../protocol/index.ts'
import { markedField } from '../../protocol/openai-chat/reasoning-field.ts'
import type { Encoded, Traits } from '../../protocol/protocol.ts'
import type { RouteTarget } from '../../router/route.ts'

/**
 * A request as CCR's transformers know it: OpenAI Chat's body, with cache marks, the `reasoning` that is wished for,
 * earlier `thinking` with its signature, and the media type of an image beside its URL.
 */
export function encodeUnified(request: ModelRequest, target: RouteTarget, traits: Traits): Encoded {
  const encoded = codecOf('openai-chat').encodeRequest(
    { ...request, model: target.model },
    { ...target, traits: { ...traits, ...UNIFIED } },
  )
  const { body } = encoded.wire
  const reasoning = reasoningWish(request.reasoning)
  const unified: JsonObject = {
    ...body,
    ...(Array.isArray(body.messages) && { messages: unifiedMessages(body.messages, request.messages, target) }),
    ...(reasoning && { reasoning }),
  }
  return {
    ...encoded,
    wire: { ...encoded.wire, body: unified },
    dropped: encoded.dropped.filter(({ path }) => !(path === 'thinking' || path.endsWith('.signature'))),
  }
}

const UNIFIED = {
  cacheControl: true,
  maxTokensField: 'max_tokens',
  reasoningRequest: 'none',
  reasoningReplay: 'reasoning_content',
} satisfies Traits

/** The assistant's messages are as many as in the request, and in its order. */
function unifiedMessages(messages: readonly Json[], asked: readonly Message[], target: RouteTarget): Json[] {
  const turns = asked.filter(({ role }) => role === 'assistant')
  let next = 0
  return messages.map((message) => {
    if (!isObject(message)) return message
    return message.role === 'assistant' ? withThinking(message, turns[next++], target) : withMediaTypes(message)
  })
}

function withThinking(message: JsonObject, turn: Message | undefined, target: RouteTarget): JsonObject {
  const { reasoning_content: _, ...rest } = message
  const thoughts = turn?.parts.filter((part) => part.type === 'reasoning') ?? []
  const content = thoughts.map((part) => part.text).join('')
  const signature = thoughts.map((part) => signatureFor(part, target)).find((each) => each !== undefined)
  if (content === '' && signature === undefined) return rest
  return { ...rest, thinking: { content, ...(signature !== undefined && { signature }) } }
}

/** Nobody but its origin can verify a signature. */
function signatureFor(part: ReasoningPart, target: RouteTarget): string | undefined {
  const isForeign = part.origin !== undefined && part.origin.provider !== target.provider
  return isForeign || markedField(part) !== undefined ? undefined : part.signature
}

function withMediaTypes(message: JsonObject): JsonObject {
  if (!Array.isArray(message.content)) return message
  return { ...message, content: message.content.map((block) => (isObject(block) ? withMediaType(block) : block)) }
}

function withMediaType(block: JsonObject): JsonObject {
  const url = isObject(block.image_url) ? block.image_url.url : undefined
  const type = typeof url === 'string' ? /^data:([^;,]+)/.exec(url)?.[1] : undefined
  return type === undefined ? block : { ...block, media_type: type }
}

function reasoningWish(reasoning: ReasoningOption | undefined): JsonObject | undefined {
  if (!reasoning) return undefined
  const { mode, effort, budget } = reasoning
  if (mode === 'off' || effort === 'none') return { effort: 'none', enabled: false }
  const wish = effort ?? (budget === undefined ? 'high' : effortForBudget(budget))
  return {
    effort: STEPS[wish],
    enabled: true,
    ...(budget !== undefined && { max_tokens: budget }),
  }
}

/** Transformers know three steps. */
const STEPS: Readonly<Record<Effort, string>> = {
  none: 'none',
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}
