import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { UpstreamLimits } from '../../../src/provider/upstream-limits.ts'
import { insertAfter } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream, type Upstream } from '../../helper/upstream.ts'

let upstream: Upstream
let gate = Promise.withResolvers<void>()
beforeAll(async () => {
  upstream = await createUpstream((request) => {
    const answer = answerTurn(request, { text: 'hello' })
    return request.text.includes('hold') ? insertAfter(answer, 0, { until: gate.promise }) : answer
  })
})
afterAll(() => upstream.close())

/** A clock that only runs when it is told to, with its timers. */
function createClock() {
  let now = 1_800_000_000_000
  let timers: { readonly at: number; readonly run: () => void }[] = []
  return {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => void (timers = timers.filter((each) => each !== timer))
    },
    async advance(ms: number) {
      now += ms
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { run } of due) run()
    },
  }
}

function queued(limits: Partial<UpstreamLimits>) {
  const clock = createClock()
  const provider = testProvider(upstream.url, 'anthropic-messages', { limits: { queue: 100, waitMs: 5000, ...limits } })
  const { gateway } = testGateway({ providers: [provider] }, { now: clock.now, after: clock.after })
  const ask = (text: string, more: { signal?: AbortSignal; path?: string; stream?: boolean } = {}) =>
    gateway(
      post(
        more.path ?? '/v1/messages',
        { model: 'm', max_tokens: 9, stream: more.stream === true, messages: [{ role: 'user', content: text }] },
        { ...(more.signal && { signal: more.signal }) },
      ),
    )
  return { clock, ask }
}

/** Until everything that can go on has gone on. */
const settle = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 30))

test('as many calls run as the provider allows, the others follow in order', async () => {
  gate = Promise.withResolvers()
  const { ask } = queued({ concurrent: 2 })
  const before = upstream.requests.length
  const all = [0, 1, 2, 3, 4, 5].map((index) => ask(`hold ${index}`, { stream: index % 2 === 0 }))
  await upstream.request(before + 2)
  await settle()
  expect(upstream.requests.length - before).toBe(2)
  gate.resolve()
  for (const pending of all) expect((await (await pending).text()).length).toBeGreaterThan(0)
  const order = upstream.requests.slice(before).map(({ text }) => Number(/hold (\d)/.exec(text)?.[1]))
  expect(order.slice(2)).toEqual(order.slice(2).toSorted((one, other) => one - other))
  expect(order.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5])
})

test('calls beyond those of a minute wait until it is over', async () => {
  const { ask, clock } = queued({ requestsPerMinute: 2, waitMs: 120_000 })
  const before = upstream.requests.length
  const all = [1, 2, 3].map((index) => ask(`hi ${index}`))
  await Promise.all(all.slice(0, 2))
  await clock.advance(59_000)
  await settle()
  expect(upstream.requests.length - before).toBe(2)
  await clock.advance(1300)
  expect((await all[2])?.status).toBe(200)
})

test('tokens of a minute count likewise, and what is too large goes alone', async () => {
  const { ask, clock } = queued({ tokensPerMinute: 500, waitMs: 120_000 })
  const before = upstream.requests.length
  expect((await ask('word '.repeat(2000))).status).toBe(200)
  const second = ask('hi')
  await settle()
  expect(upstream.requests.length - before).toBe(1)
  await clock.advance(61_000)
  expect((await second).status).toBe(200)
})

test.each([
  ['/v1/messages', { type: 'error', error: { type: 'overloaded_error' } }],
  ['/v1/chat/completions', { error: { message: expect.stringContaining('limits') } }],
])('who comes when too many wait, or has waited too long, is told so at %s', async (path, told) => {
  gate = Promise.withResolvers()
  const { ask, clock } = queued({ concurrent: 1, queue: 1 })
  const before = upstream.requests.length
  const first = ask('hold it')
  await upstream.request(before + 1)
  const second = ask('hold too', { path })
  await settle()
  const third = await ask('hi', { path })
  expect(third.status).toBe(503)
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await third.json()).toMatchObject(told)
  await clock.advance(5001)
  expect((await second).status).toBe(503)
  gate.resolve()
  await first
  expect((await ask('hi')).status).toBe(200)
})

test('a client that goes away leaves the queue, and its place when it runs', async () => {
  gate = Promise.withResolvers()
  const { ask } = queued({ concurrent: 1 })
  const before = upstream.requests.length
  const [run, wait] = [new AbortController(), new AbortController()]
  const first = ask('hold a', { signal: run.signal })
  await upstream.request(before + 1)
  const second = ask('hold b', { signal: wait.signal })
  const third = ask('third')
  await settle()
  wait.abort()
  expect((await second).status).toBe(499)
  run.abort()
  await first
  expect((await third).status).toBe(200)
  expect(upstream.requests.length - before).toBe(2)
  gate.resolve()
})
