import { ModelError } from '../canonical/error.ts'
import { parseJson, type JsonObject } from '../canonical/json.ts'
import type { Ports } from '../platform/ports.ts'
import { withCacheMarks } from '../protocol/cache-marks.ts'
import { decodeSse } from '../protocol/framing/sse.ts'
import { forceFormat, type ForcedFormat } from '../protocol/forced-format.ts'
import { codecOf, protocols } from '../protocol/index.ts'
import {
  chain,
  type DecodeContext,
  type EncodeContext,
  type Frame,
  type Step,
  type Traits,
} from '../protocol/protocol.ts'
import {
  applyDialects,
  dialectsOf,
  editsAnswers,
  editsRequests,
  hasTransformers,
  ownTraits,
  traitsFor,
  unservedDialects,
  type Dialect,
} from '../provider/dialect.ts'
import { chooseEndpoint } from '../provider/choose-endpoint.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import type { RouteTarget } from '../router/route.ts'
import { atAddress } from './address.ts'
import { withoutBillingLine } from './billing-line.ts'
import type { Answer, Call, Handler } from './call.ts'
import { inElements } from './framing.ts'
import { relayedRequestHeaders, relayedResponseHeaders } from './headers.ts'
import type { Learnt } from './learnt.ts'
import { limitOutput, type OutputLimit } from './output-limit.ts'
import { hopsOf } from './hops.ts'
import { createAsking } from './asking.ts'
import { relayReply, relayStream } from './relay.ts'
import type { Plugins } from './plugin/plugins.ts'
import { createDetour } from './detour.ts'
import { createSchool, type School } from './school.ts'
import { silenceOf } from './silence.ts'
import { send, type Incoming, type Outgoing } from './send.ts'
import { spliceModel } from './splice-model.ts'
import { createWarn } from './warn.ts'
import { translateReply, translateStream, type Translation } from './translate.ts'

/** The innermost handler: asks the call's target and commits to its answer. */
export function createUpstream(
  providers: readonly Provider[],
  ports: Ports,
  learnt: Learnt,
  plugins?: Plugins,
): Handler {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  const school = createSchool(ports, learnt)
  const detour = createDetour(createWarn(ports))
  const asAsked = createAsking()
  return async (call) => {
    const { target } = call
    const provider = target && asAsked(byName.get(target.provider), call)
    if (!target || !provider) throw new Error('a call reached the upstream without a target')
    const unserved = unservedDialects(provider, target.model)
    if (unserved.length > 0) throw unservedError(target, unserved, plugins)
    if (plugins && hasTransformers(provider, target.model)) {
      const { askTransformers } = await import('./plugin/ask-transformers.ts')
      return askTransformers(call, provider, target, plugins.settings, ports)
    }
    return detour(call, provider, target, (there) => ask(call, there, target, school, ports))
  }
}

async function ask(call: Call, provider: Provider, target: RouteTarget, school: School, ports: Ports): Promise<Answer> {
  const { endpoint, relays } = choose(call, provider, target)
  const dialects = dialectsOf(provider, target.model, endpoint.protocol)
  const prepare = (learnt: Traits | undefined): Prepared => {
    const whole = relays && !learnt ? relayed(call, target) : encoded(call, endpoint, provider, target, learnt, ports)
    const lean = withoutBillingLine(whole, endpoint)
    const limited = limitOutput(lean, endpoint.protocol, limitsOf(call, provider, target))
    return atAddress(limited, endpoint, target.model)
  }
  const { incoming, prepared } = await school.ask(target, prepare, async (edited) => {
    const own = edited.prepared
    call.trace.relayed = own.isRelay
    call.trace.dropped = edited.lost.length > 0 ? [...own.dropped, ...edited.lost] : own.dropped
    const text = edited.body === own.body ? own.text() : JSON.stringify(edited.body)
    const outgoing = {
      ...own.outgoing,
      headers: edited.headers,
      body: text,
      hops: hopsOf(call.wire.headers),
      credential: call.credential,
    }
    return { prepared: own, incoming: await send(provider, endpoint, target.model, outgoing, call.signal, ports) }
  })
  const headers = relayedResponseHeaders(incoming.headers)
  const context: DecodeContext = { ...prepared.context, provider: provider.name, model: target.model }
  if (prepared.isRelay && incoming.isStream === call.request.stream) {
    const silence = silenceOf(call, context, SILENT.has(call.protocol.id))
    const body = call.request.stream
      ? await relayStream(incoming, call.protocol, context, call.trace, call.isFinal ?? (() => true), silence)
      : await relayReply(incoming, call.protocol, context, call.trace, silence)
    return { headers, body }
  }
  const answer = call.request.stream ? inElements(incoming, endpoint.protocol) : incoming
  return { headers, body: await translated(call, answer, endpoint, dialects, context, ports, prepared.answer) }
}

function choose(call: Call, provider: Provider, target: RouteTarget): { endpoint: Endpoint; relays: boolean } {
  const endpoint = chooseEndpoint(provider, target.model, call.protocol.id)
  if (!endpoint) throw notServed(target, 'none of its endpoints serves a model of this name')
  if (!protocols[endpoint.protocol])
    throw notServed(target, `this version does not serve the protocol ${endpoint.protocol}`)
  const isOwn = endpoint.protocol === call.protocol.id
  const isTaken = isOwn && call.protocol.isUnfit?.(call.request, target.model) !== true
  const isAsItCame = !editsRequests(provider, target.model) && !editsAnswers(provider, target.model, endpoint.protocol)
  const isWhole = !call.edited && !call.tap && isAsItCame
  return { endpoint, relays: isTaken && isWhole && !lacksFormat(call, endpoint, provider, target) }
}

function lacksFormat({ request }: Call, { protocol }: Endpoint, provider: Provider, target: RouteTarget): boolean {
  if (!request.outputFormat) return false
  const traits = traitsFor(provider, target.model, protocol)
  return codecOf(protocol).formatGap?.(request, { ...target, traits }) !== undefined
}

/** A name that a module was to bring may be missing because the module did not load. */
function unservedError(target: RouteTarget, names: readonly string[], plugins: Plugins | undefined): ModelError {
  const why = plugins?.failures.map((failure) => `; ${failure}`).join('') ?? ''
  return notServed(target, `this version does not serve the transformer ${names.join(', ')}${why}`)
}

function notServed(target: RouteTarget, why: string): ModelError {
  return new ModelError(`${target.provider} (${target.model}) cannot be asked: ${why}`, {
    kind: 'bad-request',
    status: 501,
    ...target,
  })
}

/** Every limit of the answer's length that no codec knows of: of a relayed body it changes only what the config forbids. */
function limitsOf(call: Call, provider: Provider, { model }: RouteTarget): OutputLimit[] {
  const { maxOutputTokens: most } = ownTraits(provider, model)
  if (most === undefined) return call.outputLimit ? [call.outputLimit] : []
  const configured = { most, why: `the config allows ${model} ${most} tokens of output` }
  return call.outputLimit ? [configured, call.outputLimit] : [configured]
}

interface Prepared {
  /** The client's own request: what comes back is relayed too. */
  readonly isRelay: boolean
  readonly outgoing: Omit<Outgoing, 'body' | 'headers'>
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** `body` as it is sent if nothing more is edited. */
  readonly text: () => string
  readonly dropped: Call['trace']['dropped']
  readonly context: Pick<DecodeContext, 'id' | 'toolNames'>
  readonly answer?: ForcedFormat['answer']
}

function relayed(call: Call, target: RouteTarget): Prepared {
  const path = call.protocol.relayPath?.(call.wire.path, target.model)
  // Only the observer sees these ids, and some decoders ask until they get another one.
  let ids = 0
  return {
    isRelay: true,
    outgoing: {
      path: path ?? call.wire.path,
      query: call.wire.query,
    },
    headers: Object.assign(relayedRequestHeaders(call.wire.headers), accept(call)),
    body: path === undefined ? { ...call.wire.body, model: target.model } : call.wire.body,
    text: () => (path === undefined ? spliceModel(call.text, target.model) : call.text),
    dropped: [],
    context: { id: (prefix) => `${prefix}${++ids}` },
  }
}

function encoded(
  call: Call,
  endpoint: Endpoint,
  provider: Provider,
  target: RouteTarget,
  learnt: Traits | undefined,
  ports: Ports,
): Prepared {
  const refusal = endpoint.protocol === call.protocol.id ? undefined : call.protocol.untranslatable?.(call.request)
  if (refusal) throw refusal
  const publicly = traitsFor(provider, target.model, endpoint.protocol)
  const traits = learnt ? { ...publicly, ...learnt } : publicly
  const codec = codecOf(endpoint.protocol)
  const asked = { ...call.request, model: target.model }
  const forced = forceFormat(asked, codec.formatGap?.(asked, { ...target, traits }))
  const marked = withCacheMarks(forced.request, endpoint.protocol, traits)
  const { wire, dropped, context } = codec.encodeRequest(marked, { ...target, traits })
  const edited = applyDialects(wire, provider, { ...target, protocol: endpoint.protocol })
  return {
    isRelay: false,
    outgoing: {
      path: edited.path,
      query: edited.query,
    },
    headers: { ...accept(call), ...edited.headers },
    body: edited.body,
    text: () => JSON.stringify(edited.body),
    dropped: forced.dropped.length > 0 ? [...dropped, ...forced.dropped] : dropped,
    context: { ...context, id: ports.id },
    ...(forced.answer && { answer: forced.answer }),
  }
}

const JSON_TYPE = 'application/json'

// A compressed stream arrives in lumps.
function accept(call: Call): Record<string, string> {
  return call.request.stream
    ? { 'content-type': JSON_TYPE, accept: 'text/event-stream', 'accept-encoding': 'identity' }
    : { 'content-type': JSON_TYPE, accept: JSON_TYPE }
}

function translated(
  call: Call,
  incoming: Incoming,
  endpoint: Endpoint,
  dialects: readonly Dialect[],
  decodeContext: DecodeContext,
  ports: Ports,
  answer: ForcedFormat['answer'],
): Promise<Answer['body']> {
  const protocol = codecOf(endpoint.protocol)
  const encodeContext: EncodeContext = {
    id: ports.id,
    created: Math.floor(ports.now() / 1000),
    model: decodeContext.model,
    ...(call.request.native && { requestNative: call.request.native }),
  }
  // Answers pass the dialects in the reverse order of the request.
  const inwards = dialects.toReversed()
  const translation: Translation = {
    client: call.protocol,
    encodeContext,
    ...(call.tap && { tap: call.tap }),
    decodeContext,
    silence: silenceOf(call, decodeContext, SILENT.has(endpoint.protocol)),
    events: () => {
      const steps = inwards.flatMap((dialect) => dialect.frames?.() ?? [])
      const decoder = protocol.decodeStream(decodeContext)
      const isDirect = steps.length === 0 && !answer && !call.tap
      const framing = steps.reduce<Step<Uint8Array, Frame>>(
        (first, second) => chain(first, second),
        (incoming.framing ?? decodeSse)(isDirect ? decoder.glance : undefined),
      )
      const events = chain(framing, decoder)
      return answer ? chain(events, answer.events()) : events
    },
    reply: (body) => {
      const current = inwards.reduce((before, dialect) => dialect.reply?.(before) ?? before, body)
      const reply = protocol.decodeReply(current, decodeContext)
      return answer ? answer.reply(reply) : reply
    },
  }
  return call.request.stream
    ? translateStream(incoming, translation, call.trace)
    : translateReply(incoming, translation, call.trace)
}

/** In which Claude answers: it says nothing more when its work is done. */
const SILENT: ReadonlySet<Endpoint['protocol']> = new Set(['anthropic-messages', 'bedrock-converse'])

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
