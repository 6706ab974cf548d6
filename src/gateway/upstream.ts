import { ModelError } from '../canonical/error.ts'
import type { ModelEvent } from '../canonical/event.ts'
import { parseJson, type JsonObject } from '../canonical/json.ts'
import type { Ports } from '../platform/ports.ts'
import { withCacheMarks } from '../protocol/cache-marks.ts'
import { decodeSse } from '../protocol/framing/sse.ts'
import { forceFormat, type ForcedFormat } from '../protocol/forced-format.ts'
import { chain, type DecodeContext, type Frame, type Step, type Traits } from '../protocol/protocol.ts'
import { applyDialects, hasTransformers, unservedDialects } from '../provider/dialect.ts'
import { applyLessons } from '../provider/lesson.ts'
import type { Provider } from '../provider/provider.ts'
import type { RouteTarget } from '../router/route.ts'
import { atAddress } from './address.ts'
import { createAsking } from './asking.ts'
import { withoutBillingLine } from './billing-line.ts'
import type { Answer, Call, Handler } from './call.ts'
import { createDetour } from './detour.ts'
import { inElements } from './framing.ts'
import { relayedRequestHeaders, relayedResponseHeaders } from './headers.ts'
import { hopsOf } from './hops.ts'
import type { Learnt } from './learnt.ts'
import { limitOutput } from './output-limit.ts'
import type { Place } from './place.ts'
import type { Plugins } from './plugin/plugins.ts'
import { relayReply, relayStream } from './relay.ts'
import { createSchool, lossOf, MOST_LESSONS_A_CALL, traitsOf, type School } from './school.ts'
import { send, type Incoming } from './send.ts'
import { silenceOf } from './silence.ts'
import { spliceModel } from './splice-model.ts'
import { translateReply, translateStream, type Translation } from './translate.ts'
import { createWarn } from './warn.ts'
import { isRelayed, notServed, wayTo, type Way } from './way.ts'

/** What asks a place in the end, and commits to its answer. */
export function createUpstream(ports: Ports, learnt: Learnt, plugins?: Plugins): (place: Place) => Handler {
  const school = createSchool(ports, learnt)
  const detour = createDetour(createWarn(ports))
  const asAsked = createAsking()
  return (place) => {
    const { provider, target } = place
    const unserved = unservedDialects(provider, target.model)
    if (unserved.length > 0) return refusing(unservedError(target, unserved, plugins))
    if (plugins && hasTransformers(provider, target.model))
      return async (call) => {
        const { askTransformers } = await import('./plugin/ask-transformers.ts')
        return askTransformers(call, asAsked(provider, call), target, plugins.settings, ports)
      }
    return detour(place, (there) => {
      const way = wayTo(there)
      if (way instanceof ModelError) return refusing(way)
      return (call) => ask(call, way, asAsked(provider, call), school, ports)
    })
  }
}

function refusing(error: ModelError): Handler {
  return async () => {
    throw error
  }
}

/** A name that a module was to bring may be missing because the module did not load. */
function unservedError(target: RouteTarget, names: readonly string[], plugins: Plugins | undefined): ModelError {
  const why = plugins?.failures.map((failure) => `; ${failure}`).join('') ?? ''
  return notServed(target, `this version does not serve the transformer ${names.join(', ')}${why}`)
}

async function ask(call: Call, way: Way, provider: Provider, school: School, ports: Ports): Promise<Answer> {
  const { target } = way
  const mayRelay = isRelayed(call, way)
  let lessons = school.lessonsOf(target)
  for (let tries = 0; ; tries++) {
    const prepared = prepare(call, way, mayRelay, traitsOf(lessons), ports)
    const { path, query, dropped, isRelay } = prepared
    const edited = lessons.length > 0 ? applyLessons(prepared, lessons) : undefined
    const { body, headers } = edited ?? prepared
    call.trace.relayed = isRelay
    call.trace.dropped = edited ? [...dropped, ...edited.applied.map(lossOf)] : dropped
    const text = body === prepared.body ? prepared.text() : JSON.stringify(body)
    const hops = hopsOf(call.wire.headers)
    const outgoing = { path, query, headers, body: text, hops, credential: call.credential }
    let incoming: Incoming
    try {
      // oxlint-disable-next-line no-await-in-loop -- what a refusal teaches is for the next try
      incoming = await send(provider, way.endpoint, target.model, outgoing, call.signal, ports)
    } catch (cause) {
      const learnt = tries < MOST_LESSONS_A_CALL ? school.learn(cause, target, { body, headers }, lessons) : undefined
      if (!learnt) throw cause
      lessons = learnt
      continue
    }
    // oxlint-disable-next-line no-await-in-loop -- the last of it
    return { headers: relayedResponseHeaders(incoming.headers), body: await read(call, way, prepared, incoming, ports) }
  }
}

interface Prepared {
  /** The client's own request: what comes back is relayed too. */
  readonly isRelay: boolean
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** `body` as it is sent if nothing more is edited. */
  readonly text: () => string
  readonly dropped: Call['trace']['dropped']
  readonly context: DecodeContext
  readonly answer?: ForcedFormat['answer'] | undefined
}

function prepare(call: Call, way: Way, mayRelay: boolean, learnt: Traits | undefined, ports: Ports): Prepared {
  const { target, endpoint, limits, isForeign, isPlain } = way
  const whole = mayRelay && !learnt ? relayed(call, target) : encoded(call, way, learnt, ports)
  if (isPlain && !call.outputLimit) return whole
  const lean = isForeign ? withoutBillingLine(whole) : whole
  const all = call.outputLimit ? [...limits, call.outputLimit] : limits
  return atAddress(limitOutput(lean, endpoint.protocol, all), endpoint, target.model)
}

function relayed(call: Call, { provider, model }: RouteTarget): Prepared {
  const { wire } = call
  const path = call.protocol.relayPath?.(wire.path, model)
  // Only the observer sees these ids, and some decoders ask until they get another one.
  let ids = 0
  return {
    isRelay: true,
    path: path ?? wire.path,
    query: wire.query,
    headers: Object.assign(relayedRequestHeaders(wire.headers), accept(call)),
    body: path === undefined ? { ...wire.body, model } : wire.body,
    text: () => (path === undefined ? spliceModel(call.text, model, wire.body) : call.text),
    dropped: [],
    context: { provider, model, id: (prefix) => `${prefix}${++ids}` },
  }
}

function encoded(call: Call, way: Way, learnt: Traits | undefined, ports: Ports): Prepared {
  const { endpoint, codec, target } = way
  const { provider, model } = target
  const refusal = endpoint.protocol === call.protocol.id ? undefined : call.protocol.untranslatable?.(call.request)
  if (refusal) throw refusal
  const traits = learnt ? { ...way.traits, ...learnt } : way.traits
  const asked = { ...call.request, model }
  const told = { provider, model, traits }
  const forced = asked.outputFormat && forceFormat(asked, codec.formatGap?.(asked, told))
  const marked = withCacheMarks(forced?.request ?? asked, endpoint.protocol, traits)
  const { wire, dropped, context } = codec.encodeRequest(marked, told)
  const place = { provider, model, protocol: endpoint.protocol }
  const edited = way.inwards.length > 0 ? applyDialects(wire, way.provider, place) : wire
  return {
    isRelay: false,
    path: edited.path,
    query: edited.query,
    headers: { ...accept(call), ...edited.headers },
    body: edited.body,
    text: () => JSON.stringify(edited.body),
    dropped: forced ? [...dropped, ...forced.dropped] : dropped,
    context: { ...context, provider, model, id: ports.id },
    answer: forced?.answer,
  }
}

const JSON_TYPE = 'application/json'
// A compressed stream arrives in lumps.
const STREAM = { 'content-type': JSON_TYPE, accept: 'text/event-stream', 'accept-encoding': 'identity' }
const WHOLE = { 'content-type': JSON_TYPE, accept: JSON_TYPE }

function accept({ request }: Call): Readonly<Record<string, string>> {
  return request.stream ? STREAM : WHOLE
}

/** The client's answer, as the provider's comes in. */
function read(call: Call, way: Way, prepared: Prepared, incoming: Incoming, ports: Ports): Promise<Answer['body']> {
  const { request, protocol, trace } = call
  const { context } = prepared
  const silence = silenceOf(call, context, way.mayBeSilent)
  if (prepared.isRelay && incoming.isStream === request.stream)
    return request.stream
      ? relayStream(incoming, protocol, context, trace, call.isFinal ?? (() => true), silence)
      : relayReply(incoming, protocol, context, trace, silence)
  const answer = request.stream ? inElements(incoming, way.endpoint.protocol) : incoming
  const translation: Translation = {
    client: protocol,
    encodeContext: {
      id: ports.id,
      created: Math.floor(ports.now() / 1000),
      model: context.model,
      ...(request.native && { requestNative: request.native }),
    },
    ...(call.tap && { tap: call.tap }),
    decodeContext: context,
    silence,
    events: () => eventsOf(call, way, prepared, answer),
    reply: (body) => {
      const current = way.inwards.reduce((before, dialect) => dialect.reply?.(before) ?? before, body)
      const reply = way.codec.decodeReply(current, context)
      return prepared.answer ? prepared.answer.reply(reply) : reply
    },
  }
  return request.stream ? translateStream(answer, translation, trace) : translateReply(answer, translation, trace)
}

function eventsOf(
  call: Call,
  { codec, inwards }: Way,
  { context, answer }: Prepared,
  { framing = decodeSse }: Incoming,
): Step<Uint8Array, ModelEvent> {
  const steps = inwards.flatMap((dialect) => dialect.frames?.() ?? [])
  const decoder = codec.decodeStream(context)
  const isDirect = steps.length === 0 && !answer && !call.tap
  const frames = steps.reduce<Step<Uint8Array, Frame>>(
    (first, second) => chain(first, second),
    framing(isDirect ? decoder.glance : undefined),
  )
  const events = chain(frames, decoder)
  return answer ? chain(events, answer.events()) : events
}

/** The JSON object of a client's body. Throws a `ModelError` that says where the text is wrong. */
export function parseBody(text: string): JsonObject {
  let body: unknown
  try {
    body = parseJson(text)
  } catch (cause) {
    const why = (cause as SyntaxError | RangeError).message
    throw new ModelError(`the request body cannot be read as JSON: ${why}`, { kind: 'bad-request', cause })
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ModelError('the request body must be a JSON object', { kind: 'bad-request' })
  }
  return body as JsonObject
}
