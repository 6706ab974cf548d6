import { describe, expect, test } from 'bun:test'
import type { Ports } from '../../../src/platform/ports.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { CLIENTS, TEXT } from './matrix/client.ts'

const SPOKEN = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini', 'bedrock-converse'] as const

/** A provider that says nothing `times` times, and then its text. */
function silentFor(times: number) {
  return createUpstream((request) => answerTurn(request, request.serial < times ? {} : { text: TEXT }))
}

describe.each(SPOKEN)('a model of %s that says nothing', (protocol) => {
  describe.each(CLIENTS)('to a client of $protocol', (client) => {
    test.each([true, false])('is asked once more, which is an attempt of its own (streamed: %p)', async (streamed) => {
      await using upstream = await silentFor(1)
      const { gateway, calls, lines } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      expect(await client.read(await gateway(client.ask(streamed)))).toBe('answer')
      expect(upstream.requests).toHaveLength(2)
      expect(calls).toHaveLength(1)
      const [call] = calls
      const target = { provider: 'mock', model: 'mock-model', durationMs: expect.any(Number) }
      expect(call?.attempts).toMatchObject([{ ...target, error: 'empty-answer', status: 502 }, target])
      if (streamed || COUNTED.has(protocol)) expect(call?.attempts?.[0]?.usage).toEqual(call?.usage)
      expect(call?.finish).toBe('stop')
      expect(calls[0]?.error).toBeUndefined()
      expect(lines.filter(({ message }) => /answered nothing.*: asking once more$/.test(message))).toHaveLength(1)
    })

    test.each([true, false])('twice is left to the next target (streamed: %p)', async (streamed) => {
      await using upstream = await silentFor(2)
      const providers = ['first', 'second'].map((name) => testProvider(upstream.url, protocol, { name }))
      const targets = ['first', 'second'].map((provider) => ({ provider, model: 'mock-model' }))
      const { gateway, calls } = testGateway({
        providers,
        routes: {
          targets: { default: targets[0] as (typeof targets)[number] },
          fallbacks: { default: targets.slice(1) },
          longContextThreshold: 60_000,
        },
      })
      expect(await client.read(await gateway(client.ask(streamed)))).toBe('answer')
      expect(calls[0]?.attempts?.map(({ provider, error }) => [provider, error])).toEqual([
        ['first', 'empty-answer'],
        ['first', 'empty-answer'],
        ['second', undefined],
      ])
    })
  })
})

/** Whose end is read before it is judged: what it took is known of a whole answer, too. */
const COUNTED: ReadonlySet<string> = new Set(['anthropic-messages', 'openai-responses', 'bedrock-converse'])

describe('an end without a word', () => {
  test.each(CLIENTS)('is asked anew also after pings to a client of $protocol have begun', async (client) => {
    // All waiting is over at once: the head goes out with a ping.
    const after: Ports['after'] = (ms, run) => {
      const timer = setTimeout(run, ms === 8000 ? 1 : ms)
      return () => clearTimeout(timer)
    }
    const gate = Promise.withResolvers<void>()
    await using upstream = await createUpstream(async (request) => {
      await gate.promise
      return answerTurn(request, request.serial === 0 ? {} : { text: TEXT })
    })
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, client.protocol)] }, { after })
    const response = await gateway(client.ask(true))
    gate.resolve()
    expect(await client.read(response)).toBe('answer')
    expect(calls[0]?.attempts?.map(({ error }) => error)).toEqual(['empty-answer', undefined])
  })

  test.each([
    ['anthropic-messages', true, 'NOTHING'],
    ['anthropic-messages', false, 'NOTHING'],
    ['openai-chat', true, 'error 502'],
    ['openai-chat', false, 'error 502'],
  ] as const)('that %s repeats is told as what it is (streamed: %p): %s', async (protocol, streamed, told) => {
    await using upstream = await silentFor(9)
    const { gateway, calls } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
    const [client] = CLIENTS
    expect(await client?.read(await gateway(client.ask(streamed)))).toBe(told)
    expect(upstream.requests).toHaveLength(2)
    expect(calls[0]?.error !== undefined).toBe(told !== 'NOTHING')
  })

  test.each(CLIENTS.flatMap((client) => [true, false].map((streamed) => [client.protocol, streamed, client] as const)))(
    'that is relayed is an error where it is not Claude’s: %s (streamed: %p)',
    async (protocol, streamed, client) => {
      await using upstream = await silentFor(9)
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      const told = protocol === 'anthropic-messages' ? 'NOTHING' : 'error 502'
      expect(await client.read(await gateway(client.ask(streamed)))).toBe(told)
    },
  )

  test.each([
    ['/v1/messages', 'anthropic-messages', { max_tokens: 9, stop_sequences: ['\n'] }, 'message_stop'],
    ['/v1/chat/completions', 'openai-chat', { stop: ['\n'] }, '[DONE]'],
  ] as const)('may be that of a stop sequence: %s', async (path, protocol, more, end) => {
    await using upstream = await silentFor(9)
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
    const messages = [{ role: 'user', content: 'Hi' }]
    const response = await gateway(post(path, { model: 'm', messages, stream: true, ...more }))
    expect(await response.text()).toContain(end)
    expect(upstream.requests).toHaveLength(1)
  })
})
