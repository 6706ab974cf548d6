import { expect, test } from 'bun:test'
import { bunPorts } from '../../src/platform/bun.ts'
import { serve, type RunningServer } from '../../src/server/serve.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { testProvider } from '../helper/gateway.ts'

const ROUTES = { targets: { default: { provider: 'mock', model: 'mock-model' } }, longContextThreshold: 60_000 }
const PROTOCOLS = ['anthropic-messages', 'openai-chat'] as const

function start(): RunningServer {
  const ports = bunPorts({ log: () => {}, usage: createMemoryStore(), env: {} })
  return serve({ config: { providers: [], routes: ROUTES }, ports, host: '127.0.0.1', port: 0, version: '0' })
}

function lead(
  from: RunningServer,
  to: RunningServer,
  protocol: (typeof PROTOCOLS)[number],
  store = createMemoryStore(),
): void {
  const config = { providers: [testProvider(to.url, protocol)], routes: ROUTES }
  from.use(config, bunPorts({ log: () => {}, usage: store, env: {} }))
}

const ask = (server: RunningServer, path: string, stream: boolean): Promise<Response> =>
  fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 9, stream, messages: [{ role: 'user', content: 'Hi' }] }),
  })

for (const protocol of PROTOCOLS) {
  test.each([true, false])(
    `calls of ${protocol} that lead back to the router end at once, and say so, streamed: %p`,
    async (stream) => {
      const server = start()
      const store = createMemoryStore()
      lead(server, server, protocol, store)
      const started = performance.now()
      const response = await ask(server, 'messages', stream)
      expect(response.status).toBe(508)
      expect(await response.text()).toContain('Calls go in circles')
      expect(performance.now() - started).toBeLessThan(1000)
      expect(store.calls.length).toBeLessThan(10)
      await server.stop(0)
    },
  )

  test(`calls of ${protocol} that lead back through another router end, too`, async () => {
    const [one, other] = [start(), start()]
    lead(one, other, protocol)
    lead(other, one, protocol)
    expect((await ask(one, 'messages', false)).status).toBe(508)
    await Promise.all([one.stop(0), other.stop(0)])
  })
}

test('counting tokens ends, too, with the count of this router', async () => {
  const server = start()
  lead(server, server, 'anthropic-messages')
  const response = await ask(server, 'messages/count_tokens', false)
  expect(await response.json()).toEqual({ input_tokens: expect.any(Number) })
  await server.stop(0)
})
