import { ModelError } from '../canonical/error.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import { keyHeaders, signers } from './auth/index.ts'
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
const KEY_NAMES = ['x-api-key', 'authorization', 'x-goog-api-key', 'api-key', 'cf-aig-authorization']
const KEY_HEADERS: ReadonlySet<string> = new Set(KEY_NAMES)

/** What the headers of a client say. */
export interface Told {
  /** All but those that carry keys: nothing behind this point can pass one on, or log it. */
  readonly headers: Record<string, string>
  /** What it shows in any of those. */
  readonly keys: readonly string[]
}

/** Reads a client's headers, and the key that Google's clients may write into the URL, as if it stood where it belongs. */
export function readHeaders(all: globalThis.Headers, query: string): Told {
  const headers: Record<string, string> = {}
  const shown: Record<string, string> = {}
  let isShown = false
  all.forEach((value, name) => {
    if (KEY_HEADERS.has(name)) {
      shown[name] = value
      isShown = true
    } else headers[name] = value
  })
  const key = query === '' ? null : new URLSearchParams(query).get('key')
  if (key !== null) shown['x-goog-api-key'] ??= key
  return { headers, keys: isShown || key !== null ? shownKeys(shown) : NONE }
}

/** What is shown in any of the headers for keys. */
export function shownKeys(headers: Headers): string[] {
  const keys: string[] = []
  for (const name of KEY_NAMES) {
    const shown = headers[name]
    if (shown !== undefined) keys.push(shown.replace(BEARER, '').trim())
  }
  return keys
}

const BEARER = /^bearer\s+/i

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

/** What the client brought for providers, of the keys that it shows. The router's own `apiKey` is not among it. */
export function readCredential(keys: readonly string[], apiKey: string | undefined): Credential | undefined {
  let key: string | undefined
  let login: string | undefined
  for (const shown of keys) {
    if (shown === apiKey) continue
    if (isUpstreamKey(shown)) key ??= shown.replace(mark, '').trim()
    if (anthropics.test(shown)) login ??= shown
  }
  if (!key && login === undefined) return undefined
  return { ...(key && { key: () => key }), ...(login !== undefined && { login: () => login }) }
}

/** `headers` without those that carry keys. */
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
export function authorize(
  request: Unsigned,
  credential: Credential | undefined,
  context: Omit<SignerContext, 'key'>,
): Authorized | Promise<Authorized> {
  const { provider, endpoint } = context
  const own = proofOf(provider, endpoint)
  const brought = broughtFor(provider, own.holdsKey, credential)
  if (brought !== undefined) return withBrought(brought, request, context)
  if (!own.holdsKey && provider.takes) throw missingKey(provider, credential)
  if (!own.headers) return signed(request, context)
  return { headers: { ...request.headers, ...own.headers }, secrets: NONE, isOpen: own.isOpen }
}

async function withBrought(
  brought: string,
  request: Unsigned,
  context: Omit<SignerContext, 'key'>,
): Promise<Authorized> {
  const { provider, endpoint } = context
  const headers = { ...request.headers, ...withoutKeys(provider.headers) }
  if (subscription.test(brought)) return { headers: subscribed(brought, headers), secrets: [brought], isOpen: false }
  const proof = await signers[endpoint.auth]({ ...request, headers }, { ...context, key: brought })
  return { headers: { ...headers, ...proof?.headers }, secrets: [brought, ...(proof?.secrets ?? [])], isOpen: false }
}

async function signed(request: Unsigned, context: Omit<SignerContext, 'key'>): Promise<Authorized> {
  const { provider, endpoint } = context
  const { apiKey } = provider
  const headers = { ...request.headers, ...provider.headers }
  const key = apiKey === undefined ? {} : { key: apiKey }
  const proof = await signers[endpoint.auth]({ ...request, headers }, { ...context, ...key })
  return {
    headers: { ...request.headers, ...proof?.headers, ...provider.headers },
    secrets: proof?.secrets ?? NONE,
    isOpen: !proof && !showsOwnKey(provider),
  }
}

const NONE: readonly string[] = []

/** What a provider's row proves at an endpoint. */
interface OwnProof {
  readonly holdsKey: boolean
  /** Whether its calls go without any key. */
  readonly isOpen: boolean
  /** The provider's headers, that of its key too; absent: each request has to be signed. */
  readonly headers?: Headers
}

// Rows never change, so what follows from one is kept beside it.
const proofs = new WeakMap<Provider, Map<Endpoint, OwnProof>>()

function proofOf(provider: Provider, endpoint: Endpoint): OwnProof {
  const known = proofs.get(provider)?.get(endpoint)
  if (known) return known
  const { apiKey, headers } = provider
  const showsOwn = showsOwnKey(provider)
  const show = keyHeaders[endpoint.auth]
  // Whoever writes the header himself wants no other proof, but for a key that he writes besides.
  const isShown = showsOwn && apiKey === undefined
  const proof: OwnProof = {
    holdsKey: apiKey !== undefined || showsOwn,
    isOpen: apiKey === undefined && !showsOwn,
    ...((isShown || show) && { headers: { ...(apiKey !== undefined && show?.(apiKey)), ...headers } }),
  }
  const ofRow = proofs.get(provider) ?? new Map<Endpoint, OwnProof>()
  proofs.set(provider, ofRow.set(endpoint, proof))
  return proof
}

/** Whether a call shows what the client brought, so that its answer says nothing of the keys of the config. */
export function showsBrought(provider: Provider, credential: Credential | undefined): boolean {
  if (!credential) return false
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
