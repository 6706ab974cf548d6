import { ModelError } from '../canonical/error.ts'
import type { EmbeddingReply, EmbeddingRequest } from '../canonical/embedding.ts'
import type { Json, JsonObject } from '../canonical/json.ts'
import type { ModelRequest } from '../canonical/request.ts'
import type { Ports } from '../platform/ports.ts'
import type { EmbeddingCodec } from '../protocol/embedding-codec.ts'
import { codecOf } from '../protocol/index.ts'
import type { WireRequest } from '../protocol/protocol.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { embeddingTarget } from '../router/embedding-target.ts'
import type { RouteTarget, Routes } from '../router/route.ts'
import { atAddress } from './address.ts'
import type { Answer, Call } from './call.ts'
import type { TokenCounter } from './count/counter.ts'
import { relayedRequestHeaders, relayedResponseHeaders } from './headers.ts'
import { hopsOf } from './hops.ts'
import { parseReply } from './relay.ts'
import { readText, send, type Incoming } from './send.ts'
import { spliceModel } from './splice-model.ts'

/** What embedding needs besides the call. */
export interface EmbedTools {
  readonly routing: { readonly providers: readonly Provider[]; readonly routes: Routes }
  readonly counter: TokenCounter
  readonly ports: Ports
}

/** Vectors for texts: relayed where the provider speaks the client's protocol, else translated. */
export async function embed(call: Call, tools: EmbedTools): Promise<Answer> {
  const { target, reason } = embeddingTarget(call.request.model, tools.routing)
  Object.assign(call.trace, { target, reason, route: 'explicit' })
  const provider = tools.routing.providers.find(({ name }) => name === target.provider)
  const { endpoint, codec } = choose(call, provider, target)
  const ask = (wire: WireRequest, text: () => string): Promise<Incoming> =>
    sendWire(call, provider as Provider, endpoint, target, { wire, text }, tools.ports)
  return codec === call.protocol.embeddings
    ? relayed(call, target, codec, ask)
    : translated(call, target, codec, ask, tools)
}

/** A request for embeddings as what the log and the counting of tokens know. */
export function asModelRequest(model: string, inputs: EmbeddingRequest['inputs'] = []): ModelRequest {
  const parts = inputs.map((input) => ({ type: 'text', text: typeof input === 'string' ? input : '' }) as const)
  return { model, system: [], messages: [{ role: 'user', parts }], tools: [], stream: false }
}

type Ask = (wire: WireRequest, text: () => string) => Promise<Incoming>

function choose(
  { protocol }: Call,
  provider: Provider | undefined,
  target: RouteTarget,
): { endpoint: Endpoint; codec: EmbeddingCodec } {
  const known = (provider?.endpoints ?? []).flatMap((endpoint) => {
    const codec = codecOf(endpoint.protocol).embeddings
    return codec ? [{ endpoint, codec }] : []
  })
  const found = known.find(({ codec }) => codec === protocol.embeddings) ?? known[0]
  if (found) return found
  throw new ModelError(
    `${target.provider} (${target.model}) has no embeddings: ask a provider that speaks OpenAI's or Gemini's protocol`,
    { kind: 'bad-request', param: 'model', ...target },
  )
}

async function relayed(call: Call, target: RouteTarget, codec: EmbeddingCodec, ask: Ask): Promise<Answer> {
  call.trace.relayed = true
  const { protocol, wire, text } = call
  const path = protocol.relayPath?.(wire.path, target.model)
  const body =
    path === undefined
      ? { ...wire.body, model: target.model }
      : (codec.relayBody?.(wire.body, target.model) ?? wire.body)
  const edited = (): string => (body === wire.body ? text : JSON.stringify(body))
  const incoming = await ask(
    { ...wire, path: path ?? wire.path, headers: relayedRequestHeaders(wire.headers), body },
    path === undefined ? () => spliceModel(text, target.model) : edited,
  )
  const answer = await readText(incoming.source)
  noteUsage(call, codec.inputTokens(parseReply(answer, contextOf(target))))
  return { headers: relayedResponseHeaders(incoming.headers), body: answer }
}

async function translated(
  call: Call,
  target: RouteTarget,
  codec: EmbeddingCodec,
  ask: Ask,
  { counter }: EmbedTools,
): Promise<Answer> {
  const own = call.protocol.embeddings as EmbeddingCodec
  const request = own.decodeRequest(call.wire)
  const { calls, dropped } = codec.encodeRequest(request, target.model)
  call.trace.dropped = dropped
  const replies: EmbeddingReply[] = []
  for (const wire of calls)
    replies.push(
      codec.decodeReply(await bodyOf(await ask(wire, () => JSON.stringify(wire.body)), target), contextOf(target)),
    )
  const vectors = replies.flatMap((reply) => reply.vectors)
  if (vectors.length !== request.inputs.length) throw miscounted(vectors.length, request.inputs.length, target)
  const told = replies.every(({ inputTokens }) => inputTokens !== undefined)
  const inputTokens = told
    ? replies.reduce((sum, reply) => sum + (reply.inputTokens ?? 0), 0)
    : await counter.count(asModelRequest(request.model, request.inputs), target)
  noteUsage(call, inputTokens)
  const model = replies[0]?.model
  const body: JsonObject = own.encodeReply({ vectors, inputTokens, ...(model !== undefined && { model }) }, request)
  return { headers: {}, body: JSON.stringify(body) }
}

function sendWire(
  call: Call,
  provider: Provider,
  endpoint: Endpoint,
  target: RouteTarget,
  { wire, text }: { wire: WireRequest; text: () => string },
  ports: Ports,
): Promise<Incoming> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...wire.headers }
  const { path, query } = wire
  const addressed = atAddress({ path, headers, body: wire.body, text }, endpoint, target.model)
  const outgoing = {
    path: addressed.path,
    query,
    headers: addressed.headers,
    body: addressed.text(),
    hops: hopsOf(call.wire.headers),
    credential: call.credential,
  }
  return send(provider, endpoint, target.model, outgoing, call.signal, ports)
}

async function bodyOf(incoming: Incoming, target: RouteTarget): Promise<Json> {
  return parseReply(await readText(incoming.source), contextOf(target))
}

function contextOf(target: RouteTarget) {
  return { ...target, id: (prefix: string) => prefix }
}

function noteUsage({ trace }: Call, input: number | undefined): void {
  if (input !== undefined) trace.usage = { input }
}

function miscounted(got: number, wanted: number, target: RouteTarget): ModelError {
  return new ModelError(`${target.provider} (${target.model}) answered ${got} embeddings for ${wanted} texts`, {
    kind: 'malformed',
    ...target,
  })
}
