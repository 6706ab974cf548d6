import type { Endpoint, Provider } from '../provider/provider.ts'

/** Everything by which `provider` could be used by somebody else: keys, header values, query, the proxy's password. */
export function secretsOf(provider: Provider, endpoint?: Endpoint): string[] {
  const endpoints = endpoint ? [endpoint] : provider.endpoints
  const proxies = [provider.proxy, ...endpoints.map(({ proxy }) => proxy)].flatMap((proxy) =>
    proxy ? (URL.parse(proxy) ?? []) : [],
  )
  return [
    provider.apiKey ?? '',
    ...(provider.apiKeys ?? []),
    ...Object.entries(provider.headers).flatMap(([name, value]) => secretOf(name, value)),
    ...endpoints.flatMap(({ authOptions = {} }) =>
      Object.entries(authOptions).flatMap(([name, value]) => secretOf(name, value)),
    ),
    ...endpoints.flatMap(({ query }) =>
      query.split('&').flatMap((pair) => {
        const [name = '', ...value] = pair.split('=')
        return secretOf(decoded(name), value.join('='))
      }),
    ),
    ...proxies.flatMap(({ password }) => [password, decoded(password)]),
  ].filter((secret) => secret.length >= SHORTEST_SECRET)
}

/** `text` without the secrets: some providers repeat the key that they refuse. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, '[redacted]') : rest), text)
}

/** `text` without what looks like anybody's key: a provider may repeat one that is not in the config. */
export function redactKeys(text: string): string {
  return text.replace(KEYS, '[redacted]')
}

const KEYS =
  /\b(?:sk|pk|rk|gsk|xai|nvapi|hf|r8|ghp|gho|ghu|csk|fw|tgp)[-_][A-Za-z0-9_-]{16,}|\bAIza[0-9A-Za-z_-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|(?<=\bBearer )[A-Za-z0-9._~+/=-]{16,}/g

/** Shorter ones (`api-version=2`, say) hold no secret, and would tear words apart. */
const SHORTEST_SECRET = 8

/** The value as it is, without its scheme (`Bearer`), and as it is meant, if the name says that it is a secret. */
function secretOf(name: string, value: string): string[] {
  return SECRET_NAME.test(name) ? [value, value.replace(/^\w+\s+/, ''), decoded(value)] : []
}

const SECRET_NAME = /key|token|secret|auth|pass|cookie|credential|sig|code|session/i

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
