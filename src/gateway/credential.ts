import { ModelError } from '../canonical/error.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'

/** A text that does not show itself: a function says nothing in JSON, in a log or in an error. */
export type Secret = () => string

/** What a client brought for a provider, besides the client key of the router. */
export interface Credential {
  /** What followed `ccr:`. */
  readonly key?: Secret
  /** A key or token that the client would show to Anthropic itself. */
  readonly login?: Secret
}

type Headers = Readonly<Record<string, string>>

/** The headers in which clients and providers carry keys. */
const KEY_HEADERS = ['x-api-key', 'authorization', 'x-goog-api-key'] as const

/** What a client shows in any of the headers for keys. */
export function shownKeys(headers: Headers): string[] {
  return KEY_HEADERS.flatMap((name) => headers[name]?.replace(/^bearer\s+/i, '').trim() ?? [])
}

/** Whether `key` is marked as meant for a provider: it is never a client key. */
export function isUpstreamKey(key: string): boolean {
  return mark.test(key)
}

/** What the client brought for providers. The router's own `apiKey` is not among it. */
export function readCredential(headers: Headers, apiKey: string | undefined): Credential | undefined {
  const shown = shownKeys(headers).filter((key) => key !== apiKey)
  const key = shown.find(isUpstreamKey)?.replace(mark, '').trim()
  const login = shown.find((each) => anthropics.test(each))
  if (!key && login === undefined) return undefined
  return { ...(key && { key: () => key }), ...(login !== undefined && { login: () => login }) }
}

/** `headers` without those that carry keys: nothing behind this point can pass one on, or log it. */
export function withoutKeys(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isKeyHeader(name)))
}

/** A request's headers with all that the provider is to be shown. */
export interface Authorized {
  readonly headers: Record<string, string>
  /** The client's own credential among them, for whoever must not repeat it. */
  readonly secrets: readonly string[]
  /** Whether the call goes without any key. */
  readonly isOpen: boolean
}

/**
 * Adds the provider's own headers and key; the client's credential in place of them only where the provider takes it.
 * Throws a `ModelError` where there is none and the provider needs one.
 */
export function authorize(
  headers: Headers,
  provider: Provider,
  endpoint: Endpoint,
  credential: Credential | undefined,
): Authorized {
  const holdsKey = provider.apiKey !== undefined || Object.keys(provider.headers).some(isKeyHeader)
  const brought = broughtFor(provider, holdsKey, credential)
  if (brought !== undefined) {
    const all = { ...headers, ...withoutKeys(provider.headers) }
    return { headers: { ...all, ...showing(brought, endpoint, all) }, secrets: [brought], isOpen: false }
  }
  if (!holdsKey && provider.takes) throw missingKey(provider, credential)
  return { headers: { ...headers, ...ownKey(provider, endpoint), ...provider.headers }, secrets: [], isOpen: !holdsKey }
}

const mark = /^ccr:/i
const anthropics = /^sk-ant-/
/** Tokens of a subscription. They are taken only as a bearer's, and only with the name of this beta. */
const subscription = /^sk-ant-oat/
const OAUTH_BETA = 'oauth-2025-04-20'

function broughtFor({ takes }: Provider, holdsKey: boolean, credential: Credential | undefined): string | undefined {
  if (!holdsKey && takes?.includes('key') && credential?.key) return credential.key()
  return takes?.includes('login') ? credential?.login?.() : undefined
}

function showing(key: string, endpoint: Endpoint, headers: Headers): Record<string, string> {
  if (!subscription.test(key)) return inHeader(key, endpoint)
  const betas = (headers['anthropic-beta'] ?? '').split(',').flatMap((beta) => beta.trim() || [])
  const named = betas.includes(OAUTH_BETA) ? headers['anthropic-beta'] : [...betas, OAUTH_BETA].join(',')
  return { authorization: `Bearer ${key}`, 'anthropic-beta': named ?? OAUTH_BETA }
}

function ownKey({ apiKey }: Provider, endpoint: Endpoint): Record<string, string> {
  return apiKey === undefined ? {} : inHeader(apiKey, endpoint)
}

function inHeader(key: string, { auth }: Endpoint): Record<string, string> {
  return auth === 'bearer' ? { authorization: `Bearer ${key}` } : { [auth]: key }
}

function isKeyHeader(name: string): boolean {
  return (KEY_HEADERS as readonly string[]).includes(name)
}

function missingKey({ name, keyPlace, takes }: Provider, credential: Credential | undefined): ModelError {
  const ways = [
    `fill in ${keyPlace ?? 'its key in the config'}`,
    ...(takes?.includes('key') ? [OWN_KEY] : []),
    ...(takes?.includes('login') ? ['let the client send its own login'] : []),
  ]
  const unused = credential?.login && !takes?.includes('login') ? UNUSED_LOGIN : ''
  return new ModelError(`${name} was not called, for it has no key: ${ways.join(', or ')}${unused}`, {
    kind: 'auth',
    provider: name,
  })
}

const OWN_KEY = 'send your Anthropic key as ccr:<key> in x-api-key or as Bearer (an APIKEY goes into the other header)'
const UNUSED_LOGIN = '. The login that was sent needs "auth": "passthrough" in the config'
