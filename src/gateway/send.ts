import type { Json } from '../canonical/json.ts'
import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import { codecOf } from '../protocol/index.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { connectionError, createSource, watchSilence, type Respondent, type Source } from './source.ts'

/** A provider's good answer whose body has not been read yet. */
export interface Incoming {
  readonly headers: Headers
  readonly isStream: boolean
  readonly source: Source
}

/** What is to be sent, ready but for credentials. */
export interface Outgoing {
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Asks `provider`. Resolves when its status and headers have come and are good; rejects with a `ModelError` else.
 * The call ends when `signal` aborts or the provider stays silent for longer than it may.
 */
export async function send(
  provider: Provider,
  endpoint: Endpoint,
  model: string,
  outgoing: Outgoing,
  signal: AbortSignal,
  ports: Ports,
): Promise<Incoming> {
  const who: Respondent = { provider: provider.name, model }
  const abort = new AbortController()
  const stop = (): void => abort.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const watch = watchSilence(ports, provider.timeoutMs, who, (error) => abort.abort(error))
  const init = {
    method: 'POST',
    headers: { ...outgoing.headers, ...credentials(provider, endpoint), ...provider.headers },
    body: outgoing.body,
    signal: abort.signal,
    redirect: 'manual' as const,
    proxy: isLoopback(endpoint.baseUrl) ? (false as const) : provider.proxy,
  }
  try {
    const response = await fetchTwice(urlOf(endpoint, outgoing), init, signal, ports)
    watch.touch()
    const source = createSource(response.body, watch, who)
    if (!response.ok) throw await refusal(response, source, endpoint, who)
    const isStream = (response.headers.get('content-type') ?? '').includes('event-stream')
    return { headers: response.headers, isStream, source }
  } catch (cause) {
    watch.stop()
    if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...who, cause })
    throw watch.expired() ?? (cause instanceof ModelError ? cause : connectionError(cause, who))
  }
}

/** All that is left of a body, as text. */
export async function readText(source: Source): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = await source.read(); bytes; bytes = await source.read())
    text += decoder.decode(bytes, { stream: true })
  return text + decoder.decode()
}

// A kept-alive connection may have died while it was idle. Nothing of the answer has come, so asking again is safe.
async function fetchTwice(
  url: string,
  init: Parameters<Ports['fetch']>[1],
  signal: AbortSignal,
  ports: Ports,
): Promise<Response> {
  try {
    return await ports.fetch(url, init)
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (signal.aborted || (code !== 'ECONNRESET' && code !== 'ConnectionClosed')) throw cause
    ports.log('debug', 'a kept-alive connection was dead; asking again on a fresh one')
    return ports.fetch(url, { ...init, keepalive: false })
  }
}

async function refusal(response: Response, source: Source, endpoint: Endpoint, who: Respondent): Promise<ModelError> {
  const text = await readText(source)
  const error = codecOf(endpoint.protocol).decodeError(response.status, jsonOrText(text), response.headers)
  return new ModelError(`${who.provider} (${who.model}) answered ${response.status}: ${error.message}`, {
    ...error.details,
    status: response.status >= 400 ? response.status : 502,
    ...who,
  })
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function urlOf(endpoint: Endpoint, outgoing: Outgoing): string {
  const query = [endpoint.query, outgoing.query].filter(Boolean).join('&')
  return endpoint.baseUrl + outgoing.path + (query && `?${query}`)
}

function credentials(provider: Provider, endpoint: Endpoint): Record<string, string> {
  if (provider.apiKey === undefined) return {}
  if (endpoint.auth === 'bearer') return { authorization: `Bearer ${provider.apiKey}` }
  return { [endpoint.auth]: provider.apiKey }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
