import { describe, expect, test } from 'bun:test'
import type { Ports } from '../../src/platform/ports.ts'
import { createCutters } from '../../src/server/cutters.ts'
import { insertAfter, json, silence, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Script } from '../helper/upstream.ts'
import { CLIENTS, TEXT } from './resilience/matrix/client.ts'

/** A gateway whose router can cut its calls, and its one provider. */
async function stage(script: Script, more: object = {}, ports: Partial<Ports> = {}) {
  const upstream = await createUpstream(script)
  const cutters = createCutters()
  const provider = testProvider(upstream.url, 'anthropic-messages', more)
  const { gateway, calls, lines } = testGateway({ providers: [provider] }, { cutters, ...ports })
  return {
    upstream,
    gateway,
    calls,
    lines,
    cutters,
    cut: cutters.cutAll,
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

const ASKED = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

const hanging: Script = (request): Answer => {
  const answer = answerTurn(request, { text: TEXT })
  return insertAfter(answer, answer.pieces.length - 4, { until: new Promise(() => {}) })
}

describe('a call that is cut', () => {
  test.each(CLIENTS)('while pings go out ends in the error of $protocol', async (client) => {
    // All waiting is over at once: the head goes out with a ping.
    const after: Ports['after'] = (ms, run) => {
      const timer = setTimeout(run, ms === 8000 ? 1 : ms)
      return () => clearTimeout(timer)
    }
    await using scene = await stage(() => silence(), {}, { after })
    const response = await scene.gateway(client.ask(true))
    expect(response.status).toBe(200)
    await scene.upstream.request()
    const outcome = client.read(response)
    scene.cut()
    expect(await outcome).toBe('told')
    expect(scene.calls).toMatchObject([{ error: expect.stringMatching(/^overload: the router was stopped/) }])
    expect(await scene.upstream.requests[0]?.settled).toBe('aborted')
    expect(scene.cutters.count()).toBe(0)
  })

  test('while it waits for its next attempt is answered, and asks nobody again', async () => {
    const retry = { attempts: 5, mostAttempts: 5, pauseMs: 60_000, longestPauseMs: 60_000, budgetMs: 600_000 }
    await using scene = await stage(() => json({}, 529), { retry })
    const answer = scene.gateway(post('/v1/messages', ASKED))
    await scene.upstream.request()
    while (scene.lines.every(({ message }) => message !== 'attempt')) await new Promise(setImmediate)
    scene.cut()
    const response = await answer
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
    expect(scene.upstream.requests).toHaveLength(1)
  })

  test('at a client that does not read is over, and told when it reads on', async () => {
    await using scene = await stage(hanging)
    const response = await scene.gateway(post('/v1/messages', { ...ASKED, stream: true }))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    let text = new TextDecoder().decode((await reader.read()).value)
    scene.cut()
    expect(scene.calls).toHaveLength(1)
    expect(await scene.upstream.requests[0]?.settled).toBe('aborted')
    for (let next = await reader.read(); !next.done; next = await reader.read())
      text += new TextDecoder().decode(next.value)
    expect(text).toContain('"overloaded_error"')
    expect(text.match(/event: error/g)).toHaveLength(1)
  })

  // A stream of Gemini's has no last event: it is over when it is closed.
  test.each(CLIENTS.filter(({ protocol }) => protocol !== 'gemini'))(
    'when all has been said to a client of $protocol has ended well',
    async (client) => {
      const upstream = await createUpstream((request) => {
        const answer = answerTurn(request, { text: TEXT })
        return insertAfter(answer, answer.pieces.length, { until: new Promise(() => {}) })
      })
      const cutters = createCutters()
      const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, client.protocol)] }, { cutters })
      const reader = ((await gateway(client.ask(true))).body as ReadableStream<Uint8Array>).getReader()
      let text = ''
      const readOn = async (): Promise<boolean> => {
        const { done, value } = await reader.read()
        text += new TextDecoder().decode(value)
        return !done
      }
      while (!/"message_stop"|\[DONE\]|"response\.completed"|"finishReason"/.test(text)) await readOn()
      cutters.cutAll()
      while (await readOn());
      const headers = { 'content-type': 'text/event-stream' }
      expect(await client.read(new Response(text, { headers }))).toBe('answer')
      expect(calls).toMatchObject([{ finish: 'stop' }])
      expect(calls[0]?.error).toBeUndefined()
      await upstream.close()
    },
  )

  test('counts as sent: its attempt is noted', async () => {
    await using scene = await stage(() => silence())
    const answer = scene.gateway(post('/v1/messages', ASKED))
    await scene.upstream.request()
    scene.cut()
    expect((await answer).status).toBe(503)
    const attempt = scene.lines.find(({ message }) => message === 'attempt')
    expect(attempt?.fields).toMatchObject({ error: 'aborted' })
  })

  test('that only counts tokens is answered with an estimate', async () => {
    await using scene = await stage(() => silence())
    const answer = scene.gateway(post('/v1/messages/count_tokens', ASKED))
    await scene.upstream.request()
    scene.cut()
    expect(await (await answer).json()).toEqual({ input_tokens: expect.any(Number) })
  })

  test('is no more after its end', async () => {
    await using scene = await stage((request) => answerTurn(request, { text: TEXT }))
    for (const client of CLIENTS)
      for (const streamed of [true, false])
        expect(await client.read(await scene.gateway(client.ask(streamed)))).toBe('answer')
    expect(scene.cutters.count()).toBe(0)
    scene.cut()
    expect(scene.calls).toHaveLength(8)
  })
})
