import { describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrace, type Call } from '../../../src/gateway/call.ts'
import { createTokenSpeed, type TokenSpeed } from '../../../src/gateway/middleware/token-speed.ts'
import type { Ports } from '../../../src/platform/ports.ts'
import { json } from '../../helper/answer.ts'
import { post } from '../../helper/gateway.ts'
import { chatAnswer } from '../../helper/turn-chat.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { configWith, plugged } from './plugged.ts'

const ask = (session: string, isStream: boolean) => ({
  model: 'claude-x',
  max_tokens: 99,
  stream: isStream,
  metadata: { user_id: JSON.stringify({ session_id: session }) },
  messages: [{ role: 'user', content: 'Hi.' }],
})

const sessionFile = (session: string) => join(tmpdir(), 'claude-code-router', `session-${session}.json`)

describe('token-speed', () => {
  test.each([true, false])(
    'tells the log and a file of the session how fast an answer came (stream: %p)',
    async (isStream) => {
      await using upstream = await createUpstream((request) =>
        chatAnswer(request, { text: 'Seven words come here one by one.' }),
      )
      using scene = await plugged(
        configWith(`${upstream.url}/v1`, [], { plugins: [{ name: 'token-speed', enabled: true }] }),
      )
      const session = `speed-${crypto.randomUUID()}`
      await (await scene.gateway(post('/v1/messages', ask(session, isStream)))).text()
      const line = scene.lines.find(({ message }) => message === 'token speed')
      expect(line).toMatchObject({
        level: 'info',
        fields: { sessionId: session, stream: isStream, model: 'mock,mock-model' },
      })
      const told = JSON.parse(readFileSync(sessionFile(session), 'utf8'))
      expect(told).toEqual(line?.fields)
      expect(told.tokensPerSecond).toBeGreaterThan(0)
      expect(told.tokenCount).toBe(scene.calls[0]?.usage?.output)
      expect(statSync(sessionFile(session)).mode & 0o077).toBe(0)
      rmSync(sessionFile(session))
    },
  )

  test('while an answer streams, the speed of the last second is told twice a second', async () => {
    let now = 1000
    const told: TokenSpeed[] = []
    const trace = createTrace(now)
    const measure = createTokenSpeed((speed) => told.push(speed), { now: () => now } as Ports)
    const pieces = Array.from({ length: 30 }, () => new TextEncoder().encode('data: {}\n\ndata: {}\n\n'))
    const call = { id: 'c', request: { model: 'm', stream: true }, trace } as Call
    const { body } = await measure(call, async () => {
      now += 300
      return { headers: {}, body: { next: async () => pieces.shift(), cancel: () => {} } }
    })
    if (typeof body === 'string') throw new Error('a stream was expected')
    while (await body.next()) now += 100
    expect(told.map(({ tokenCount }) => tokenCount)).toEqual([12, 22, 32, 42, 52])
    expect(told.at(-1)).toMatchObject({ isStreaming: true, tokensPerSecond: 20, timeToFirstToken: 300 })
    trace.usage = { output: 90 }
    for (const end of trace.atEnd) end()
    expect(told.at(-1)).toMatchObject({ isStreaming: false, tokenCount: 90, tokensPerSecond: 30, duration: 3.3 })
  })

  test('a webhook is told, with its headers, and asked again where it fails', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Yes.' }))
    let asked = 0
    await using hook = await createUpstream(() => json({}, asked++ === 0 ? 500 : 200))
    const handler = {
      type: 'webhook',
      config: {
        url: `${hook.url}/speed`,
        headers: { 'X-Team': 'red' },
        auth: { type: 'bearer', token: 'hook-1' },
        retry: { backoffMs: 1 },
      },
    }
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, [], {
        plugins: [{ name: 'token-speed', enabled: true, options: { outputHandlers: [handler] } }],
      }),
    )
    await (await scene.gateway(post('/v1/messages', ask('session-1', false)))).text()
    const told = await hook.request(2)
    expect(told).toMatchObject({ path: '/speed', headers: { 'x-team': 'red', authorization: 'Bearer hook-1' } })
    expect(told.body).toMatchObject({ stream: false, sessionId: 'session-1' })
  })

  test('is off unless it is switched on, and a name that is not known is told', async () => {
    using scene = await plugged(
      configWith('http://127.0.0.1:9/v1', [], {
        plugins: [{ name: 'token-speed' }, { name: 'token-sped', enabled: true }],
      }),
    )
    expect(scene.problems).toEqual(['1: the plugin `token-sped` is not known; did you mean `token-speed`?'])
  })

  test('a webhook without a URL is told at start', async () => {
    const options = { outputHandlers: [{ type: 'webhook' }] }
    using scene = await plugged(
      configWith('http://127.0.0.1:9/v1', [], { plugins: [{ name: 'token-speed', enabled: true, options }] }),
    )
    expect(scene.problems).toEqual([expect.stringContaining('cannot be set up: its webhook has no `url`')])
  })
})
