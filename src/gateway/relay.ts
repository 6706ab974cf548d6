import type { ModelEvent } from '../canonical/event.ts'
import { ModelError } from '../canonical/error.ts'
import { parseJson } from '../canonical/json.ts'
import { skim } from '../protocol/framing/skim.ts'
import { decodeSse, encodeSse, wholeEvents } from '../protocol/framing/sse.ts'
import type { DecodeContext, Frame, Protocol } from '../protocol/protocol.ts'
import type { Call, Chunks, Trace } from './call.ts'
import { isReal, observe, observeReply } from './observe.ts'
import { readText, type Incoming } from './send.ts'
import { asSentence } from './sentence.ts'
import { isSilent, isSilentReply, type Silence } from './silence.ts'
import { attribute } from './source.ts'

/**
 * The provider's own bytes, cut only between events, for a client that speaks its protocol. An observer reads along
 * for usage, end and errors. Resolves at the first real event. If that is an error, rejects with it unless it
 * `isFinal`: then the client is told in the provider's own words. So with an end without a word, as `silence` has it.
 */
export async function relayStream(
  incoming: Incoming,
  protocol: Protocol,
  context: DecodeContext,
  trace: Trace,
  isFinal: NonNullable<Call['isFinal']>,
  silence: Silence,
): Promise<Chunks> {
  const { source } = incoming
  const cutter = wholeEvents()
  const observer = createObserver(protocol, context, trace)
  const held: Uint8Array[] = []
  let unseen: Uint8Array | undefined
  let done = false

  // The client comes first: what it has been given is read along when it asks for more.
  const catchUp = (): void => {
    const bytes = unseen
    unseen = undefined
    if (bytes) observer.push(bytes)
  }

  const wholeOf = (bytes: Uint8Array | undefined): Promise<Uint8Array | undefined> | Uint8Array | undefined => {
    if (!bytes) return undefined
    const [whole] = cutter.push(bytes)
    return whole ?? readOn()
  }
  const readOn = (): Promise<Uint8Array | undefined> => source.read().then(wholeOf)

  const finish = (failure: ModelError | undefined): Uint8Array | undefined => {
    done = true
    const [half] = cutter.end()
    const broken = observer.end(half)
    const error = observer.ended() ? undefined : (failure ?? broken)
    if (error) observe({ type: 'error', error }, trace)
    // Half an event has been held back, so the client is between two events: it can be told.
    return error ? new TextEncoder().encode(encodeSse(errorFrame(protocol, error))) : half
  }

  const give = (whole: Uint8Array | undefined): Uint8Array | undefined => {
    unseen = whole
    return whole ?? finish(undefined)
  }
  const broken = (cause: unknown): Uint8Array | undefined => {
    if (done || !(cause instanceof ModelError)) throw cause
    return finish(cause)
  }
  const next = (): Promise<Uint8Array | undefined> => {
    if (held.length > 0) return Promise.resolve(held.shift())
    if (done) return NOTHING
    try {
      catchUp()
    } catch (cause) {
      return Promise.reject(cause).catch(broken)
    }
    return readOn().then(give, broken)
  }

  try {
    while (!observer.committed()) {
      const whole = await readOn()
      if (!whole) {
        const [half] = cutter.end()
        const error = observer.end(half)
        if (error) throw attribute(error, context)
        if (half) held.push(half)
        done = true
        break
      }
      held.push(whole)
      observer.push(whole)
    }
    const early = observer.early()
    if (early?.kind === 'empty-answer' || isSilent(observer.first())) {
      const error = silence(early)
      if (error) throw error
    } else if (early && (early.kind === 'malformed' || !isFinal(early))) throw attribute(early, context)
  } catch (cause) {
    source.cancel()
    throw cause
  }
  return {
    first: () => held.shift(),
    next,
    cancel() {
      source.cancel()
      catchUp()
    },
  }
}

const NOTHING = Promise.resolve(undefined)

/** A whole reply, untouched. */
export async function relayReply(
  incoming: Incoming,
  protocol: Protocol,
  context: DecodeContext,
  trace: Trace,
  silence: Silence,
): Promise<string> {
  const text = await readText(incoming.source)
  const reply = protocol.decodeReply(parseReply(text, context), context)
  observeReply(reply, trace)
  const error = isSilentReply(reply) ? silence() : undefined
  if (error) throw error
  return text
}

/** The JSON of a provider's whole reply. Throws a `ModelError` of kind `malformed` or `empty-answer`. */
export function parseReply(text: string, context: DecodeContext): ReturnType<typeof parseJson> {
  const who = { provider: context.provider, model: context.model }
  if (text.trim() === '') {
    throw new ModelError(`${who.provider} (${who.model}) answered with nothing`, { kind: 'empty-answer', ...who })
  }
  try {
    return parseJson(text)
  } catch (cause) {
    throw new ModelError(`${who.provider} (${who.model}) answered with something that is not JSON`, {
      kind: 'malformed',
      ...who,
      cause,
    })
  }
}

/** The frame with which `protocol` tells of a failure inside a stream. */
export function errorFrame(protocol: Protocol, error: ModelError): Frame {
  const encoder = protocol.encodeStream({ id: (prefix) => prefix, created: 0, model: '' })
  return encoder.push({ type: 'error', error: asSentence(error) }).at(-1) as Frame
}

interface Observer {
  push(bytes: Uint8Array): void
  /** The error of a stream that ended without its end. */
  end(half: Uint8Array | undefined): ModelError | undefined
  committed(): boolean
  ended(): boolean
  /** The event with which the answer really began. */
  first(): ModelEvent | undefined
  /** The error that came instead of an answer. */
  early(): ModelError | undefined
}

function createObserver(protocol: Protocol, context: DecodeContext, trace: Trace): Observer {
  const framing = decodeSse()
  let decoder = protocol.decodeStream(context)
  let first: ModelEvent | undefined
  let ended = false
  let error: ModelError | undefined

  const fail = (cause: ModelError): void => {
    error ??= cause
    // What we cannot read the client may: the end of the stream is still to be seen.
    if (cause.kind === 'malformed' && first?.type !== 'error') decoder = protocol.decodeStream(context)
  }
  const see = (events: ModelEvent[]): void => {
    for (const event of events) {
      observe(event, trace)
      if (isReal(event)) first ??= event
      if (event.type === 'finish') ended = true
      if (event.type === 'error') fail(event.error)
    }
  }
  const read = (frames: Frame[]): void => {
    for (const frame of frames) if (!first || protocol.isNotable(frame)) see(decoder.push(frame))
  }
  return {
    push(bytes) {
      const stretches = first && protocol.dullEvents ? skim(bytes, protocol.dullEvents) : [bytes]
      for (const stretch of stretches) read(framing.push(stretch))
    },
    end(half) {
      const told = error?.kind === 'malformed' ? undefined : error
      if (half) read(framing.push(half))
      read(framing.end())
      see(decoder.end())
      // An error that the provider itself told in the stream has gone down with its bytes.
      return told ? undefined : error
    },
    committed: () => first !== undefined,
    ended: () => ended,
    first: () => first,
    early: () => (first?.type === 'error' ? first.error : undefined),
  }
}
