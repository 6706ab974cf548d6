import type { Json } from '../canonical/json.ts'
import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import { codecOf } from '../protocol/index.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { explainFailure } from './failure.ts'
import { redact, secretsOf } from './redact.ts'
import { createSource, type Respondent, type Source } from './source.ts'
import { watchDeadlines } from './watch.ts'

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
 * The call ends when `signal` aborts or one of the provider's deadlines passes. Nothing in `outgoing` can choose the host.
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
  const url = urlOf(endpoint, outgoing)
  const { host } = new URL(url)
  const abort = new AbortController()
  const stop = (): void => abort.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const watch = watchDeadlines(ports, provider.deadlines, who, (error) => abort.abort(error))
  try {
    const response = await ports.fetch(url, {
      method: 'POST',
      headers: { ...outgoing.headers, ...credentials(provider, endpoint), ...provider.headers },
      body: outgoing.body,
      signal: abort.signal,
      proxy: provider.proxy,
      ...(provider.ca !== undefined && { ca: provider.ca }),
      onConnected: () => watch.enter('firstByte'),
    })
    const source = createSource(response.body, watch, who, host)
    if (!response.ok) throw await refusal(response, source, provider, endpoint, who)
    const isStream = (response.headers.get('content-type') ?? '').includes('event-stream')
    return { headers: response.headers, isStream, source }
  } catch (cause) {
    watch.stop()
    if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...who, cause })
    throw watch.expired() ?? (cause instanceof ModelError ? cause : explainFailure(cause, who, host))
  }
}

/** All that is left of a body, as text; what goes beyond `limit` characters is cut off. */
export async function readText(source: Source, limit = Number.POSITIVE_INFINITY): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = await source.read(); bytes; bytes = await source.read()) {
    text += decoder.decode(bytes, { stream: true })
    if (text.length <= limit) continue
    source.cancel()
    return text.slice(0, limit)
  }
  return text + decoder.decode()
}

/** No error needs more words; some pages never end. */
const LONGEST_REFUSAL = 1_000_000

async function refusal(
  response: Response,
  source: Source,
  provider: Provider,
  endpoint: Endpoint,
  who: Respondent,
): Promise<ModelError> {
  const name = `${who.provider} (${who.model})`
  if (response.status < 400) {
    source.cancel()
    return new ModelError(`${name} ${redirection(response)}`, { kind: 'network', ...who })
  }
  const text = redact(await readText(source, LONGEST_REFUSAL), secretsOf(provider, endpoint))
  const error = codecOf(endpoint.protocol).decodeError(response.status, jsonOrText(text), response.headers)
  return new ModelError(`${name} answered ${response.status}: ${error.message}`, {
    ...error.details,
    status: response.status,
    ...who,
  })
}

/** A redirect is not followed: the key would go to a host that the user did not choose. */
function redirection({ status, headers }: Response): string {
  const location = headers.get('location')
  const target = location === null ? undefined : URL.parse(location)?.host
  if (status < 300 || location === null)
    return `answered ${status}, which no call is answered with: is api_base_url right?`
  return `answered ${status}, a redirect to ${target ?? 'another path'}, which is not followed with a key: put the address that it leads to into api_base_url`
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
