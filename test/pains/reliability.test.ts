import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { ERROR_POLICIES, type ErrorKind, type ModelError } from '../../src/canonical/error.ts'
import { protocols } from '../../src/protocol/index.ts'
import { DEFAULT_RETRY } from '../../src/provider/resilience.ts'
import { createStage, FAST_RETRY, type Play } from '../gateway/resilience/stage.ts'
import { insertAfter, json, silence, stream, type Answer, type Piece } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { FAILURES, OVERFLOWS, type Refusal } from '../helper/provider-errors.ts'
import { PROTOCOLS, tool } from './scene.ts'
import { callsOf, readAnswer, textOf } from './told.ts'

const ok: Play = () => ({ text: 'Hello' })
const BREAK: readonly Piece[] = [{ pauseMs: 20 }, { stop: 'cut' }]
const TURN = {
  text: 'I look it up.',
  calls: [{ name: 'Read', input: { file_path: '/some/path/to/a/file' } }],
}
const TOOLS = { tools: [tool('Read')] }

describe('pains #5: a stream that breaks off', () => {
  test.each(PROTOCOLS)(
    'pains #5: at any event of %s is never a success: another provider answers, or an error that is repeated',
    async (protocol) => {
      for (let index = 0; index < 9; index++) {
        let isBroken = false
        const play: Play = (request) => {
          const right = answerTurn(request, TURN)
          isBroken = index < right.pieces.length - 1
          return isBroken ? insertAfter(right, index, ...BREAK) : right
        }
        // oxlint-disable-next-line no-await-in-loop -- one point of breaking after the other
        await using stage = await createStage([
          { name: 'one', protocol, play },
          { name: 'two', protocol, play: ok },
        ])
        // oxlint-disable-next-line no-await-in-loop
        const told = await readAnswer(await stage.ask({ ...TOOLS, stream: true }))
        const byTwo = textOf(told) === 'Hello'
        const [record] = stage.calls
        if (told.error) {
          expect(['api_error', 'overloaded_error']).toContain(told.error.type)
          expect(told.stopReason).toBeNull()
          expect(record?.error).toBeDefined()
        } else if (byTwo) expect(told.stopReason).toBe('end_turn')
        // All that was missing is a mark that nobody needs.
        else {
          expect(told.stopReason).toBe('tool_use')
          expect(callsOf(told)).toMatchObject([{ input: TURN.calls[0]?.input }])
        }
        if (index === 0) expect(byTwo).toBe(true)
      }
    },
  )

  test('pains #5: an error inside a success is answered by the next provider, streamed or whole', async () => {
    const failing: Play = ({ body }) =>
      (body as { stream?: boolean }).stream
        ? stream([`data: ${JSON.stringify({ error: { message: 'overloaded', code: 529 } })}\n\n`])
        : json({ error: { message: 'overloaded', code: 529 } })
    await using stage = await createStage([
      { name: 'one', play: failing },
      { name: 'two', play: ok },
    ])
    for (const streamed of [true, false]) {
      // oxlint-disable-next-line no-await-in-loop
      expect(textOf(await readAnswer(await stage.ask({ stream: streamed })))).toBe('Hello')
    }
  })
})

describe('pains #25: errors are what they are', () => {
  const recorded: readonly Refusal[] = [...OVERFLOWS, ...FAILURES]
  const decoded = ({ protocol, status, body, headers }: Refusal): ModelError =>
    protocols[protocol]?.decodeError(status, body as never, new Headers(headers)) as ModelError
  const play =
    ({ status, body, headers }: Refusal): Play =>
    (): Answer =>
      typeof body === 'string' ? { ...json({}, status, headers), pieces: [body] } : json(body, status, headers)

  test('pains #25: there are many of them', () => {
    expect(recorded.length).toBeGreaterThan(30)
    expect(new Set(recorded.map((each) => decoded(each).kind)).size).toBeGreaterThan(8)
  })

  test.each(recorded.map((each, index) => [`${index} ${each.by}`, each] as const))(
    'pains #25: %s: status, attempts and the next provider are those of its kind',
    async (_, refusal) => {
      const { kind, details } = decoded(refusal)
      const { again } = ERROR_POLICIES[kind]
      const protocol = refusal.protocol
      await using alone = await createStage([{ name: 'one', protocol, play: play(refusal) }])
      const response = await alone.ask()
      expect(response.status).toBe(kind === 'context-overflow' ? 400 : refusal.status)
      expect((await readAnswer(response)).error?.message).toContain('one (one-model)')
      const isWaited = (details.retryAfterMs ?? 0) <= FAST_RETRY.longestPauseMs && details.shouldRetry !== false
      const repeats = again === 'later' || again === 'if-alone'
      // Some refusals teach what to leave out, and are asked once more without it.
      expect(alone.asked()[0]).toBeGreaterThanOrEqual(repeats && isWaited ? FAST_RETRY.attempts : 1)
      if (!repeats || !isWaited) expect(alone.asked()[0]).toBeLessThanOrEqual(2)
      await using chained = await createStage([
        { name: 'one', protocol, play: play(refusal) },
        { name: 'two', protocol, play: ok },
      ])
      expect((await chained.ask()).headers.get('x-ccr-model')).toBe('two,two-model')
    },
  )
})

describe('pains #53: quota, payment and overload are different things', () => {
  test('pains #53: a client with retries of its own does not multiply ours', async () => {
    await using stage = await createStage([
      { name: 'one', play: () => json({ error: { message: 'busy' } }, 529, { 'retry-after-ms': '1' }) },
    ])
    const client = new Anthropic({
      apiKey: 'any',
      baseURL: 'http://127.0.0.1',
      maxRetries: 2,
      fetch: (url, init) => stage.gateway(new Request(url, init)),
    })
    const error: unknown = await client.messages
      .create({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] })
      .then(
        () => undefined,
        (cause: unknown) => cause,
      )
    expect(error).toMatchObject({ status: 529 })
    expect(stage.asked()[0]).toBeLessThanOrEqual(DEFAULT_RETRY.mostAttempts)
    expect(stage.asked()).toEqual([5])
  }, 15_000)

  test.each<[status: number, kind: ErrorKind, restMs: number | undefined, asked: number]>([
    [402, 'payment', 1_800_000, 1],
    [429, 'rate-limit', 5000, 1],
    [529, 'overload', undefined, 4],
    [503, 'overload', undefined, 4],
  ])('pains #53: %d (%s) rests for %p ms', async (status, kind, restMs, asked) => {
    let now = 1_000_000
    await using stage = await createStage(
      [
        { name: 'one', play: () => json({ error: { message: 'no' } }, status) },
        { name: 'two', play: ok },
      ],
      { ports: { now: () => now } },
    )
    const ask = async (): Promise<void> => expect((await stage.ask()).status).toBe(200)
    await ask()
    await ask()
    expect(stage.asked()).toEqual([asked, 2])
    expect(stage.calls[0]?.attempts?.[0]?.error).toBe(kind)
    if (restMs === undefined) return
    now += restMs - 1
    await ask()
    expect(stage.asked()[0]).toBe(1)
    now += 1
    await ask()
    expect(stage.asked()[0]).toBe(2)
  })
})

describe('pains #56: a client that goes away', () => {
  test('pains #56: while a retry is waited for, starts none', async () => {
    await using stage = await createStage([
      {
        name: 'one',
        play: () => json({ error: { message: 'busy' } }, 503),
        row: { retry: { ...FAST_RETRY, pauseMs: 60_000, longestPauseMs: 60_000 } },
      },
    ])
    const client = new AbortController()
    const pending = stage.ask({}, {}, client.signal)
    const first = await stage.upstreams['one']?.request()
    await first?.settled
    client.abort()
    expect((await pending).status).toBeGreaterThanOrEqual(499)
    expect(stage.asked()).toEqual([1])
  })

  test.each([true, false])(
    'pains #56: before the answer ends the call, and nobody else is asked (stream: %p)',
    async (streamed) => {
      await using stage = await createStage([
        { name: 'one', play: () => silence() },
        { name: 'two', play: ok },
      ])
      const client = new AbortController()
      const pending = stage.ask({ stream: streamed }, {}, client.signal)
      const first = await stage.upstreams['one']?.request()
      const started = performance.now()
      client.abort()
      expect(await first?.settled).toBe('aborted')
      expect(performance.now() - started).toBeLessThan(250)
      expect((await pending).status).toBe(499)
      expect(stage.asked()).toEqual([1, 0])
    },
  )

  const middles = PROTOCOLS.flatMap((protocol) =>
    (['thinking', 'a text', 'a tool call'] as const).map((where) => [protocol, where] as const),
  )
  test.each(middles)(
    'pains #56: of %s: in the middle of %s ends the call, and what it took is recorded',
    async (protocol, where) => {
      const turns = {
        thinking: { reasoning: 'Let me see.', text: 'x' },
        'a text': { text: 'A long text.' },
        'a tool call': TURN,
      }
      await using stage = await createStage([
        {
          name: 'one',
          protocol,
          play: (request) => insertAfter(answerTurn(request, turns[where]), 4, { until: new Promise(() => {}) }),
        },
        { name: 'two', play: ok },
      ])
      const client = new AbortController()
      const response = await stage.ask({ ...TOOLS, stream: true }, {}, client.signal)
      const reader = response.body?.getReader()
      await reader?.read()
      const started = performance.now()
      client.abort()
      await reader?.cancel()
      expect(await stage.upstreams['one']?.requests[0]?.settled).toBe('aborted')
      expect(performance.now() - started).toBeLessThan(250)
      expect(stage.asked()).toEqual([1, 0])
      const [record] = stage.calls
      expect([stage.calls.length, record?.error]).toEqual([1, expect.stringContaining('aborted')])
      // Of the four protocols only Anthropic's tells the prompt's tokens at the beginning.
      if (protocol === 'anthropic-messages') expect(record?.usage?.input).toBeGreaterThan(0)
    },
  )
})
