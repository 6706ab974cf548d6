import { ModelError } from '../canonical/error.ts'
import type { Respondent } from './source.ts'

/** A failed connection to `host`, or to the proxy on the way to it, in words that tell the user where to look. */
export function explainFailure(cause: unknown, who: Respondent, host: string): ModelError {
  const failure = readFailure(cause)
  const words = failure.proxy === undefined ? wordsOf(failure, host) : wordsOfProxy(failure, failure.proxy)
  const isLasting = LASTING.has(failure.code) || DISTRUST[failure.code] !== undefined
  return new ModelError(`${who.provider} (${who.model}): ${words}`, { kind: 'network', isLasting, ...who, cause })
}

/** The same of a failure that is the proxy's; `undefined`: it is not. */
export function explainProxy(cause: unknown): string | undefined {
  const failure = readFailure(cause)
  return failure.proxy === undefined ? undefined : wordsOfProxy(failure, failure.proxy)
}

/** Whether a server refuses because it was called by `http:` and wants `https:`; `message`: what it says. */
export function wantsTls(status: number, message: string): boolean {
  return (
    status === 400 && /plain HTTP request was sent to|HTTP request to an HTTPS|speaking plain HTTP to an/i.test(message)
  )
}

/** What is said to `wantsTls`. */
export const NEEDS_TLS = 'the server speaks TLS there: does api_base_url need `https:` instead of `http:`?'

interface Failure {
  /** `''`: it has none. */
  readonly code: string
  readonly message: string
  /** The proxy that is to blame. */
  readonly proxy: string | undefined
}

function readFailure(cause: unknown): Failure {
  const { code, message, proxy } = Object(cause) as { [name in keyof Failure]?: unknown }
  const text = typeof message === 'string' ? message : String(cause)
  return {
    code: typeof code === 'string' ? (plainer(code, text) ?? code) : '',
    message: text,
    proxy: typeof proxy === 'string' ? proxy : undefined,
  }
}

/** One code for what several libraries, and parts of one, call by several. */
function plainer(code: string, message: string): string | undefined {
  if (message.includes('WRONG_VERSION_NUMBER')) return 'NotTls'
  if (message.includes('before secure TLS')) return 'ClosedInTls'
  return code.startsWith('HPE_') ? 'NotHttp' : undefined
}

function wordsOf({ code, message }: Failure, host: string): string {
  if (code === '') return message
  if (code === 'HttpViolation') return `the answer of ${host} cannot be read as HTTP: ${message}`
  // Of `https:` the port would not be told: it is the usual one.
  if (CLOSED.has(code) && host.endsWith(':443')) return NEEDS_TLS
  const own = WORDS[code]
  if (own !== undefined) return own.replace('HOST', host)
  return distrust(code, host) ?? `the connection to ${host} failed: ${reason(code, message)}`
}

function wordsOfProxy({ code, message }: Failure, proxy: string): string {
  const own = PROXY_WORDS[code]
  if (own !== undefined) return `the proxy ${proxy} ${own}`
  if (code === 'ProxyRefused') return `the proxy ${proxy} refused to connect to the provider: ${message}`
  if (code === 'HttpViolation') return `what comes through the proxy ${proxy} cannot be read as HTTP: ${message}`
  return distrust(code, `the proxy ${proxy}`) ?? `the connection to the proxy ${proxy} failed: ${reason(code, message)}`
}

function distrust(code: string, whose: string): string | undefined {
  const why = DISTRUST[code]
  return why && `the certificate of ${whose} is not trusted (${code}): ${why}`
}

/** BoringSSL tells in its message what went wrong, and in the code only that something did. */
function reason(code: string, message: string): string {
  const detail = /SSL routines:\w+:(\w+)/.exec(message)?.[1]
  return detail === undefined ? code : `${code}, ${detail}`
}

const DAMAGED = 'the compressed answer cannot be unpacked: it is damaged or cut off'

const WORDS: Readonly<Record<string, string>> = {
  ConnectionRefused: 'the connection was refused: is api_base_url right, and does the server run?',
  ECONNREFUSED: 'the connection was refused: is api_base_url right, and does the server run?',
  ConnectionClosed: 'the connection was closed before the answer was complete',
  ECONNRESET: 'the connection was reset before the answer was complete',
  ClosedInTls: 'HOST closed the connection before it was secure: is api_base_url right?',
  ENOTFOUND: 'the host name is not known: is api_base_url right?',
  FailedToOpenSocket: 'no connection could be opened: is api_base_url right?',
  NotHttp: 'HOST does not speak HTTP/1: is api_base_url right?',
  NotTls: 'HOST does not speak TLS: does api_base_url need `http:` instead of `https:`?',
  NotPlain: NEEDS_TLS,
  ZlibError: DAMAGED,
  ShortRead: DAMAGED,
  BrotliDecompressionError: DAMAGED,
  ZstdDecompressionError: DAMAGED,
}

const CLOSED: ReadonlySet<string> = new Set(['ConnectionClosed', 'ECONNRESET'])

const WHERE =
  '(`proxy` of the provider, else PROXY_URL of the config, else HTTPS_PROXY or HTTP_PROXY of the environment)'

const PROXY_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: `refused the connection: is its address right ${WHERE}, and does it run?`,
  ENOTFOUND: `has a host name that is not known: is its address right ${WHERE}?`,
  ConnectionClosed: 'closed the connection before the answer was complete',
  ECONNRESET: 'closed the connection before the answer was complete',
  ClosedInTls: 'closed the connection before it was secure: does it need `http:` instead of `https:`?',
  NotHttp: `does not answer as an HTTP proxy does: is its address right ${WHERE}?`,
  NotTls: 'does not speak TLS: does it need `http:` instead of `https:`?',
  NotPlain: 'speaks TLS: does it need `https:` instead of `http:`?',
  ProxyAuthRequired:
    'asks for a user and a password (407): are those in its URL right (`http://user:password@host:port`)?',
}

/** What comes again until somebody changes an address or a password. */
const LASTING: ReadonlySet<string> = new Set(['NotTls', 'NotPlain', 'ProxyAuthRequired'])

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
