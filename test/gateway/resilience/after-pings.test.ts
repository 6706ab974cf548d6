import { describe, expect, test } from 'bun:test'
import type { Ports } from '../../../src/platform/ports.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { CLIENTS, TEXT } from './matrix/client.ts'
import { CUTS, FAULTS, type Fault } from './matrix/fault.ts'

/** What may come of a call whose client has its head and a ping already, before the first word. */
const EARLY: readonly Fault[] = [...FAULTS, ...CUTS].filter(({ name }) =>
  [
    '500',
    '529',
    '503 with a page',
    'closed without a byte',
    'error inside 200',
    'empty',
    'an end without a word',
    'malformed frame',
    'a page instead of an answer',
    'cut after 0 events',
    'reset after 0 events',
    'cut after 1 events',
    'end after 1 events',
  ].includes(name),
)

/** The head goes out at once, with a ping. */
const after: Ports['after'] = (ms, run) => {
  const timer = setTimeout(run, ms === 8000 ? 1 : ms)
  return () => clearTimeout(timer)
}

describe.each(EARLY.map((fault) => [fault.name, fault] as const))('after the pings have begun, %s', (_, fault) => {
  describe.each(CLIENTS)('to a client of $protocol', (client) => {
    test.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
      'from a provider of %s is answered by the next target unseen, and told where there is none',
      async (protocol) => {
        const play = async (hasFallback: boolean): Promise<string> => {
          const gate = Promise.withResolvers<void>()
          await using bad = await createUpstream(async (request) => {
            await gate.promise
            const right = answerTurn(request, { text: TEXT })
            return fault.bend?.(right, request) ?? right
          })
          await using good = await createUpstream((request) => answerTurn(request, { text: TEXT }))
          const retry = { attempts: 1, mostAttempts: 6, pauseMs: 1, longestPauseMs: 1, budgetMs: 10_000 }
          const { gateway } = testGateway(
            {
              providers: [
                testProvider(bad.url, protocol, { name: 'bad', retry }),
                testProvider(good.url, protocol, { name: 'good', retry }),
              ],
              routes: {
                targets: { default: { provider: 'bad', model: 'mock-model' } },
                ...(hasFallback && { fallbacks: { default: [{ provider: 'good', model: 'mock-model' }] } }),
                longContextThreshold: 60_000,
              },
            },
            { after },
          )
          const response = await gateway(client.ask(true))
          expect(response.status).toBe(200)
          gate.resolve()
          return await client.read(response)
        }
        // Gemini's first event holds the first word.
        expect(await play(true)).toBe(
          protocol === 'gemini' && fault.name.endsWith('after 1 events') ? 'told' : 'answer',
        )
        expect(await play(false)).toBe(fault.isClaudes && protocol === 'anthropic-messages' ? 'NOTHING' : 'told')
      },
    )
  })
})
