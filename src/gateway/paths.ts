import type { ProtocolId } from '../canonical/native.ts'
import { decoded, readPath } from '../protocol/gemini/path.ts'
import { belowPreset } from './preset-path.ts'
import { keptOperation, type KeptOperation } from './responses/kept-path.ts'

/** What a client wants of the gateway. */
export type Operation =
  | { readonly type: 'generate'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'count-tokens'; readonly protocol: ProtocolId; readonly path: string }
  | KeptOperation
  | { readonly type: 'compact'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'embed'; readonly protocol: ProtocolId; readonly path: string }
  /** `protocol`: in whose shape, where the path says it. */
  | { readonly type: 'list-models'; readonly protocol?: ProtocolId }
  | { readonly type: 'get-model'; readonly model: string; readonly protocol?: ProtocolId }
  /** Claude Code asks this at start to see whether somebody is there. */
  | { readonly type: 'hello' }

/**
 * The operation of a path, or `undefined` if it is none of the gateway's. A client whose base URL ends in `/v1` asks
 * for `/v1/v1/messages`, one whose base URL lacks it for `/messages`: both are served, as are Google's versions.
 */
export function operationOf(pathname: string): Operation | undefined {
  const plain = OPERATIONS[pathname.startsWith('/v1/') ? pathname.slice(3) : pathname]
  if (plain) return plain
  const slashed = belowPreset(pathname).replace(/\/{2,}/g, '/')
  const versions = VERSIONS.exec(slashed)?.[0] ?? ''
  const below = slashed.slice(versions.length)
  const path = below.length > 1 && below.endsWith('/') ? below.slice(0, -1) : below
  return OPERATIONS[path] ?? geminiOperation(path) ?? keptOperation(path) ?? modelsOperation(path, versions)
}

/** Where a request goes. */
export interface Address {
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** Absent: it is none of the gateway's. */
  readonly operation: Operation | undefined
}

/** Path and query of a request's URL, without the cost of parsing it whole. */
export function addressOf(url: string): Address {
  // Where the Host header is none, Bun gives the path alone.
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return { path: '/', query: '', operation: undefined }
  const mark = url.indexOf('?', start)
  const path = mark < 0 ? url.slice(start) : url.slice(start, mark)
  return { path, query: mark < 0 ? '' : url.slice(mark + 1), operation: operationOf(path) }
}

const VERSIONS = /^(?:\/v1(?:(?:alpha|beta)\d*)?)+(?=\/)/

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/messages': { type: 'generate', protocol: 'anthropic-messages', path: '/messages' },
  '/messages/count_tokens': { type: 'count-tokens', protocol: 'anthropic-messages', path: '/messages/count_tokens' },
  '/chat/completions': { type: 'generate', protocol: 'openai-chat', path: '/chat/completions' },
  '/responses': { type: 'generate', protocol: 'openai-responses', path: '/responses' },
  '/responses/input_tokens': { type: 'count-tokens', protocol: 'openai-responses', path: '/responses/input_tokens' },
  '/responses/compact': { type: 'compact', protocol: 'openai-responses', path: '/responses/compact' },
  '/embeddings': { type: 'embed', protocol: 'openai-chat', path: '/embeddings' },
  '/api/hello': { type: 'hello' },
}

function modelsOperation(path: string, versions: string): Operation | undefined {
  const protocol = /alpha|beta/.test(versions) ? ({ protocol: 'gemini' } as const) : {}
  if (path === '/models') return { type: 'list-models', ...protocol }
  return path.startsWith('/models/') ? { type: 'get-model', model: decoded(path.slice(8)), ...protocol } : undefined
}

/** Gemini's paths hold the model before the action. */
function geminiOperation(path: string): Operation | undefined {
  const type = GEMINI_ACTIONS.get(readPath(path)?.action ?? '')
  return type && { type, protocol: 'gemini', path }
}

const GEMINI_ACTIONS: ReadonlyMap<string, 'generate' | 'count-tokens' | 'embed'> = new Map([
  ['generateContent', 'generate'],
  ['streamGenerateContent', 'generate'],
  ['countTokens', 'count-tokens'],
  ['embedContent', 'embed'],
  ['batchEmbedContents', 'embed'],
])
