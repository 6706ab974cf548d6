import { ModelError } from '../canonical/error.ts'
import type { Provider } from '../provider/provider.ts'
import { signers } from './auth/index.ts'
import type { SignerContext, Unsigned } from './auth/signer.ts'

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
const KEY_HEADERS: ReadonlySet<string> = new Set([
  'x-api-key',
  'authorization',
  'x-goog-api-key',
  'api-key',
  'cf-aig-authorization',
])

/** What a client shows in any of the headers for keys. */
export function shownKeys(headers: Headers): string[] {
  const keys: string[] = []
  for (const name of KEY_HEADERS) {
    const shown = headers[name]
    if (shown !== undefined) keys.push(shown.replace(/^bearer\s+/i, '').trim())
  }
  return keys
}

/** The headers with the key that Google's clients may write into the URL, as if it stood where it belongs. */
export function withQueryKey(headers: Headers, query: string): Headers {
  const key = query === '' ? null : new URLSearchParams(query).get('key')
  return key === null || headers['x-goog-api-key'] !== undefined ? headers : { ...headers, 'x-goog-api-key': key }
}

/** A query without the keys in it. */
export function withoutQueryKeys(query: string): string {
  return query === ''
    ? ''
    : query
        .split('&')
        .filter((pair) => !QUERY_KEY.test(pair))
        .join('&')
}

const QUERY_KEY = /^(?:key|%6bey|access_token)=/i

/** Whether `key` is marked as meant for a provider: it is never a client key. */
export function isUpstreamKey(key: string): boolean {
  return mark.test(key)
}

/** What the client brought for providers. The router's own `apiKey` is not among it. */
export function readCredential(headers: Headers, apiKey: string | undefined): Credential | undefined {
  const shown = shownKeys(headers).filter((key) => key !== apiKey)
  if (shown.length === 0) return undefined
  const key = shown.find(isUpstreamKey)?.replace(mark, '').trim()
  const login = shown.find((each) => anthropics.test(each))
  if (!key && login === undefined) return undefined
  return { ...(key && { key: () => key }), ...(login !== undefined && { login: () => login }) }
}

/** `headers` without those that carry keys: nothing behind this point can pass one on, or log it. */
export function withoutKeys(headers: Headers): Record<string, string> {
  const rest: Record<string, string> = {}
  for (const name in headers) if (!KEY_HEADERS.has(name)) rest[name] = headers[name] as string
  return rest
}

/** A request's headers with all that the provider is to be shown. */
export interface Authorized {
  readonly headers: Record<string, string>
  /** What of them, besides the key of the config, nobody must repeat: the client's own credential, say. */
  readonly secrets: readonly string[]
  /** Whether the call goes without any key. */
  readonly isOpen: boolean
}

/**
 * Adds the provider's own headers and what proves who calls; the client's credential in place of the config's only where
 * the provider takes it. Throws a `ModelError` where there is nothing to show and the provider needs it.
 */
export async function authorize(
  request: Unsigned,
  credential: Credential | undefined,
  context: Omit<SignerContext, 'key'>,
): Promise<Authorized> {
  const { provider, endpoint } = context
  const sign = signers[endpoint.auth]
  const showsOwn = showsOwnKey(provider)
  const holdsKey = provider.apiKey !== undefined || showsOwn
  const brought = broughtFor(provider, holdsKey, credential)
  if (brought !== undefined) {
    const headers = { ...request.headers, ...withoutKeys(provider.headers) }
    if (subscription.test(brought)) return { headers: subscribed(brought, headers), secrets: [brought], isOpen: false }
    const proof = await sign({ ...request, headers }, { ...context, key: brought })
    return { headers: { ...headers, ...proof?.headers }, secrets: [brought, ...(proof?.secrets ?? [])], isOpen: false }
  }
  if (!holdsKey && provider.takes) throw missingKey(provider, credential)
  const headers = { ...request.headers, ...provider.headers }
  // Whoever writes the header himself wants no other proof, but for a key that he writes besides.
  if (showsOwn && provider.apiKey === undefined) return { headers, secrets: [], isOpen: false }
  const { apiKey } = provider
  const proof = await sign({ ...request, headers }, { ...context, ...(apiKey !== undefined && { key: apiKey }) })
  return {
    headers: { ...request.headers, ...proof?.headers, ...provider.headers },
    secrets: proof?.secrets ?? [],
    isOpen: !proof && !showsOwn,
  }
}

/** Whether a call shows what the client brought, so that its answer says nothing of the keys of the config. */
export function showsBrought(provider: Provider, credential: Credential | undefined): boolean {
  const holdsKey = provider.apiKey !== undefined || showsOwnKey(provider)
  return broughtFor(provider, holdsKey, credential) !== undefined
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

function subscribed(token: string, headers: Headers): Record<string, string> {
  const betas = (headers['anthropic-beta'] ?? '').split(',').flatMap((beta) => beta.trim() || [])
  const named = betas.includes(OAUTH_BETA) ? headers['anthropic-beta'] : [...betas, OAUTH_BETA].join(',')
  return { ...headers, authorization: `Bearer ${token}`, 'anthropic-beta': named ?? OAUTH_BETA }
}

function showsOwnKey({ headers }: Provider): boolean {
  for (const name in headers) if (KEY_HEADERS.has(name)) return true
  return false
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
