import { parsePlainJson, type JsonObject } from '../../canonical/json.ts'
import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import { decodeSse } from '../../protocol/framing/sse.ts'
import { chain, type DecodeContext, type EncodeContext } from '../../protocol/protocol.ts'
import { traitsFor, usesOf } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { HookProvider } from '../../provider/transformer.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Answer, Call } from '../call.ts'
import { relayedResponseHeaders } from '../headers.ts'
import { hopsOf } from '../hops.ts'
import { send, type Incoming } from '../send.ts'
import { silenceOf } from '../silence.ts'
import { translateReply, translateStream, type Translation } from '../translate.ts'
import { destinationOf } from './destination.ts'
import { linkOf, type Link, type LinkContext, type SendConfig } from './link.ts'
import { bodyCopy, requestView } from './request-view.ts'
import { isEventStream, responseOf, sourceOf, type Patience } from './response.ts'
import { decodeUnifiedReply, decodeUnifiedStream } from './unified-answer.ts'
import { encodeUnified } from './unified-request.ts'

/**
 * Asks a provider for which the user's own transformers are set up. They see what they saw in CCR, whatever the client
 * speaks: OpenAI Chat's body with CCR's additions on the way up, a `Response` on the way down, in CCR's order, which
 * is not the mirror image: up the provider's list and then the model's, down each reversed, again the provider's first.
 */
export async function askTransformers(
  call: Call,
  provider: Provider,
  target: RouteTarget,
  settings: JsonObject,
  ports: Ports,
): Promise<Answer> {
  const refusal = call.protocol.id === 'openai-chat' ? undefined : call.protocol.untranslatable?.(call.request)
  if (refusal) throw refusal
  const { wire, dropped, context } = encodeUnified(call.request, target, traitsFor(provider, target.model))
  call.trace.dropped = dropped
  const { ofProvider, ofModel } = linksFor(call, provider, target, settings, ports)
  const { body, config } = await upwards([...ofProvider, ...ofModel], plainCopy(wire.body))
  const { request, wire: asked, signal } = call
  const transformed = { body, config, isStream: request.stream, hops: hopsOf(asked.headers), signal }
  const incoming = await sendTransformed(provider, target, transformed, ports)
  const answer = await downwards([...ofProvider.toReversed(), ...ofModel.toReversed()], incoming, {
    ms: patienceOf(provider),
    after: ports.after,
    error: () => silent(target),
  })
  const decodeContext: DecodeContext = { ...context, id: ports.id }
  const encodeContext: EncodeContext = {
    id: ports.id,
    created: Math.floor(ports.now() / 1000),
    model: target.model,
    ...(call.request.native && { requestNative: call.request.native }),
  }
  const translation: Translation = {
    client: call.protocol,
    encodeContext,
    ...(call.tap && { tap: call.tap }),
    decodeContext,
    silence: silenceOf(call, target, false),
    events: () => chain(decodeSse(), decodeUnifiedStream(decodeContext)),
    reply: (reply) => decodeUnifiedReply(reply, decodeContext),
  }
  const told = call.request.stream
    ? await translateStream(answer, translation, call.trace)
    : await translateReply(answer, translation, call.trace)
  return { headers: relayedResponseHeaders(incoming.headers), body: told }
}

function linksFor(
  call: Call,
  provider: Provider,
  target: RouteTarget,
  settings: JsonObject,
  ports: Ports,
): { ofProvider: Link[]; ofModel: Link[] } {
  const uses = usesOf(provider, target.model)
  const shared: LinkContext = {
    target,
    provider: hookProvider(provider),
    row: provider,
    isStream: call.request.stream,
    context: { req: requestView(call, { ...bodyCopy(call), model: target.model }, settings, ports) },
    signal: call.signal,
    ports,
  }
  const links = uses.map((use) => linkOf(use, shared))
  const count = provider.dialects.length
  return { ofProvider: links.slice(0, count), ofModel: links.slice(count) }
}

/** The provider as transformers know it. */
export function hookProvider({ name, writtenUrl, endpoints, apiKey, models, dialects }: Provider): HookProvider {
  return {
    name,
    baseUrl: writtenUrl ?? endpoints[0]?.baseUrl ?? '',
    apiKey: apiKey ?? '',
    models: [...models],
    transformer: { use: dialects.flatMap((use) => use.transformer ?? []) },
  }
}

async function upwards(links: readonly Link[], first: JsonObject): Promise<{ body: JsonObject; config: SendConfig }> {
  let body = first
  let config: SendConfig = {}
  for (const link of links) {
    const given = await link.request(body)
    body = given.body
    config = { ...config, ...given.config, headers: { ...config.headers, ...given.config.headers } }
  }
  return { body, config }
}

async function downwards(links: readonly Link[], incoming: Incoming, patience: Patience): Promise<Incoming> {
  try {
    let response = responseOf(incoming.source, incoming.headers)
    for (const link of links) response = await link.response(response)
    return {
      headers: response.headers,
      isStream: isStream(response),
      source: sourceOf(response, incoming.source, patience),
    }
  } catch (cause) {
    incoming.source.cancel()
    throw cause
  }
}

/** The provider's own deadline shall be the first to speak. */
function patienceOf({ deadlines: { idleMs } }: Provider): number | undefined {
  return idleMs === undefined ? undefined : idleMs * 2
}

function silent(target: RouteTarget): ModelError {
  const message = `${target.provider} (${target.model}): its transformers gave nothing of the answer for too long`
  return new ModelError(message, { kind: 'timeout', ...target })
}

/** A stream that lost its type on the way is still one. */
function isStream(response: Response): boolean {
  return isEventStream(response) || !(response.headers.get('content-type') ?? 'application/json').includes('json')
}

/** A request as the transformers left it. */
export interface Transformed {
  readonly body: JsonObject
  readonly config: SendConfig
  readonly isStream: boolean
  readonly hops: number
  readonly signal: AbortSignal
}

/** Makes the call as the transformers want it: what they say comes before what the config says. */
export async function sendTransformed(
  provider: Provider,
  target: RouteTarget,
  { body, config, isStream: streams, hops, signal: ofClient }: Transformed,
  ports: Ports,
): Promise<Incoming> {
  const { endpoint, sender, ...request } = destinationOf(provider, target, body, config)
  const accept = streams
    ? { accept: 'text/event-stream', 'accept-encoding': 'identity' }
    : { accept: 'application/json' }
  const outgoing = {
    path: request.path,
    query: request.query,
    headers: { 'content-type': 'application/json', ...request.headers, ...accept },
    body: JSON.stringify(request.body),
    hops,
  }
  const signal = config.signal ? AbortSignal.any([ofClient, config.signal]) : ofClient
  try {
    return await send(sender, endpoint, target.model, outgoing, signal, ports)
  } catch (cause) {
    const isOurs = config.signal?.aborted && !ofClient.aborted
    throw isOurs
      ? new ModelError(`${provider.name} (${target.model}): a transformer ended the call`, {
          kind: 'timeout',
          ...target,
        })
      : cause
  }
}

/** Transformers change what they are given: it must not be what others hold. Numbers are plain ones there. */
function plainCopy(body: JsonObject): JsonObject {
  return parsePlainJson(JSON.stringify(body)) as JsonObject
}
