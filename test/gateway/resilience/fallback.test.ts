import { describe, expect, test } from 'bun:test'
import { hangUp, json, silence, stream, type Answer } from '../../helper/answer.ts'
import { readAnswer, textOf } from '../../pains/told.ts'
import { createStage, type Play } from './stage.ts'

const ok: Play = () => ({ text: 'Hello' })
const refuse =
  (status: number, headers: Record<string, string> = {}, message = 'no'): Play =>
  () =>
    json({ error: { message } }, status, headers)

describe('a call whose target fails', () => {
  test.each<[what: string, play: Play, asked: number]>([
    ['is overloaded', refuse(529), 2],
    ['fails inside', refuse(500), 2],
    ['hangs up', () => hangUp(), 2],
    ['resets', () => hangUp('reset'), 2],
    ['limits', refuse(429, { 'retry-after': '60' }), 1],
    ['limits for a moment only', refuse(429), 1],
    ['refuses the key', refuse(401), 1],
    ['wants money', refuse(402), 1],
    ['does not know the model', refuse(404), 1],
    ['refuses the request', refuse(400), 1],
    ['sends an empty stream', () => stream([]), 2],
    ['sends an error inside a success', () => json({ error: { message: 'overloaded', code: 503 } }), 2],
  ])('because it %s is answered by the next one', async (_, play, asked) => {
    await using stage = await createStage([
      { name: 'one', play },
      { name: 'two', play: ok },
    ])
    const response = await stage.ask()
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'Hello' }] })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-ccr-model')).toBe('two,two-model')
    expect(response.headers.get('x-ccr-reason')).toContain('but one,one-model failed (')
    expect(stage.asked()).toEqual([asked, 1])
    const [record] = stage.calls
    expect(record).toMatchObject({ fallback: true, provider: 'two', model: 'two-model', status: 200 })
    expect(record?.attempts?.at(-1)).toMatchObject({ provider: 'two' })
    expect(record?.error).toBeUndefined()
    expect(
      stage.lines.find(({ level, message }) => level === 'warn' && message.endsWith('asking two,two-model instead')),
    ).toBeDefined()
  })

  test('goes on along the chain, and the first failure is told if nobody answers', async () => {
    await using stage = await createStage([
      { name: 'one', play: refuse(401, {}, 'wrong key') },
      { name: 'two', play: refuse(402, {}, 'no money') },
      { name: 'three', play: refuse(403, {}, 'not for you') },
    ])
    const response = await stage.ask()
    expect(response.status).toBe(401)
    const body = await response.text()
    expect(body).toContain('wrong key')
    expect(body).toContain('two,two-model: payment; three,three-model: permission')
    expect(stage.asked()).toEqual([1, 1, 1])
  })

  test('tells a failure that passes rather than one that does not, and how long to wait', async () => {
    await using stage = await createStage([
      { name: 'one', play: refuse(401) },
      { name: 'two', play: refuse(429, { 'retry-after': '30' }) },
    ])
    const response = await stage.ask()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('30')
  })

  test('is not asked of the same provider again where the request itself is refused', async () => {
    await using stage = await createStage([{ name: 'one', play: refuse(400), row: { models: ['a', 'b'] } }], {
      config: {
        routes: {
          targets: { default: { provider: 'one', model: 'a' } },
          fallbacks: { default: [{ provider: 'one', model: 'b' }] },
          longContextThreshold: 60_000,
        },
      },
    })
    expect((await stage.ask()).status).toBe(400)
    expect(stage.asked()).toEqual([1])
  })

  test('is asked at most so often in total', async () => {
    const row = { retry: { attempts: 3, mostAttempts: 4, pauseMs: 1, longestPauseMs: 5, budgetMs: 60_000 } }
    await using stage = await createStage(
      ['one', 'two', 'three', 'four'].map((name) => ({ name, play: refuse(500), row })),
    )
    expect((await stage.ask()).status).toBe(500)
    expect(stage.asked()).toEqual([2, 2, 0, 0])
  })
})

describe('a prompt that does not fit', () => {
  const overflow = refuse(400, {}, 'maximum context length is 100000 tokens, your messages resulted in 100001 tokens')
  test('goes to a larger window first, and not to a smaller one', async () => {
    await using stage = await createStage([
      { name: 'one', play: overflow, row: { traits: { contextWindow: 100_000 } } },
      { name: 'small', play: ok, row: { traits: { contextWindow: 50_000 } } },
      { name: 'unknown', play: ok },
      { name: 'large', play: ok, row: { traits: { contextWindow: 1_000_000 } } },
    ])
    expect((await stage.ask()).headers.get('x-ccr-model')).toBe('large,large-model')
    expect(stage.asked()).toEqual([1, 0, 0, 1])
  })

  test('is told at once in the words of the client’s protocol where no window is larger', async () => {
    await using stage = await createStage([
      { name: 'one', play: overflow, row: { traits: { contextWindow: 100_000 } } },
      { name: 'small', play: ok, row: { traits: { contextWindow: 50_000 } } },
    ])
    const response = await stage.ask()
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('prompt is too long: 100001 tokens > 100000 maximum')
    expect(stage.asked()).toEqual([1, 0])
  })
})

describe('one target', () => {
  test('is asked again until it answers, and the client sees nothing of it', async () => {
    await using stage = await createStage([
      { name: 'one', play: (_, count) => (count < 2 ? json({ error: { message: 'busy' } }, 503) : { text: 'Hello' }) },
    ])
    const response = await stage.ask()
    expect(response.status).toBe(200)
    expect(stage.asked()).toEqual([3])
    expect(stage.calls[0]?.attempts?.map(({ error }) => error)).toEqual(['overload', 'overload', undefined])
    expect(stage.calls[0]?.fallback).toBe(false)
  })

  test.each([true, false])(
    'is left alone as long as it asks for, and the client is told (stream: %p)',
    async (streamed) => {
      await using stage = await createStage([{ name: 'one', play: refuse(429, { 'retry-after': '30' }) }])
      const first = await stage.ask({ stream: streamed })
      const second = await stage.ask({ stream: streamed })
      for (const response of [first, second]) {
        expect(response.status).toBe(429)
        expect(response.headers.get('retry-after')).toBe('30')
        // oxlint-disable-next-line no-await-in-loop
        expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
      }
      expect(stage.asked()).toEqual([1])
    },
  )

  test('a client that repeats by itself is not multiplied', async () => {
    await using stage = await createStage([{ name: 'one', play: refuse(500) }])
    const session = { 'x-claude-code-session-id': 'session-1' }
    await stage.ask({}, session)
    expect(stage.asked()).toEqual([3])
    await stage.ask({}, session)
    expect(stage.asked()).toEqual([4])
    await stage.ask({}, { 'x-stainless-retry-count': '1' })
    expect(stage.asked()).toEqual([5])
    await stage.ask({ messages: [{ role: 'user', content: 'Something else' }] }, session)
    expect(stage.asked()).toEqual([8])
  })
})

describe('after the pings have begun', () => {
  // A second of the gateway is a millisecond here.
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms / 1000)
    return () => clearTimeout(timer)
  }
  const fast = { now: () => performance.now() * 1000, after }
  const silent = { deadlines: { firstByteMs: 60_000 } }

  test('another target still answers, and the client sees one whole answer', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: () => silence(), row: silent },
        { name: 'two', play: ok, row: { deadlines: {} } },
      ],
      { ports: fast },
    )
    const told = await readAnswer(await stage.ask({ stream: true }))
    expect(told.body.split('event: message_start')[0]).toContain('event: ping')
    expect(textOf(told)).toBe('Hello')
    expect(told.stopReason).toBe('end_turn')
    expect(stage.calls[0]).toMatchObject({ provider: 'two', fallback: true, status: 200 })
  })

  test('a failure of all is told as an error inside the stream', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: () => silence(), row: silent },
        { name: 'two', play: refuse(529), row: { deadlines: {} } },
      ],
      { ports: fast },
    )
    const told = await readAnswer(await stage.ask({ stream: true }))
    expect(told.status).toBe(200)
    expect(told.error?.message).toContain('two,two-model: overload')
    expect(told.stopReason).toBeNull()
  })
})

test.each([true, false])(
  'a client that goes away in mid-answer says nothing of the provider (streamed: %p)',
  async (stream_) => {
    const head = stream_ ? ': hold on\n\n' : '{ "id": '
    const held: Answer = { ...stream([head, { until: new Promise(() => {}) }]) }
    const play: Play = (_, count) =>
      count > 0 ? { text: 'Hello' } : stream_ ? held : { ...held, headers: { 'content-type': 'application/json' } }
    await using stage = await createStage(
      [
        { name: 'one', play, row: { breaker: { failures: 1, restMs: 60_000, longestRestMs: 60_000 } } },
        { name: 'two', play: ok },
      ],
      { config: {} },
    )
    const client = new AbortController()
    const pending = stage.ask({ stream: stream_ }, {}, client.signal)
    await stage.upstreams['one']?.request()
    // The head has come when a piece of the body is waited for.
    await Bun.sleep(20)
    client.abort()
    expect((await pending).status).toBe(499)
    expect(stage.calls[0]?.error).toStartWith('aborted')
    expect((await stage.ask()).headers.get('x-ccr-model')).toBe('one,one-model')
  },
)

describe('a rule', () => {
  const overflow = refuse(400, {}, 'maximum context length is 100000 tokens, your messages resulted in 100001 tokens')
  const large = { provider: 'large', model: 'large-model' }
  const own = { provider: 'one', model: 'one-model' }
  const use = { id: 'rule private', strategy: 'order', isSticky: true, members: [{ of: own, weight: 1 }] } as const
  const rule = { name: 'private', when: [], use, isShadow: false }
  const roles = [
    { name: 'one', play: overflow, row: { traits: { contextWindow: 100_000 } } },
    { name: 'large', play: ok, row: { traits: { contextWindow: 1_000_000 } } },
  ]
  const routes = { targets: { default: own, longContext: large }, overflow: [large], longContextThreshold: 60_000 }

  test.each([
    ['that has chosen keeps a prompt that does not fit from whom it does not name', [rule], 400, [1, 0]],
    ['that is not there does not', [], 200, [1, 1]],
  ])('%s', async (_name, rules, status, asked) => {
    await using stage = await createStage(roles, { config: { routes: { ...routes, rules } } })
    expect((await stage.ask({ model: 'claude-x' })).status).toBe(status)
    expect(stage.asked()).toEqual(asked)
  })
})
