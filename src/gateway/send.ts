import type { Json } from '../canonical/json.ts'
import { ModelError } from '../canonical/error.ts'
import type { HttpReply, Ports } from '../platform/ports.ts'
import type { HeaderFields } from '../canonical/header-fields.ts'
import { codecOf } from '../protocol/index.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { authorize, type Authorized, type Credential } from './credential.ts'
import { explainFailure, NEEDS_TLS, wantsTls } from './failure.ts'
import { framingOf, type Framing } from './framing.ts'
import { hopHeader } from './hops.ts'
import { redact, redactKeys, secretsOf } from './redact.ts'
import { createSource, type Respondent, type Source } from './source.ts'
import { errorProtocol, unwrapped } from './unwrap.ts'
import { watchDeadlines } from './watch.ts'

/** A provider's good answer whose body has not been read yet. */
export interface Incoming {
  readonly headers: HeaderFields
  readonly isStream: boolean
  /** How a stream's bytes become frames. Absent: it comes whole. */
  readonly framing?: Framing
  readonly source: Source
}

/** What is to be sent, ready but for credentials. */
export interface Outgoing {
  /** Default POST. */
  readonly method?: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** How many routers the client's request has come through. Default 0. */
  readonly hops?: number
  /** What the client brought to be shown to a provider that takes it. */
  readonly credential?: Credential | undefined
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
  const url = urlOf(endpoint, outgoing, who)
  const hop = hopHeader(url, outgoing.hops ?? 0, who)
  const unsigned = { url, headers: { ...outgoing.headers, ...hop }, body: outgoing.body }
  const authorized = await authorize(unsigned, outgoing.credential, { provider, endpoint, ports, signal })
  let giveUp: ((reason: Error) => void) | undefined
  const watch = watchDeadlines(ports, provider.deadlines, who, (error) => giveUp?.(error))
  try {
    const response = await ports.fetch(url.href, {
      method: outgoing.method ?? 'POST',
      headers: authorized.headers,
      body: outgoing.body,
      signal,
      onBegin: (end) => (giveUp = end),
      proxy: endpoint.proxy ?? provider.proxy,
      ...(provider.ca !== undefined && { ca: provider.ca }),
      onConnected: () => watch.enter('firstByte'),
    })
    const source = createSource(response.body, watch, who, url.host, signal)
    if (!response.ok) throw await refusal(response, source, provider, endpoint, authorized, who, ports)
    const framing = framingOf(response.headers.get('content-type') ?? '')
    const incoming = { headers: response.headers, isStream: framing !== undefined, source, ...(framing && { framing }) }
    return unwrapped(incoming, endpoint, who)
  } catch (cause) {
    watch.stop()
    if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...who, cause })
    throw watch.expired() ?? (cause instanceof ModelError ? cause : explainFailure(cause, who, url.host))
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
  response: HttpReply,
  source: Source,
  provider: Provider,
  endpoint: Endpoint,
  { secrets, isOpen }: Authorized,
  who: Respondent,
  ports: Ports,
): Promise<ModelError> {
  const name = `${who.provider} (${who.model})`
  if (response.status < 400) {
    source.cancel()
    return new ModelError(`${name} ${redirection(response)}`, { kind: 'network', isLasting: true, ...who })
  }
  const text = redactKeys(
    redact(await readText(source, LONGEST_REFUSAL), [...secretsOf(provider, endpoint), ...secrets]),
  )
  ports.log('debug', 'the provider refused', { ...who, status: response.status, body: clip(text) })
  if (wantsTls(response.status, text))
    return new ModelError(`${name}: ${NEEDS_TLS}`, { kind: 'network', isLasting: true, ...who })
  const headers = dated(response.headers, ports.now())
  const error = codecOf(errorProtocol(endpoint)).decodeError(response.status, jsonOrText(text), headers)
  const hint = isOpen && provider.keyPlace !== undefined ? ` (no key was sent: fill in ${provider.keyPlace})` : ''
  return new ModelError(`${name} answered ${response.status}${error.kind === 'auth' ? hint : ''}: ${error.message}`, {
    ...error.details,
    status: response.status,
    ...who,
  })
}

/** Codecs have no clock: a date of theirs counts from the answer's own, or from ours where it has none. */
function dated(headers: HeaderFields, now: number): HeaderFields {
  if (headers.has('date')) return headers
  const copy = new Map(headers)
  copy.set('date', new Date(now).toUTCString())
  return copy
}

/** A redirect is not followed: the key would go to a host that the user did not choose. */
function redirection({ status, headers }: HttpReply): string {
  const location = headers.get('location') ?? undefined
  const target = location === undefined ? undefined : URL.parse(location)?.host
  if (status < 300 || location === undefined)
    return `answered ${status}, which no call is answered with: is api_base_url right?`
  return `answered ${status}, a redirect to ${target ?? 'another path'}, which is not followed with a key: put the address that it leads to into api_base_url`
}

/** What of a refusal is worth a line of the log, in characters. */
const LONGEST_LOGGED = 2000

function clip(text: string): string {
  return text.length > LONGEST_LOGGED ? `${text.slice(0, LONGEST_LOGGED)}…` : text
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** Leads nowhere but to where it says. */
const PLAIN_PATH = /^[\w/-]*$/

// Nearly every call of an endpoint goes to the same address: the last one is kept beside it.
const lastUrls = new WeakMap<Endpoint, { readonly text: string; readonly url: URL }>()

function urlOf(endpoint: Endpoint, outgoing: Outgoing, who: Respondent): URL {
  const query =
    endpoint.query && outgoing.query ? `${endpoint.query}&${outgoing.query}` : endpoint.query || outgoing.query
  const path = endpoint.baseUrl + outgoing.path
  const text = query ? `${path}?${query}` : path
  const last = lastUrls.get(endpoint)
  if (last?.text === text) return last.url
  const url = new URL(text)
  // A model named `../..` would lead out of what the user configured.
  const isInside =
    PLAIN_PATH.test(outgoing.path) || (url.origin + url.pathname).split('/').length === path.split('/').length
  if (!isInside) {
    throw new ModelError(`${who.provider} (${who.model}) was not called: its path cannot hold a model of this name`, {
      kind: 'bad-request',
      ...who,
    })
  }
  lastUrls.set(endpoint, { text, url })
  return url
}
