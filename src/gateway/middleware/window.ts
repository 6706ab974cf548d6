import { ModelError } from '../../canonical/error.ts'
import type { Message, ModelRequest, Part } from '../../canonical/request.ts'
import { ownTraits, traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import { inputTokensOf } from '../input-tokens.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Call } from '../call.ts'
import type { PlaceLayer } from '../place.ts'

/**
 * Keeps a call inside the window of its target, where that is known; the target itself stays as it was chosen.
 * A prompt that is clearly too long is answered at once, in the words on which agents compact. One that leaves less
 * room than the client asks for is sent with a lower output limit. What is close to the window is the provider's to
 * judge: its count is exact and ours is not.
 */
export const windowGuard: PlaceLayer = ({ provider, target }, next) => {
  if (traitsFor(provider, target.model).contextWindow === undefined) return next
  return (call) => {
    const window = windowOf(call, provider, target)
    const wish = wishOf(call.request, provider, target)
    if (!call.edited && isSurelyWithin(call, window - wish)) return next(call)
    const input = inputTokensOf(call, withoutMedia(call.request))
    if (input > clearlyBeyond * window) return Promise.reject(tooLong(input, window, target))
    const most = roomFor(input, wish, window)
    if (most === undefined) return next(call)
    const why = `lowered to ${most}: a prompt of about ${input} tokens leaves no more of the window of ${window}`
    return next({ ...call, outputLimit: { most, why } })
  }
}

/** Whether the body's length alone says that its tokens are fewer than `room`, however wrong an estimate may be. */
function isSurelyWithin({ text }: Call, room: number): boolean {
  return text.length * mostTokens < room
}

/** For each character of a body: what any text is estimated at, corrected by as much as an estimate ever is. */
const mostTokens = 6

/**
 * The output limit to send where `wish` does not fit beside `input`; `undefined` where it does, and where so little is
 * left that the prompt itself may be too long. A bit is held back, as `input` is an estimate.
 */
export function roomFor(input: number, wish: number, window: number): number | undefined {
  if (input + wish <= window) return undefined
  const most = Math.floor(window - input * (1 + heldBack))
  return most < leastOutput ? undefined : Math.min(most, wish)
}

/** Estimates without a real count to go by are off by a quarter at worst: a prompt that fits must never be refused. */
const clearlyBeyond = 1.25
const heldBack = 0.02
/** With fewer tokens no agent gets anything done. */
const leastOutput = 1024
const longWindow = 1_000_000

function windowOf(call: Call, provider: Provider, target: RouteTarget): number {
  const { contextWindow = Infinity } = traitsFor(provider, target.model)
  // Older Claude models have two windows, and the client chooses.
  const asksLong = (call.wire.headers['anthropic-beta'] ?? '').includes('context-1m') && /claude/i.test(target.model)
  if (!asksLong) return contextWindow
  return ownTraits(provider, target.model).contextWindow ?? Math.max(contextWindow, longWindow)
}

function wishOf(request: ModelRequest, provider: Provider, target: RouteTarget): number {
  const { maxOutputTokens = Infinity } = traitsFor(provider, target.model)
  return Math.min(request.maxOutputTokens ?? Infinity, maxOutputTokens)
}

function tooLong(input: number, window: number, target: RouteTarget): ModelError {
  const who = `${target.provider} (${target.model})`
  const message = `prompt is too long: ${input} tokens > ${window} maximum of ${who}, by an estimate; it was not sent`
  return new ModelError(message, { kind: 'context-overflow', ...target })
}

/** What media cost differs too much between models to refuse a prompt for it. */
function withoutMedia(request: ModelRequest): ModelRequest {
  if (!request.messages.some(showsMedia)) return request
  return {
    ...request,
    messages: request.messages.map((message) =>
      showsMedia(message) ? { ...message, parts: message.parts.flatMap(textsOf) } : message,
    ),
  }
}

function showsMedia({ parts }: Message): boolean {
  return parts.some(holdsMedia)
}

function holdsMedia(part: Part): boolean {
  return part.type === 'media' || (part.type === 'tool-result' && part.content.some(holdsMedia))
}

function textsOf(part: Part): Part[] {
  if (part.type === 'tool-result') return [{ ...part, content: part.content.filter((inner) => !holdsMedia(inner)) }]
  return holdsMedia(part) && !(part.type === 'media' && part.source.type === 'text') ? [] : [part]
}
