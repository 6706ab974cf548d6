import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { hashOfKey } from '../../../../src/config/client-keys.ts'
import type { Limits } from '../../../../src/gateway/limits/limits.ts'
import { estimateInput } from '../../../../src/router/estimate.ts'
import { codecOf } from '../../../../src/protocol/index.ts'
import { namePattern } from '../../../../src/router/pattern.ts'
import { openStateStore, type StateStore } from '../../../../src/store/sqlite.ts'
import { testProvider } from '../../../helper/gateway.ts'
import { amountsOf, createReference, NOTHING, PRICE, type Amounts, type Bound, type Wish } from './reference.ts'
import { steps, type Step, type Who } from './steps.ts'
import { createWorld, type Ending } from './world.ts'

/** The clients' keys: two with limits of their own, one that may not ask for this provider at all. */
const LIMITS: Readonly<Record<'a' | 'b', Limits>> = {
  a: {
    concurrent: 2,
    quotas: [
      { of: 'requests', span: 'minute', most: 4 },
      { of: 'tokens', span: 'hour', most: 3000 },
    ],
  },
  b: { concurrent: 3, quotas: [{ of: 'cost', span: 'hour', most: 0.03 }] },
}
const ALL: Limits = { concurrent: 4, quotas: [{ of: 'requests', span: 'hour', most: 8 }] }
/** What the provider itself allows: the others wait. */
const UPSTREAM = { concurrent: 3, queue: 2, waitMs: 5100 }
const CACHE_MS = 120_000
const BOUNDS: readonly Bound[] = [
  { account: 'key:a', limits: LIMITS.a },
  { account: 'key:b', limits: LIMITS.b },
  { account: 'all', limits: ALL },
]

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'ccr-limits-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The gateway and what must come of it, step by step. */
function createPlay(journal: StateStore['journal'] | undefined) {
  const keyOf = (who: Who): string => `client-key-of-${who}`
  const reference = createReference(BOUNDS)
  const world = createWorld(
    {
      providers: [testProvider('http://127.0.0.1:1', 'openai-chat', { limits: UPSTREAM, deadlines: {} })],
      routes: { targets: {}, longContextThreshold: 60_000 },
      clientKeys: [
        { label: 'a', hash: hashOfKey(keyOf('a')), limits: LIMITS.a },
        { label: 'b', hash: hashOfKey(keyOf('b')), limits: LIMITS.b },
        { label: 'stranger', hash: hashOfKey(keyOf('stranger')), models: [namePattern('other,*')] },
      ],
      limits: ALL,
      prices: [{ pattern: namePattern('*'), price: PRICE }],
      cache: { ttlMs: CACHE_MS, mostCharacters: 1e6, except: [] },
    },
    journal ? { journal } : {},
  )

  interface Running {
    readonly id: string
    readonly who: 'a' | 'b'
    readonly wish: Wish
    readonly isStream: boolean
    readonly since: number
  }
  let atProvider: Running[] = []
  let waiting: Running[] = []
  let refused: { readonly step: Step & { type: 'ask' }; readonly waitMs: number; readonly isSure: boolean } | undefined
  const kept = new Map<string, number>()
  let count = 0

  const accountsOf = (who: 'a' | 'b'): string[] => [`key:${who}`, 'all']
  const begin = (id: string, who: 'a' | 'b', wish: Wish): void => {
    reference.begin(id, accountsOf(who), wish)
    // Somebody else has come.
    if (refused) refused = { ...refused, isSure: false }
  }
  const letIn = async (call: Running): Promise<void> => {
    atProvider.push(call)
    await world.begun(call.id)
  }
  /** A place at the provider is free. */
  const pump = async (): Promise<void> => {
    const [next, ...others] = waiting
    if (!next || atProvider.length >= UPSTREAM.concurrent) return
    waiting = others
    await letIn(next)
  }
  const settle = (call: Running, amounts: Amounts): void => {
    atProvider = atProvider.filter((each) => each !== call)
    waiting = waiting.filter((each) => each !== call)
    reference.end(call.id, amounts, world.now())
  }
  const expectRefused = async (id: string, step: Step & { type: 'ask' }, wish: Wish, who: 'a' | 'b'): Promise<void> => {
    const response = await world.response(id)
    await world.ended(id)
    expect(response.status).toBe(429)
    const waitMs = Number(response.headers.get('retry-after')) * 1000
    const isSure = !reference.runs(accountsOf(who))
    if (isSure) {
      const soonest = reference.soonest(accountsOf(who), wish, world.now())
      expect(waitMs).toBe(Math.ceil(((soonest ?? Infinity) - world.now()) / 1000) * 1000)
    } else expect(waitMs).toBeGreaterThanOrEqual(1000)
    refused = { step, waitMs, isSure }
  }

  const ask = async (step: Step & { type: 'ask' }, mustFit = false): Promise<void> => {
    const { who, output, isStream } = step
    const id = `call-${count++}`
    const { body, wish } = questionOf(id, output, isStream)
    if (who === 'stranger') {
      world.ask(id, body, keyOf(who))
      expect((await world.response(id)).status).toBe(403)
      return void (await world.ended(id))
    }
    const fits = reference.fits(accountsOf(who), wish, world.now())
    if (mustFit) expect(fits).toBe(true)
    world.ask(id, body, keyOf(who))
    if (!fits) return expectRefused(id, step, wish, who)
    const call: Running = { id, who, wish, isStream, since: world.now() }
    begin(id, who, wish)
    if (waiting.length === 0 && atProvider.length < UPSTREAM.concurrent) return letIn(call)
    if (waiting.length < UPSTREAM.queue) {
      waiting.push(call)
      await until(() => world.waiting(UPSTREAM.waitMs) === waiting.length)
      return
    }
    expect((await world.response(id)).status).toBe(503)
    await world.ended(id)
    settle(call, NOTHING)
  }

  const running = (): number => atProvider.length + waiting.length

  const apply: { readonly [Type in Step['type']]: (step: Step & { type: Type }) => Promise<void> } = {
    ask: (step) => ask(step),
    async return() {
      if (!refused) return
      const { step, waitMs, isSure } = refused
      refused = undefined
      await apply.pass({ type: 'pass', ms: waitMs })
      // Nobody else has come meanwhile.
      await ask(step, isSure)
    },
    async repeat({ who, question }) {
      const id = `kept-${question}`
      const { body, wish } = questionOf(id, 50, false)
      const isKept = (kept.get(`${who} ${question}`) ?? 0) > world.now()
      if (!reference.fits(accountsOf(who), wish, world.now())) return
      // Without a place at the provider it would only wait.
      if (!isKept && (waiting.length > 0 || atProvider.length >= UPSTREAM.concurrent)) return
      begin(id, who, wish)
      world.ask(id, body, keyOf(who))
      if (!isKept) {
        await world.begun(id)
        await world.end(id, { type: 'answer', input: 40, output: 30 })
        kept.set(`${who} ${question}`, world.now() + CACHE_MS)
      }
      await world.ended(id)
      const response = await world.response(id)
      expect([response.status, response.headers.get('x-ccr-cache')]).toEqual([200, isKept ? 'hit' : 'miss'])
      world.forget(id)
      reference.end(id, isKept ? NOTHING : amountsOf({ input: 40, output: 30 }), world.now())
    },
    async end({ which: place, ending: how }) {
      const call = atProvider[place % Math.max(atProvider.length, 1)]
      if (!call) return
      await world.end(call.id, how)
      settle(call, takenBy(call, how))
      await pump()
    },
    async abort({ which: place, isLate }) {
      const all = [...atProvider, ...waiting]
      const call = all[place % Math.max(all.length, 1)]
      if (!call) return
      const isSent = atProvider.includes(call)
      await world.abort(call.id, isLate)
      settle(call, isSent ? amountsOf({ ...call.wish, output: 0 }) : NOTHING)
      await pump()
    },
    async pass({ ms }) {
      const end = world.now() + ms
      for (const call of waiting) {
        const leaves = call.since + UPSTREAM.waitMs
        if (leaves > end) continue
        world.pass(leaves - world.now())
        // Of a stream whose status has gone the refusal is an event.
        await (await world.response(call.id)).text()
        await world.ended(call.id)
        settle(call, NOTHING)
      }
      world.pass(end - world.now())
    },
  }

  /** What holds whatever has happened. */
  const check = (): void => {
    for (const { account, limits } of BOUNDS) {
      const { calls } = world.learnt.ledger.account(account).held()
      const own =
        account === 'all' ? running() : [...atProvider, ...waiting].filter(({ who }) => account === `key:${who}`).length
      expect(calls).toBe(own)
      expect(calls).toBeLessThanOrEqual(limits.concurrent ?? Infinity)
    }
    expect(world.open()).toBe(atProvider.length)
    expect(atProvider.length).toBeLessThanOrEqual(UPSTREAM.concurrent)
  }

  return {
    reference,
    async run(all: readonly Step[]): Promise<void> {
      for (const step of all) {
        // oxlint-disable-next-line no-await-in-loop, no-unsafe-type-assertion -- the order is what is tested
        await apply[step.type](step as never)
        check()
      }
      while (running() > 0) {
        // oxlint-disable-next-line no-await-in-loop
        await apply.end({ type: 'end', which: 0, ending: { type: 'answer', input: 1, output: 1 } })
        check()
      }
      for (const { account } of BOUNDS) {
        const { held, meter } = world.learnt.ledger.account(account)
        expect(held()).toEqual({ calls: 0, amounts: { requests: 0, tokens: 0, cost: 0 } })
        expectTotal(account, meter.spent('ever', world.now()), reference.total(account))
      }
    },
  }
}

/** The request of a call, and what it may take. */
function questionOf(id: string, output: number, isStream: boolean) {
  const body = {
    max_completion_tokens: output,
    messages: [{ role: 'user', content: `${id}: ${'word '.repeat(60)}` }],
    ...(isStream && { stream: true }),
  }
  const wire = { path: '/chat/completions', query: '', headers: {}, body: { model: `mock,${id}`, ...body } }
  const input = Math.ceil(estimateInput(codecOf('openai-chat').decodeRequest(wire)))
  return { body, wish: { input, output } }
}

function takenBy({ wish, isStream }: { readonly wish: Wish; readonly isStream: boolean }, how: Ending): Amounts {
  if (how.type === 'answer') return amountsOf(how)
  // Of an answer that broke off nobody knows more than what was sent; where none began, it is as if nobody had answered.
  return how.type === 'cut' && isStream ? amountsOf({ ...wish, output: 0 }) : NOTHING
}

/** What no limit looks at is not measured where nobody tells it. */
function expectTotal(account: string, found: Amounts, wanted: Amounts): void {
  const limits = BOUNDS.find((bound) => bound.account === account)?.limits.quotas ?? []
  for (const { of } of limits) expect(found[of]).toBeCloseTo(wanted[of], 8)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    // oxlint-disable-next-line no-await-in-loop -- it is what is waited for
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('limits, budgets and queues let in what fits, and nothing else, whatever happens in whichever order', async () => {
  const run = (all: readonly Step[]): Promise<void> => createPlay(undefined).run(all)
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 80, seed: 20_270_101 })
}, 20_000)

test('and so with what is kept in a database, in which nothing is held in the end', async () => {
  let serial = 0
  const run = async (all: readonly Step[]): Promise<void> => {
    const options = {
      file: join(folder, `${serial++}`, 'state.db'),
      log: () => undefined,
      now: () => 1_800_000_000_000,
    }
    const store = openStateStore(options)
    const play = createPlay(store?.journal)
    await play.run(all)
    store?.close()
    const again = openStateStore(options)
    const found = again?.journal.read(true)
    again?.close()
    expect(found?.held).toEqual([])
    for (const { account } of BOUNDS) {
      const rows = found?.spent.filter((each) => each.account === account) ?? []
      const total = rows.reduce(
        (before, { requests, tokens, cost }) => ({
          requests: before.requests + requests,
          tokens: before.tokens + tokens,
          cost: before.cost + cost,
        }),
        { requests: 0, tokens: 0, cost: 0 },
      )
      expectTotal(account, total, play.reference.total(account))
    }
  }
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 15, seed: 20_270_102 })
}, 20_000)
