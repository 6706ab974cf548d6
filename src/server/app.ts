import { Elysia } from 'elysia'
import type { Gateway } from '../gateway/gateway.ts'

/** All that is not a model call: who is here, and how it is. Anything unknown is answered by the gateway in the client's protocol. */
export function createApp(
  gateway: Gateway,
  version: string,
): { fetch(request: Request): Response | Promise<Response> } {
  return new Elysia()
    .get('/', () => ({ name: 'ccr', version }))
    .get('/health', () => ({ status: 'ok', name: 'ccr', version, pid: process.pid }))
    .all('/*', ({ request }) => gateway(request), { parse: 'none' })
}
