import type { ProtocolId } from '../canonical/native.ts'

/** What a client wants of the gateway. */
export type Operation =
  | { readonly type: 'generate'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'count-tokens'; readonly protocol: ProtocolId; readonly path: string }
  | { readonly type: 'list-models' }
  /** Claude Code asks this at start to see whether somebody is there. */
  | { readonly type: 'hello' }

/**
 * The operation of a path, or `undefined` if it is none of the gateway's. A client whose base URL ends in `/v1` asks
 * for `/v1/v1/messages`, one whose base URL lacks it for `/messages`: both are served.
 */
export function operationOf(pathname: string): Operation | undefined {
  const path = pathname.replace(/\/{2,}/g, '/').replace(/^(?:\/v1)+(?=\/)/, '')
  return OPERATIONS[path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path]
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/messages': { type: 'generate', protocol: 'anthropic-messages', path: '/messages' },
  '/messages/count_tokens': { type: 'count-tokens', protocol: 'anthropic-messages', path: '/messages/count_tokens' },
  '/chat/completions': { type: 'generate', protocol: 'openai-chat', path: '/chat/completions' },
  '/responses': { type: 'generate', protocol: 'openai-responses', path: '/responses' },
  '/models': { type: 'list-models' },
  '/api/hello': { type: 'hello' },
}
