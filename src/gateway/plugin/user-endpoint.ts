import type { JsonObject } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import { codecOf } from '../../protocol/index.ts'
import { usesOf } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Hook, Transformer } from '../../provider/transformer.ts'
import { readModelName } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import { authenticate } from '../authenticate.ts'
import { shownKeys, withoutKeys } from '../credential.ts'
import type { Gateway } from '../gateway.ts'
import { hopsOf } from '../hops.ts'
import { operationOf } from '../paths.ts'
import { readBody } from '../read-body.ts'
import { asModelError, errorResponse } from '../respond.ts'
import { parseBody } from '../upstream.ts'
import { hookProvider, sendTransformed } from './ask-transformers.ts'
import { runHook, type HookRun } from './hook.ts'
import { readRequest, readResponse } from './link.ts'
import { plainView, type RequestView } from './request-view.ts'
import { responseOf } from './response.ts'
import { asUnified, plainBody } from './unified-client.ts'

/** What endpoints of the user need of the gateway. */
export interface EndpointSetting {
  readonly endpoints: readonly Transformer[]
  readonly providers: readonly Provider[]
  readonly apiKey?: string | undefined
  readonly settings: JsonObject
  readonly ports: Ports
}

/**
 * `serve`, with the endpoints that transformers of the user bring: what a client sends there is made OpenAI Chat's, goes the
 * way of every call, and the answer is made the client's again. The paths of the router itself are not theirs.
 */
export function withUserEndpoints(serve: Gateway, setting: EndpointSetting): Gateway {
  const own = setting.endpoints.filter(({ endPoint = '' }) => operationOf(endPoint) === undefined)
  if (own.length === 0) return serve
  const patterns = own.map((transformer) => ({ transformer, pattern: patternOf(transformer.endPoint ?? '') }))
  return async (request, address) => {
    const { pathname } = new URL(request.url)
    const transformer = request.method === 'POST' && patterns.find(({ pattern }) => pattern.test(pathname))?.transformer
    if (!transformer) return serve(request, address)
    try {
      return await serveEndpoint(request, transformer, serve, setting)
    } catch (cause) {
      const error = asModelError(cause)
      setting.ports.log('warn', error.message, { path: pathname, status: error.status })
      return errorResponse(codecOf('openai-chat'), error)
    }
  }
}

async function serveEndpoint(
  request: Request,
  transformer: Transformer,
  serve: Gateway,
  setting: EndpointSetting,
): Promise<Response> {
  const { settings, ports } = setting
  const shown = Object.fromEntries(request.headers)
  authenticate(shownKeys(shown), setting.apiKey)
  const url = new URL(request.url)
  const body = parseBody(await readBody(request))
  const id = ports.id('call_')
  const view = plainView({ id, url: url.pathname + url.search, headers: withoutKeys(shown), body }, settings, ports)
  const run = (hook: Hook): HookRun => ({ transformer, hook, signal: request.signal, ports })
  const target = bypassed(body, transformer, setting.providers)
  if (target) return relayed(target, body, view, run, ports)

  const out = run('transformRequestOut')
  const given = transformer.transformRequestOut
    ? readRequest(await runHook(out, () => transformer.transformRequestOut?.(body, { req: view })), out).body
    : body
  const inner = new Request(new URL('/v1/chat/completions', url), {
    method: 'POST',
    headers: { ...shown, 'content-type': 'application/json' },
    body: JSON.stringify(plainBody(given)),
    signal: request.signal,
  })
  const response = await serve(inner)
  if (!response.ok || !transformer.transformResponseIn) return response
  const into = run('transformResponseIn')
  const answer = asUnified(response)
  return readResponse(await runHook(into, () => transformer.transformResponseIn?.(answer, { req: view })), answer, into)
}

interface Bypass extends RouteTarget {
  readonly row: Provider
}

/** As in CCR, a provider that uses nothing but the endpoint's own transformer gets what the client sent. */
function bypassed(body: JsonObject, transformer: Transformer, providers: readonly Provider[]): Bypass | undefined {
  const named = readModelName(typeof body.model === 'string' ? body.model : '', providers)
  if (named.kind !== 'target' && named.kind !== 'listed') return undefined
  const row = providers.find(({ name }) => name === named.target.provider)
  const uses = row ? usesOf(row, named.target.model) : []
  return row && uses.length === 1 && uses[0]?.transformer?.name === transformer.name
    ? { ...named.target, row }
    : undefined
}

async function relayed(
  { row, ...target }: Bypass,
  body: JsonObject,
  view: RequestView,
  run: (hook: Hook) => HookRun,
  ports: Ports,
): Promise<Response> {
  const own = run('auth')
  const { transformer, signal } = own
  const sent = { ...body, model: target.model }
  const given = transformer.auth
    ? readRequest(await runHook(own, () => transformer.auth?.(sent, hookProvider(row), { req: view })), own)
    : { body: sent, config: {} }
  const transformed = { ...given, isStream: body.stream === true, hops: hopsOf(view.headers), signal }
  const incoming = await sendTransformed(row, target, transformed, ports)
  ports.log('info', 'call', { call: view.id, ...target, route: 'bypass', path: view.url, status: 200 })
  return responseOf(incoming.source, incoming.headers)
}

/** `/v1/things/:id` is any path of that form. */
function patternOf(endPoint: string): RegExp {
  const parts = endPoint.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
  return new RegExp(`^${parts.join('/')}/?$`)
}
