import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import type { Keeper } from '../../store/response-store.ts'
import type { Credential } from '../credential.ts'
import { relayedRequestHeaders, relayedResponseHeaders } from '../headers.ts'
import { hopsOf } from '../hops.ts'
import { send } from '../send.ts'
import type { Source } from '../source.ts'
import { markOfKey } from './keeper.ts'
import type { KeptOperation } from './kept-path.ts'

/** A client's request about an answer that is kept. */
export interface KeptRequest {
  readonly method: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly credential: Credential | undefined
  readonly signal: AbortSignal
}

/** Relays the request to who keeps the answer. Throws a `ModelError` for one that nobody here has made. */
export async function relayKept(
  operation: KeptOperation,
  request: KeptRequest,
  providers: readonly Provider[],
  ports: Ports,
): Promise<Response> {
  const { id, path } = operation
  if (!operation.methods.includes(request.method))
    throw new ModelError(`${request.method} is not served here: use ${operation.methods.join(' or ')}`, {
      kind: 'bad-request',
      status: 405,
    })
  const keeper = await ports.responses.get(id)
  const provider = keeper && providers.find(({ name }) => name === keeper.provider)
  const endpoint = provider?.endpoints.find(({ protocol }) => protocol === operation.protocol)
  if (!keeper || !provider || !endpoint) throw unknown(id, keeper)
  const outgoing = {
    method: request.method,
    path,
    query: request.query,
    headers: { accept: 'application/json', ...relayedRequestHeaders(request.headers), ...TYPED[request.method] },
    body: request.method === 'POST' ? '{}' : '',
    hops: hopsOf(request.headers),
    credential: request.credential,
  }
  const incoming = await send(withKeyOf(keeper, provider), endpoint, keeper.model, outgoing, request.signal, ports)
  if (request.method === 'DELETE') await ports.responses.delete(id)
  const type = incoming.headers.get('content-type') ?? 'application/json'
  return new Response(streamOf(incoming.source), {
    headers: { ...relayedResponseHeaders(incoming.headers), 'content-type': type },
  })
}

/** The provider with the one of its keys that the answer was made with; with its first, if that is gone. */
function withKeyOf({ key }: Keeper, provider: Provider): Provider {
  const keys = keysOf(provider)
  const own = keys.length > 1 ? keys.find((each) => markOfKey(each) === key) : undefined
  return own === undefined ? provider : { ...provider, apiKey: own }
}

const TYPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  POST: { 'content-type': 'application/json' },
}

function unknown(id: string, keeper: Keeper | undefined): ModelError {
  const why = keeper
    ? `it is kept by ${keeper.provider}, which is no longer configured to speak the Responses API`
    : 'no provider has kept it for this router; only a provider that speaks the Responses API keeps one'
  return new ModelError(`Response with id '${id}' not found: ${why}.`, {
    kind: 'not-found',
    code: 'response_not_found',
    param: 'response_id',
  })
}

/** Pulled, so that a slow client slows the provider down. */
function streamOf(source: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await source.read()
        if (bytes) controller.enqueue(bytes)
        else controller.close()
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  )
}
