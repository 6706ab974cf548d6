import { ModelError } from '../canonical/error.ts'
import type { Respondent } from './source.ts'

/** A failed connection to `host` in words that tell the user where to look. */
export function explainFailure(cause: unknown, who: Respondent, host: string): ModelError {
  const code = (cause as { code?: unknown } | undefined)?.code
  const words = typeof code === 'string' ? wordsOf(code, host) : cause instanceof Error ? cause.message : String(cause)
  const isLasting = typeof code === 'string' && DISTRUST[code] !== undefined
  return new ModelError(`${who.provider} (${who.model}): ${words}`, { kind: 'network', isLasting, ...who, cause })
}

function wordsOf(code: string, host: string): string {
  const own = WORDS[code]
  if (own !== undefined) return own
  const distrust = DISTRUST[code]
  if (distrust !== undefined) return `the certificate of ${host} is not trusted (${code}): ${distrust}`
  return `the connection to ${host} failed: ${code}`
}

const DAMAGED = 'the compressed answer cannot be unpacked: it is damaged or cut off'

const WORDS: Readonly<Record<string, string>> = {
  ConnectionRefused: 'the connection was refused: is api_base_url right, and does the server run?',
  ECONNREFUSED: 'the connection was refused: is api_base_url right, and does the server run?',
  ConnectionClosed: 'the connection was closed before the answer was complete',
  ECONNRESET: 'the connection was reset before the answer was complete',
  ENOTFOUND: 'the host name is not known: is api_base_url right?',
  FailedToOpenSocket: 'no connection could be opened: is api_base_url right?',
  ERR_PROXY_TUNNEL: 'the proxy refused to connect to the provider: is the proxy right, and its user name and password?',
  ZlibError: DAMAGED,
  ShortRead: DAMAGED,
  BrotliDecompressionError: DAMAGED,
  ZstdDecompressionError: DAMAGED,
}

const UNKNOWN_AUTHORITY =
  'it is signed by an authority that this machine does not know. If that is your company’s, set CA_FILES, or `ca` of the provider, to the file of its certificate'

const DISTRUST: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'it has expired. Is the clock of this machine right?',
  CERT_NOT_YET_VALID: 'it is not valid yet. Is the clock of this machine right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host. Is api_base_url right?',
}
