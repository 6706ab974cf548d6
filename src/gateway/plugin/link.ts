import type { JsonObject } from '../../canonical/json.ts'
import { isObject, parsePlainJson } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import { decodeSse } from '../../protocol/framing/sse.ts'
import { chain } from '../../protocol/protocol.ts'
import { dialectFor, type Dialect } from '../../provider/dialect.ts'
import { protocolOfDialects } from '../../provider/endpoint.ts'
import type { DialectUse, Endpoint, Provider } from '../../provider/provider.ts'
import type { Hook, HookContext, HookProvider, Transformer } from '../../provider/transformer.ts'
import type { RouteTarget } from '../../router/route.ts'
import { hookError, runHook, type HookRun } from './hook.ts'
import { protocolLink } from './protocol-link.ts'
import { encodeFrames, isEventStream, mapBytes, named } from './response.ts'

/** How a transformer wants the call to be made, in CCR's words. */
export interface SendConfig {
  readonly url?: string
  /** By lower-case name; `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly totalMs?: number
  readonly signal?: AbortSignal
  readonly proxy?: string
  /** The endpoint of a protocol that the body has been put into, and the path below it. */
  readonly via?: { readonly endpoint: Endpoint; readonly path: string; readonly query: string }
}

/** One of the things that are set up for a model: it edits the request on its way up and the answer on its way down. */
export interface Link {
  request(body: JsonObject): Promise<{ body: JsonObject; config: SendConfig }>
  response(response: Response): Promise<Response>
}

/** What the links of one call share. */
export interface LinkContext {
  readonly target: RouteTarget
  /** The provider, as its hooks see it, and as it is. */
  readonly provider: HookProvider
  readonly row: Provider
  readonly isStream: boolean
  readonly context: HookContext
  readonly signal: AbortSignal
  readonly ports: Ports
}

/** The link of a name in `transformer.use`: the user's own transformer, or a dialect that is built in. */
export function linkOf(use: DialectUse, shared: LinkContext): Link {
  if (use.transformer) return transformerLink(use.transformer, shared)
  const endpoint = endpointNamed(use, shared)
  if (endpoint) return protocolLink(endpoint, shared)
  const dialect = dialectFor(use)
  return dialect ? dialectLink(dialect, shared) : passing
}

/** The endpoint that a name of a protocol (`gemini`) leads to: what comes behind it in the list sees that protocol. */
function endpointNamed(use: DialectUse, { row }: LinkContext): Endpoint | undefined {
  const protocol = protocolOfDialects([use])
  return row.endpoints.find((endpoint) => endpoint.protocol === protocol && protocol !== 'openai-chat')
}

const passing: Link = {
  request: async (body) => ({ body, config: {} }),
  response: async (response) => response,
}

function transformerLink(transformer: Transformer, shared: LinkContext): Link {
  const { provider, context, signal, ports } = shared
  const run = (hook: Hook): HookRun => ({ transformer, hook, signal, ports })
  return {
    async request(body) {
      if (!transformer.transformRequestIn) return passing.request(body)
      const own = run('transformRequestIn')
      const given = await runHook(own, () => transformer.transformRequestIn?.(body, provider, context))
      return readRequest(given, own)
    },
    async response(response) {
      if (!transformer.transformResponseOut) return response
      const own = run('transformResponseOut')
      const given = await runHook(own, () => transformer.transformResponseOut?.(response, context))
      return readResponse(given, response, own)
    },
  }
}

/** What a request hook gave: a body, or `{ body, config }`. */
export function readRequest(given: unknown, run: HookRun): { body: JsonObject; config: SendConfig } {
  if (!isObject(given)) throw hookError(run, `it gave ${nameOf(given)} back, where a body was expected`)
  const isWrapped = isObject(given.body)
  const body = (isWrapped ? given.body : given) as JsonObject
  const config: unknown = isWrapped ? given.config : undefined
  return { body, config: typeof config === 'object' && config !== null ? readConfig(config, run) : {} }
}

/** What a response hook gave; the stream of another response is read on behalf of the hook. */
export function readResponse(given: unknown, before: Response, run: HookRun): Response {
  if (given === before) return before
  if (!(given instanceof Response)) throw hookError(run, `it gave ${nameOf(given)} back, where a Response was expected`)
  return named(given, run)
}

function readConfig(config: object, run: HookRun): SendConfig {
  const { url, headers, TIMEOUT, signal, httpsProxy } = config as Record<string, unknown>
  return {
    ...(url !== undefined && url !== null && { url: urlText(url, run) }),
    ...(typeof headers === 'object' && headers !== null && { headers: readHeaders(headers) }),
    ...(typeof TIMEOUT === 'number' && TIMEOUT > 0 && { totalMs: TIMEOUT }),
    ...(signal instanceof AbortSignal && { signal }),
    ...(httpsProxy !== undefined && httpsProxy !== null && { proxy: urlText(httpsProxy, run) }),
  }
}

function urlText(value: unknown, run: HookRun): string {
  const url = URL.parse(String(value))
  if (url && /^https?:$/.test(url.protocol)) return url.href
  throw hookError(run, 'the URL that it gave is none that can be called')
}

/** As CCR did, a value that is, or holds, the text `undefined` is a value that is missing. */
function readHeaders(headers: object): Record<string, string | undefined> {
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers)
  return Object.fromEntries(
    pairs.map(([name, value]: [string, unknown]) => {
      const text = value === undefined || value === null ? undefined : String(value)
      return [name.toLowerCase(), text === undefined || text.includes('undefined') ? undefined : text]
    }),
  )
}

/** A dialect that is built in, among transformers: the body is Chat's. */
function dialectLink(dialect: Dialect, { target }: LinkContext): Link {
  return {
    async request(body) {
      const wire = { path: '', query: '', headers: {}, body }
      const edited = dialect.request?.(wire, { ...target, protocol: 'openai-chat' }) ?? wire
      return { body: edited.body, config: Object.keys(edited.headers).length > 0 ? { headers: edited.headers } : {} }
    },
    async response(response) {
      if (isEventStream(response)) {
        const frames = dialect.frames?.()
        return frames ? mapBytes(response, chain(chain(decodeSse(), frames), encodeFrames())) : response
      }
      if (!dialect.reply) return response
      const reply = dialect.reply(parsePlainJson(await response.text()))
      return new Response(JSON.stringify(reply), { headers: response.headers })
    },
  }
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
