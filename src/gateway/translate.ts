import { ModelError } from '../canonical/error.ts'
import type { ModelEvent } from '../canonical/event.ts'
import { createCollector, eventsOf, type ModelReply } from '../canonical/reply.ts'
import { mergeUsage } from '../canonical/usage.ts'
import { encodeLine } from '../protocol/framing/sse.ts'
import type { DecodeContext, EncodeContext, Frame, Protocol, Step, StreamEncoder } from '../protocol/protocol.ts'
import type { Batches } from './batches.ts'
import type { Chunks, Trace } from './call.ts'
import { isReal, observe, observeReply } from './observe.ts'
import { parseReply } from './relay.ts'
import { readText, type Incoming } from './send.ts'
import { asSentence } from './sentence.ts'
import { isSilent, isSilentReply, type Silence } from './silence.ts'
import { attribute, type Source } from './source.ts'

/** How a provider's answer is read and how the client is told. */
export interface Translation {
  /** A fresh reader of the provider's bytes, accents and all. */
  readonly events: () => Step<Uint8Array, ModelEvent>
  readonly reply: (body: ReturnType<typeof parseReply>) => ModelReply
  readonly decodeContext: DecodeContext
  readonly client: Protocol
  readonly encodeContext: EncodeContext
  readonly tap?: (batches: Batches) => Batches
  readonly silence: Silence
}

/** A stream in the client's protocol. Resolves at the first real event; rejects with the error if one comes before. */
export async function translateStream(incoming: Incoming, translation: Translation, trace: Trace): Promise<Chunks> {
  const provided = incoming.isStream
    ? streamedEvents(incoming.source, translation.events())
    : wholeEvents(incoming, translation)
  const events = translation.tap?.(provided) ?? provided
  const encoder = translation.client.encodeStream(translation.encodeContext)
  const text = new TextEncoder()
  let held = ''
  let done = false

  // Translates one batch; says whether the model has really begun.
  const take = (batch: readonly ModelEvent[] | undefined): { text: string; real: boolean } => {
    let out = ''
    let real = false
    for (const told of batch ?? []) {
      const more = told.type === 'part-delta' ? encoder.more?.(told.index, told.text, told.pieces) : undefined
      if (more !== undefined) {
        out += more
        real = true
        continue
      }
      const event =
        told.type === 'error' ? { ...told, error: asSentence(attribute(told.error, translation.decodeContext)) } : told
      observe(event, trace)
      real ||= isReal(event)
      for (const frame of framesOf(event, encoder)) out += encodeLine(frame)
      if (event.type === 'error' || event.type === 'finish') done = true
    }
    if (!batch) {
      done = true
      for (const frame of encoder.end()) out += encodeLine(frame)
    }
    return { text: out, real }
  }

  try {
    for (let real = false; !real && !done;) {
      const batch = await events.next()
      const first = batch?.find((event) => isReal(event))
      const refused = first?.type === 'error' ? attribute(first.error, translation.decodeContext) : undefined
      const error = isSilent(first) ? translation.silence() : refused
      if (error) {
        // The provider counts it all the same.
        for (const event of batch ?? []) if (event.type === 'usage') observe(event, trace)
        throw error
      }
      const taken = take(batch)
      held += taken.text
      real = taken.real
    }
  } catch (cause) {
    incoming.source.cancel()
    throw cause
  }

  const give = (batch: readonly ModelEvent[] | undefined): Promise<Uint8Array | undefined> | Uint8Array => {
    const out = take(batch).text
    return out ? text.encode(out) : advance()
  }
  const advance = (): Promise<Uint8Array | undefined> => {
    if (!done) return events.next().then(give)
    incoming.source.release()
    return NOTHING
  }
  const first = (): Uint8Array | undefined => {
    const bytes = held ? text.encode(held) : undefined
    held = ''
    return bytes
  }
  return {
    first,
    next() {
      const bytes = first()
      return bytes ? Promise.resolve(bytes) : advance()
    },
    cancel() {
      incoming.source.cancel()
      events.cancel?.()
    },
  }
}

/** What came as pieces goes on as pieces. */
function framesOf(event: ModelEvent, encoder: StreamEncoder): Frame[] {
  if (event.type !== 'part-delta' || !event.pieces) return encoder.push(event)
  const { type, index, pieces } = event
  return pieces.flatMap((text) => encoder.push({ type, index, text }))
}

/** A whole reply in the client's protocol. */
export async function translateReply(incoming: Incoming, translation: Translation, trace: Trace): Promise<string> {
  const reply = incoming.isStream
    ? await collect(incoming.source, translation)
    : await wholeReply(incoming, translation)
  const silence = isSilentReply(reply) ? translation.silence() : undefined
  if (silence) {
    trace.usage = mergeUsage(trace.usage, reply.usage ?? {})
    throw silence
  }
  const told = translation.tap ? await tapped(reply, translation.tap) : reply
  observeReply(told, trace)
  return JSON.stringify(translation.client.encodeReply(told, translation.encodeContext))
}

/** A whole reply as it comes through what stands between. */
async function tapped(reply: ModelReply, tap: NonNullable<Translation['tap']>): Promise<ModelReply> {
  let events: ModelEvent[] | undefined = eventsOf(reply)
  const batches = tap({
    async next() {
      const all = events
      events = undefined
      return all
    },
  })
  const collector = createCollector()
  for (let batch = await batches.next(); batch; batch = await batches.next())
    batch.forEach((event) => collector.push(event))
  return collector.end() ?? reply
}

function streamedEvents(source: Source, decoder: Step<Uint8Array, ModelEvent>): Batches {
  let ended = false
  const broken = (cause: unknown): ModelEvent[] => {
    ended = true
    // What has come before the break may already be whole: then the break is of no interest.
    const last = decoder.end()
    if (last.some((event) => event.type === 'finish') || !(cause instanceof ModelError)) return last
    return [...last.filter((event) => event.type !== 'error'), { type: 'error', error: cause }]
  }
  const decode = (bytes: Uint8Array | undefined): ModelEvent[] => {
    try {
      if (bytes) return decoder.push(bytes)
      ended = true
      return decoder.end()
    } catch (cause) {
      return broken(cause)
    }
  }
  return { next: () => (ended ? NOTHING : source.read().then(decode, broken)) }
}

const NOTHING = Promise.resolve(undefined)

function wholeEvents(incoming: Incoming, translation: Translation): Batches {
  let ended = false
  return {
    async next() {
      if (ended) return undefined
      ended = true
      return eventsOf(await wholeReply(incoming, translation))
    },
  }
}

async function wholeReply(incoming: Incoming, translation: Translation): Promise<ModelReply> {
  const body = parseReply(await readText(incoming.source), translation.decodeContext)
  try {
    return translation.reply(body)
  } catch (cause) {
    throw cause instanceof ModelError ? attribute(cause, translation.decodeContext) : cause
  }
}

async function collect(source: Source, translation: Translation): Promise<ModelReply> {
  const batches = streamedEvents(source, translation.events())
  const collector = createCollector()
  for (let batch = await batches.next(); batch; batch = await batches.next())
    for (const event of batch) {
      if (event.type === 'error') throw attribute(event.error, translation.decodeContext)
      collector.push(event)
    }
  const reply = collector.end()
  if (reply) return reply
  const { provider, model } = translation.decodeContext
  throw new ModelError(`${provider} (${model}) broke off its answer`, { kind: 'cut-stream', provider, model })
}
