import { describe, expect, test } from 'bun:test'
import { testGateway, testProvider } from '../helper/gateway.ts'
import { sse } from '../helper/turn-parts.ts'
import { EACH, requestOf } from './agent-scene.ts'

const PIECE = 16_000
const HEAD = { headers: { 'content-type': 'text/event-stream' } }

/** A provider whose answer never ends, and is made only as far as it is asked for. */
function endless() {
  const told = { pieces: 0, isCancelled: false }
  const frame = new TextEncoder().encode(
    sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'x'.repeat(PIECE) } }] }),
  )
  const fetch = (): Promise<Response> => {
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          told.pieces++
          controller.enqueue(frame)
        },
        cancel() {
          told.isCancelled = true
        },
      },
      { highWaterMark: 0 },
    )
    return Promise.resolve(new Response(body, HEAD))
  }
  return {
    told,
    gateway: testGateway({ providers: [testProvider('http://127.0.0.1:1', 'openai-chat')] }, { fetch }).gateway,
  }
}

/** All that is ready to run has run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('pains #55: memory', () => {
  test.each(EACH)(
    'pains #55: %s: a client that does not read stops the provider, and goes on when it does',
    async (_, agent) => {
      const { told, gateway } = endless()
      const response = await gateway(requestOf(agent))
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      await settled()
      const stood = told.pieces
      await settled()
      expect(told.pieces).toBe(stood)
      // A megabyte waits at most, however much there is to come.
      expect(stood * PIECE).toBeLessThan(1_000_000)
      let heard = 0
      while (heard < 200 * PIECE) heard += (await reader.read()).value?.length ?? 0
      expect(told.pieces).toBeGreaterThan(150)
      await reader.cancel()
      await settled()
      expect(told.isCancelled).toBeTrue()
    },
  )

  test('pains #55: calls that were broken off leave nothing behind', async () => {
    const { gateway } = endless()
    const breakOff = async (count: number): Promise<number> => {
      for (let call = 0; call < count; call++) {
        const [, agent] = EACH[call % EACH.length] as (typeof EACH)[number]
        const response = await gateway(requestOf(agent))
        const reader = (response.body as ReadableStream<Uint8Array>).getReader()
        await reader.read()
        await reader.cancel()
      }
      await settled()
      Bun.gc(true)
      return process.memoryUsage().heapUsed
    }
    await breakOff(200)
    const before = await breakOff(200)
    const after = await breakOff(400)
    // What one of them holds while it runs, sixty times: less than a tenth of them.
    expect(after - before).toBeLessThan(60 * PIECE * 4)
  })
})
