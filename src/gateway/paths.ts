import type { ProtocolId } from '../canonical/native.ts'
import { keptOperation, type KeptOperation } from './responses/kept-path.ts'

/** What a client wants of the gateway. */
export type Operation =
  | { readonly type: 'generate'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'count-tokens'; readonly protocol: ProtocolId; readonly path: string }
  | KeptOperation
  | { readonly type: 'compact'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'list-models' }
  /** Claude Code asks this at start to see whether somebody is there. */
  | { readonly type: 'hello' }

/**
 * The operation of a path, or `undefined` if it is none of the gateway's. A client whose base URL ends in `/v1` asks
 * for `/v1/v1/messages`, one whose base URL lacks it for `/messages`: both are served.
 */
export function operationOf(pathname: string): Operation | undefined {
  const path = pathname.replace(/\/{2,}/g, '/').replace(/^(?:\/v1)+(?=\/)/, '')
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  return OPERATIONS[plain] ?? keptOperation(plain)
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/messages': { type: 'generate', protocol: 'anthropic-messages', path: '/messages' },
  '/messages/count_tokens': { type: 'count-tokens', protocol: 'anthropic-messages', path: '/messages/count_tokens' },
  '/chat/completions': { type: 'generate', protocol: 'openai-chat', path: '/chat/completions' },
  '/responses': { type: 'generate', protocol: 'openai-responses', path: '/responses' },
  '/responses/input_tokens': { type: 'count-tokens', protocol: 'openai-responses', path: '/responses/input_tokens' },
  '/responses/compact': { type: 'compact', protocol: 'openai-responses', path: '/responses/compact' },
  '/models': { type: 'list-models' },
  '/api/hello': { type: 'hello' },
}
