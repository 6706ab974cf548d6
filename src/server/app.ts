import { Elysia } from 'elysia'
import type { Gateway } from '../gateway/gateway.ts'

/** What is neither a model call nor about the instance. Anything unknown is answered by the gateway in the client's protocol. */
export function createApp(
  gateway: Gateway,
  version: string,
): { fetch(request: Request): Response | Promise<Response> } {
  return new Elysia()
    .get('/', () => ({ name: 'ccr', version }))
    .all('/*', ({ request }) => gateway(request), { parse: 'none' })
}
