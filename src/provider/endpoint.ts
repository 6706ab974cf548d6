import type { ProtocolId } from '../canonical/native.ts'
import type { AuthKind, DialectUse, Endpoint } from './provider.ts'

/** Why a URL cannot be used; says nothing of a key that it may hold. */
export interface EndpointProblem {
  readonly problem: string
  readonly suggestion?: string
}

/**
 * The endpoint that a provider's URL means, in any of its spellings: the host alone, the part before the protocol's
 * path, or the full URL of a call. The dialects `Anthropic`, `bedrock`, `gemini` and `openai-responses` choose the protocol; without
 * them the URL tells. A `stated` protocol is not looked for.
 */
export function readEndpoint(
  written: string,
  dialects: readonly DialectUse[] = [],
  stated?: ProtocolId,
): Endpoint | EndpointProblem {
  const text = written.trim()
  const url = URL.parse(text)
  const problem = problemOf(text, url)
  if (problem || !url) return problem ?? notAUrl
  const protocol = stated ?? protocolOfDialects(dialects) ?? protocolOfUrl(url)
  const auth = protocol === 'anthropic-messages' && usesBearer(dialects) ? 'bearer' : shapes[protocol].auth
  return { protocol, baseUrl: url.origin + basePath(url, shapes[protocol]), query: queryOf(url, protocol), auth }
}

/** Whether it is a server of Anthropic's own, and surely: by name, and encrypted. */
export function isAnthropics(url: URL): boolean {
  return url.protocol === 'https:' && /^(?:[^.]+\.)*anthropic\.com\.?$/i.test(url.hostname)
}

/** In which header a protocol's own vendor takes its key. */
export function authOf(protocol: ProtocolId): AuthKind {
  return shapes[protocol].auth
}

/** Whether a URL says what is to be called in full, so that nothing more is meant by it. */
export function isFullCall(written: string, protocol: ProtocolId): boolean {
  const path = URL.parse(written.trim())?.pathname.replace(/\/+$/, '') ?? ''
  return shapes[protocol].call.test(path)
}

/** Whether reading the URL failed. */
export function isEndpointProblem(endpoint: Endpoint | EndpointProblem): endpoint is EndpointProblem {
  return 'problem' in endpoint
}

/** How a protocol's URLs are built. */
interface Shape {
  /** What stands behind the base in the full URL of a call. */
  readonly call: RegExp
  /** The base path of a bare host. */
  readonly root: string
  /** Set: a path that does not end in a version gets this one. */
  readonly version?: string
  readonly auth: Endpoint['auth']
}

const shapes: Readonly<Record<ProtocolId, Shape>> = {
  'anthropic-messages': {
    call: /\/messages(\/count_tokens|\/batches)?$/i,
    root: '/v1',
    version: '/v1',
    auth: 'x-api-key',
  },
  'openai-chat': { call: /\/chat(\/completions?)?$/i, root: '/v1', auth: 'bearer' },
  'openai-responses': { call: /\/responses(\/compact)?$/i, root: '/v1', auth: 'bearer' },
  gemini: { call: /\/models(\/[^/]*)?$/i, root: '/v1beta', auth: 'x-goog-api-key' },
  'bedrock-converse': { call: /\/model(\/.*)?$/i, root: '', auth: 'aws-sigv4' },
}

/** A full URL of a call is taken at its word; else the base is completed. */
function basePath(url: URL, shape: Shape): string {
  const path = url.pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  const base = path.replace(shape.call, '')
  if (base !== path) return base
  if (path === '') return shape.root
  return shape.version && !/\/v\d+[a-z]*\d*$/i.test(path) ? path + shape.version : path
}

/** The protocol that the dialects choose, if one of them does. */
export function protocolOfDialects(dialects: readonly DialectUse[]): ProtocolId | undefined {
  return dialects.map(({ name }) => protocolOfName[name.toLowerCase()]).find((protocol) => protocol !== undefined)
}

const protocolOfName: Readonly<Record<string, ProtocolId>> = {
  anthropic: 'anthropic-messages',
  bedrock: 'bedrock-converse',
  gemini: 'gemini',
  'openai-responses': 'openai-responses',
}

function protocolOfUrl(url: URL): ProtocolId {
  const path = url.pathname.replace(/\/+$/, '')
  const called = (['anthropic-messages', 'openai-chat', 'openai-responses'] as const).find((id) =>
    shapes[id].call.test(path),
  )
  if (called) return called
  // Google's OpenAI-compatible endpoint lives on the same host, below `/openai`.
  if (/\/openai(\/|$)/i.test(path)) return 'openai-chat'
  if (url.hostname === 'api.anthropic.com') return 'anthropic-messages'
  if (url.hostname === 'generativelanguage.googleapis.com' || /\/v1beta\/models(\/|$)/i.test(path)) return 'gemini'
  if (/(^|\.)bedrock-runtime(-fips)?\..*\b(amazonaws\.com|api\.aws)/i.test(url.hostname)) return 'bedrock-converse'
  return 'openai-chat'
}

function usesBearer(dialects: readonly DialectUse[]): boolean {
  return dialects.some(
    ({ name, options }) => name.toLowerCase() === 'anthropic' && String(options['UseBearer']) === 'true',
  )
}

/** The user's query, without what the protocol's own paths bring along. */
function queryOf(url: URL, protocol: ProtocolId): string {
  const query = url.search.slice(1)
  return protocol === 'gemini'
    ? query
        .split('&')
        .filter((pair) => !/^alt=/i.test(pair))
        .join('&')
    : query
}

const notAUrl = { problem: 'expected a URL that starts with https:// or http://' }

function problemOf(text: string, url: URL | null): EndpointProblem | undefined {
  if (/^\$\{?\w+\}?/.test(text)) return { problem: 'the variable in this URL is not set' }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { ...notAUrl, ...completed(text) }
  if (!url) return { problem: 'this is no valid URL' }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { problem: `expected a URL that starts with https:// or http://, found ${url.protocol}//` }
  }
  if (url.username || url.password)
    return { problem: 'a user name or password in the URL is not sent', suggestion: 'put the key into `api_key`' }
  return undefined
}

/** `localhost:11434/v1` and `api.example.com` lack only the scheme. */
function completed(text: string): { suggestion?: string } {
  const bare = text.replace(/^(https?:)?\/*/i, '')
  if (!/^[\w.-]+(:\d+)?([/?]|$)/.test(bare)) return {}
  const host = bare.split(/[/?]/)[0] as string
  const local = /^(localhost|127\.|192\.168\.|10\.|\d+\.\d+\.\d+\.\d+)/.test(host)
  return { suggestion: `did you mean \`${local ? 'http' : 'https'}://${host}…\`?` }
}
