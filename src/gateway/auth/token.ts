import { ModelError } from '../../canonical/error.ts'
import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { explainProxy } from '../failure.ts'
import type { SignerContext } from './signer.ts'

/** Something to show for a while. */
export interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** How a token is asked for. */
export interface TokenRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** The fields of a form. Absent: they are asked for with GET. */
  readonly form?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/**
 * The token of `name`, fetched when there is none that is good for a few minutes more. Calls at the same time wait for one
 * answer, whichever of their clients goes away; while an old token is still good, a failure to renew it is no failure.
 */
export async function freshToken(
  name: string,
  { ports, signal }: SignerContext,
  fetchToken: () => Promise<Token>,
): Promise<string> {
  const tokens = caches.get(ports) ?? new Map<string, Entry>()
  caches.set(ports, tokens)
  const entry: Entry = tokens.get(name) ?? {}
  tokens.set(name, entry)
  const now = ports.now()
  if (entry.token && entry.token.expiresAt - now > RENEWED_MS) return entry.token.value
  entry.pending ??= fetchToken().then(
    (token) => void Object.assign(entry, { token, pending: undefined, failure: undefined }),
    (cause: unknown) => void Object.assign(entry, { pending: undefined, failure: { cause } }),
  )
  await unlessAborted(entry.pending, signal)
  if (entry.token && entry.token.expiresAt > ports.now()) return entry.token.value
  throw entry.failure?.cause ?? refusal('the token that was given has run out already')
}

/** Asks for a token and reads the answer of OAuth. Throws a `ModelError` that says who refused, and why, but no secret. */
export async function askForToken(request: TokenRequest, context: SignerContext): Promise<Token> {
  const { ports, provider } = context
  const { url, form, headers, timeoutMs = TIMEOUT_MS } = request
  const response = await ports
    .fetch(url, {
      method: form ? 'POST' : 'GET',
      headers: { accept: 'application/json', ...(form && { 'content-type': FORM }), ...headers },
      body: form ? new URLSearchParams(form).toString() : '',
      signal: AbortSignal.timeout(timeoutMs),
      proxy: isNear(url) ? false : provider.proxy,
      ...(provider.ca !== undefined && { ca: provider.ca }),
    })
    .catch((cause: unknown) => {
      const why = explainProxy(cause)
      const told = `${new URL(url).host} cannot be reached for a token`
      throw new ModelError(why === undefined ? told : `${told}: ${why}`, { kind: 'network', cause })
    })
  const answer = readJson(await response.text())
  const value = asString(answer['access_token'])
  if (response.ok && value) return { value, expiresAt: ports.now() + Number(answer['expires_in'] ?? 0) * 1000 }
  const why = asString(answer['error_description']) ?? asString(answer['error']) ?? 'without a reason'
  throw refusal(`${new URL(url).host} gave no token (${response.status}): ${why.slice(0, 300)}`)
}

/** A reason why there is no token, for whoever can change it; the caller names the provider. */
export function refusal(why: string, cause?: unknown): ModelError {
  return new ModelError(why, { kind: 'auth', ...(cause !== undefined && { cause }) })
}

/** The same reason, with the name of the provider that was not called for it. */
export function named(cause: unknown, { provider }: SignerContext): unknown {
  if (!(cause instanceof ModelError)) return cause
  return new ModelError(`${provider.name} was not called: ${cause.message}`, {
    ...cause.details,
    kind: cause.kind,
    provider: provider.name,
  })
}

interface Entry {
  token?: Token
  pending?: Promise<void> | undefined
  failure?: { readonly cause: unknown } | undefined
}

// Tokens belong to whoever owns the ports, a gateway, and go with it.
const caches = new WeakMap<object, Map<string, Entry>>()

const RENEWED_MS = 240_000
const TIMEOUT_MS = 30_000
const FORM = 'application/x-www-form-urlencoded'

/** Metadata servers are reached on the machine's own network only. */
export function isNear(url: string): boolean {
  const { hostname } = new URL(url)
  return /^(localhost|127\.[\d.]+|\[::1\]|169\.254\.[\d.]+|metadata(\.google\.internal)?)$/.test(hostname)
}

function readJson(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : {}
  } catch {
    // An error page; the status says enough.
    return {}
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(new ModelError('the client went away', { kind: 'aborted', cause: signal.reason }))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
