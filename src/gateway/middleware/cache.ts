import { ModelError } from '../../canonical/error.ts'
import { eventsOf, type ModelReply } from '../../canonical/reply.ts'
import type { Message } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { encodeLine } from '../../protocol/framing/sse.ts'
import type { EncodeContext } from '../../protocol/protocol.ts'
import type { Provider } from '../../provider/provider.ts'
import { openFlight, type Flight, type Landing } from '../cache/flight.ts'
import { cacheKeyOf } from '../cache/key.ts'
import { readAlong, replyOf } from '../cache/read-along.ts'
import { createReplyCache, type CacheSettings, type ReplyCache } from '../cache/reply-cache.ts'
import type { Answer, Call, Chunks, Handler, Middleware } from '../call.ts'
import { observeReply } from '../observe.ts'

type CachePorts = Pick<Ports, 'now' | 'id' | 'replies'>

/**
 * Answers what was asked before, word for word, as it was answered then, in whatever protocol and way it is asked now.
 * Who asks what is just being answered waits for that answer, which goes on even if the one who asked first goes away.
 */
export function createCache(settings: CacheSettings, providers: readonly Provider[], ports: CachePorts): Middleware {
  const cache = createReplyCache(settings, ports)
  const flights = new Map<string, Flight>()
  return async (call, next) => {
    if (!mayCache(call, settings)) return next(call)
    const key = await cacheKeyOf(
      call,
      providers.find(({ name }) => name === call.target?.provider),
    )
    const found = cache.get(key)
    if (found) return again(found, call, ports)
    const flight = flights.get(key)
    if (!flight) return lead(key, call, next, { cache, flights, ports })
    const landing = await flight.follow(call.signal)
    if (call.signal.aborted) throw new ModelError('the client went away', { kind: 'aborted' })
    if (landing === 'alone') return next(call)
    if ('error' in landing) throw landing.error
    return again(landing.reply, call, ports)
  }
}

/** Whether the answer of a call could be one that was given before. */
function mayCache(call: Call, { except }: CacheSettings): boolean {
  const { target, keeper, credential, wire, request, trace } = call
  if (!target || keeper || credential) return false
  if (/\b(?:no-cache|no-store|max-age=0)\b/i.test(wire.headers['cache-control'] ?? '')) return false
  const state = call.protocol.stateOf?.(request)
  if (state?.previous !== undefined || state?.conversation !== undefined) return false
  if (except.some((name) => trace.route === name || trace.route === `rule:${name}`)) return false
  return !answersTools(request.messages)
}

/** What a tool has found is as it was only then. Clients add reminders, pictures and beginnings of the answer behind it. */
function answersTools(messages: readonly Message[]): boolean {
  const end = messages.findLastIndex(({ role }) => role !== 'assistant')
  const start = messages.findLastIndex(({ role }, index) => role === 'assistant' && index < end)
  return messages.slice(start + 1, end + 1).some(({ parts }) => parts.some((part) => part.type === 'tool-result'))
}

interface LeadParts {
  readonly cache: ReplyCache
  readonly flights: Map<string, Flight>
  readonly ports: CachePorts
}

/** The first to ask: the others wait for what comes of it. */
async function lead(key: string, call: Call, next: Handler, { cache, flights, ports }: LeadParts): Promise<Answer> {
  const flight = openFlight()
  flights.set(key, flight)
  const { signal, target, trace } = call
  const land = (landing: Landing): void => {
    signal.removeEventListener('abort', flight.leave)
    if (flights.get(key) === flight) flights.delete(key)
    flight.land(landing)
  }
  const landWith = (reply: ModelReply | undefined): void => {
    // Another target's answer is not what was asked for, nor what was allowed.
    const isOwn = reply && (!trace.fallback || trace.target === target)
    if (!isOwn) return land('alone')
    // The client's protocol may not tell all that the provider has counted.
    const counted = { ...reply, ...(trace.usage && { usage: trace.usage }) }
    cache.set(key, counted)
    land({ reply: counted })
  }
  signal.addEventListener('abort', flight.leave, { once: true })
  if (signal.aborted) flight.leave()
  let answer: Answer
  try {
    answer = await next({ ...call, signal: flight.signal })
  } catch (cause) {
    land(cause instanceof ModelError && cause.kind !== 'aborted' ? { error: cause } : 'alone')
    throw cause
  }
  const headers = { ...answer.headers, 'x-ccr-cache': 'miss' }
  if (typeof answer.body === 'string') {
    landWith(replyOf(answer.body, call, ports))
    return { headers, body: answer.body }
  }
  const body = outliving(readAlong(answer.body, call, ports, landWith), flight)
  if (!signal.aborted) return { headers, body }
  body.cancel()
  throw new ModelError('the client went away', { kind: 'aborted' })
}

/** Read on to the end if the client goes away while others wait. */
function outliving(chunks: Chunks, flight: Flight): Chunks {
  return {
    next: () => chunks.next(),
    cancel() {
      flight.leave()
      if (flight.followers() === 0) return chunks.cancel()
      void readOut(chunks)
    },
  }
}

async function readOut(chunks: Chunks): Promise<void> {
  try {
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    while (await chunks.next());
  } catch {
    // Whoever waits has been told, and asks for himself.
  }
}

/** An answer that was given before, for this client. */
function again(reply: ModelReply, call: Call, ports: CachePorts): Answer {
  const { protocol, request, trace } = call
  observeReply(reply, trace)
  trace.isCached = true
  trace.reason = `${trace.reason ?? 'chosen'}; the answer is from the cache`
  const context: EncodeContext = {
    id: ports.id,
    created: Math.floor(ports.now() / 1000),
    model: call.target?.model ?? request.model,
    ...(request.native && { requestNative: request.native }),
  }
  const headers = { 'x-ccr-cache': 'hit' }
  if (!request.stream) return { headers, body: JSON.stringify(protocol.encodeReply(reply, context)) }
  const encoder = protocol.encodeStream(context)
  const frames = [...eventsOf(reply).flatMap((event) => encoder.push(event)), ...encoder.end()]
  return { headers, body: oneChunk(frames.map((frame) => encodeLine(frame)).join('')) }
}

function oneChunk(text: string): Chunks {
  let left: string | undefined = text
  return {
    async next() {
      const bytes = left === undefined ? undefined : new TextEncoder().encode(left)
      left = undefined
      return bytes
    },
    cancel() {},
  }
}
