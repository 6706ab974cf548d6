import { createGateway, type GatewayConfig } from '../../../../src/gateway/gateway.ts'
import { createLearnt } from '../../../../src/gateway/learnt.ts'
import { bunPorts } from '../../../../src/platform/bun.ts'
import type { Ports } from '../../../../src/platform/ports.ts'
import type { CallRecord } from '../../../../src/store/usage-store.ts'
import { post } from '../../../helper/gateway.ts'

/** How a provider ends a call. */
export type Ending =
  | { readonly type: 'answer'; readonly input: number; readonly output: number }
  /** It refuses, or fails, before a word. */
  | { readonly type: 'status'; readonly status: number }
  /** It begins, and its stream breaks off. */
  | { readonly type: 'cut' }

/** A call that the provider has got and not yet ended. */
interface Asked {
  readonly signal: AbortSignal
  readonly isStream: boolean
  answer(response: Response): void
}

/** A whole gateway whose time and whose provider are in the hands of the test. */
export function createWorld(config: GatewayConfig, ports: Partial<Ports>) {
  const clock = { now: 1_800_000_000_000 }
  const timers = new Set<{ readonly at: number; readonly ms: number; readonly run: () => void }>()
  const asked = new Map<string, Asked>()
  const begun = createSignals<true>('the beginning')
  const ended = createSignals<CallRecord>('the end')
  const learnt = createLearnt(config.providers)
  const fetchThere: Ports['fetch'] = (_url, init) => {
    const { model, stream } = JSON.parse(init.body) as { model: string; stream?: boolean }
    const given = new AbortController()
    init.onBegin?.((reason) => given.abort(reason))
    const signal = AbortSignal.any([init.signal, given.signal])
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      asked.set(model, { signal, isStream: stream === true, answer: resolve })
      begun.give(model, true)
    })
  }
  const gateway = createGateway(
    config,
    {
      ...bunPorts({
        log: () => undefined,
        usage: { record: (call) => ended.give(call.requested.replace('mock,', ''), call) },
        env: {},
      }),
      fetch: fetchThere,
      now: () => clock.now,
      after(ms, run) {
        const timer = { at: clock.now + ms, ms, run }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
      ...ports,
    },
    learnt,
  )
  const calls = new Map<string, { readonly response: Promise<Response>; readonly client: AbortController }>()
  return {
    learnt,
    now: () => clock.now,
    open: () => asked.size,
    /** How many wait for so long. */
    waiting: (ms: number): number => [...timers].filter((timer) => timer.ms === ms).length,
    /** Sends a request for the model `id`; says nothing of what becomes of it. */
    ask(id: string, body: object, key: string): void {
      const client = new AbortController()
      const request = post(
        '/v1/chat/completions',
        { model: `mock,${id}`, ...body },
        {
          headers: { 'x-api-key': key },
          signal: client.signal,
        },
      )
      calls.set(id, { response: gateway(request), client })
    },
    response(id: string): Promise<Response> {
      const call = calls.get(id)
      if (!call) throw new Error(`nobody has asked for ${id}`)
      return inTime(call.response, `the response to ${id}`)
    },
    /** Resolves when the provider has got the call. */
    begun: (id: string) => begun.wait(id),
    /** Resolves when its record is written, which is the last thing that is done for a call. */
    ended: (id: string) => ended.wait(id),
    /** The same name may be asked for again. */
    forget(id: string): void {
      begun.forget(id)
      ended.forget(id)
    },
    /** The provider ends it; the client reads what comes. */
    async end(id: string, ending: Ending): Promise<void> {
      const there = asked.get(id)
      asked.delete(id)
      there?.answer(answerOf(ending, there.isStream))
      await (await this.response(id)).text().catch(() => '')
      await ended.wait(id)
    },
    /** The client goes away, before the answer or in the middle of it. */
    async abort(id: string, isLate: boolean): Promise<void> {
      const there = asked.get(id)
      const { client, response } = calls.get(id) ?? {}
      asked.delete(id)
      const isBegun = isLate && there?.isStream === true
      if (isBegun) there.answer(streamOf(FIRST, there.signal))
      const body = isBegun ? (await response)?.body?.getReader() : undefined
      await body?.read()
      client?.abort()
      // A server lets go of the body of a response whose client has gone.
      void (body ?? (await response)?.body)?.cancel()
      await ended.wait(id)
    },
    /** Lets time pass, with all that was to happen in it. */
    pass(ms: number): void {
      const end = clock.now + ms
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)
        const [next] = due
        if (!next) break
        timers.delete(next)
        clock.now = Math.max(clock.now, next.at)
        next.run()
      }
      clock.now = end
    },
  }
}

const FIRST = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }] })}\n\n`

function answerOf(ending: Ending, isStream: boolean): Response {
  if (ending.type === 'status') return Response.json({ error: { message: 'No.' } }, { status: ending.status })
  if (ending.type === 'cut') return isStream ? streamOf(FIRST) : brokenWhole()
  const usage = { prompt_tokens: ending.input, completion_tokens: ending.output }
  if (!isStream) {
    const message = { role: 'assistant', content: 'Hello' }
    return Response.json({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
  }
  const rest = [{ choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }] }, { choices: [], usage }]
  return streamOf(`${FIRST}${rest.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`)
}

function brokenWhole(): Response {
  const body = new ReadableStream({ start: (controller) => controller.error(new Error('the connection was reset')) })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

/** With a signal it stays open until that aborts. */
function streamOf(text: string, signal?: AbortSignal): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      if (signal) signal.addEventListener('abort', () => controller.error(signal.reason), { once: true })
      else controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

/** Things that happen once, each by its name, whoever waits first. */
function createSignals<T>(what: string) {
  const all = new Map<string, PromiseWithResolvers<T>>()
  const signal = (name: string): PromiseWithResolvers<T> => {
    const found = all.get(name) ?? Promise.withResolvers<T>()
    all.set(name, found)
    return found
  }
  return {
    give: (name: string, value: T): void => signal(name).resolve(value),
    forget: (name: string): boolean => all.delete(name),
    wait: (name: string): Promise<T> => inTime(signal(name).promise, `${what} of ${name}`),
  }
}

/** Rejects where what must happen does not: else a test would only stand still. */
async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} has not come`)), 1000)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
