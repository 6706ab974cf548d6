import { ERROR_POLICIES, ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Batches } from '../batches.ts'
import type { Call, Handler, Middleware } from '../call.ts'
import { adoptAttempts, ownTrace } from '../own-trace.ts'
import { createSaid, type Said } from '../retry/said.ts'

/**
 * A stream of text that breaks off is gone on with by another target, which is shown what was said as the beginning of its
 * own answer; the client sees one answer. Not from within a tool call, and once in a call. Where nobody else can be asked,
 * or fails, too, the client is told of the first failure.
 */
export function createContinuation(ports: Pick<Ports, 'log'>): Middleware {
  return async (call, next) => {
    if (!call.request.stream || call.keeper || !call.target) return next(call)
    const said = createSaid()
    return next({ ...call, tap: (batches) => goOn(call, batches, said, next, ports) })
  }
}

function goOn(call: Call, first: Batches, said: Said, next: Handler, ports: Pick<Ports, 'log'>): Batches {
  let source = first
  let isContinued = false
  return {
    async next() {
      const batch = await source.next()
      if (!batch) return undefined
      if (isContinued) return said.join(batch)
      const error = said.look(batch)
      const text = error && said.text()
      if (!error || text === undefined || ERROR_POLICIES[error.kind].elsewhere !== 'any') return batch
      const before = batch.filter((event) => event.type !== 'error')
      const other = await another(call, error, text, next, ports)
      if (!other) return batch
      isContinued = true
      source = other
      // Never empty: the reader takes that for a pause, which is what it is.
      return before
    },
    cancel: () => source.cancel?.(),
  }
}

/** The events of who goes on. */
async function another(
  call: Call,
  error: ModelError,
  text: string,
  next: Handler,
  ports: Pick<Ports, 'log'>,
): Promise<Batches | undefined> {
  const { trace } = call
  const broken = trace.target ?? call.target
  if (!broken) return undefined
  const [target, ...fallbacks] = targetsAfter(broken, call)
  const known = trace.attempts.length
  const own = { ...ownTrace(trace), target: target ?? broken }
  const recorder = createRecorder()
  try {
    const answer = await next({
      ...call,
      ...(target ? { target, fallbacks } : { target: broken, fallbacks: [] }),
      request: prefilled(call.request, text),
      edited: true,
      trace: own,
      tap: recorder.tap,
    })
    if (typeof answer.body === 'string') return undefined
    const { body } = answer
    trace.broken = error
    trace.target = own.target
    trace.fallback = true
    trace.atEnd.push(() => {
      if (trace.failure) own.failure = trace.failure
      for (const run of own.atEnd) run()
    })
    const words = `${error.message}: ${nameOfTarget(trace.target)} goes on with the answer`
    trace.warnings = [...trace.warnings, ...own.warnings, words]
    ports.log('warn', words, { call: call.id })
    return recorder.batches(() => body.cancel())
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause
    ports.log('warn', `${error.message}, and nobody goes on with the answer: ${cause.message}`, { call: call.id })
    return undefined
  } finally {
    adoptAttempts(trace, own, known)
  }
}

/** Who has not been asked yet comes first; the broken one itself is better than nobody. */
function targetsAfter(broken: RouteTarget, { target, fallbacks = [] }: Call): readonly RouteTarget[] {
  const chain = [...(target ? [target] : []), ...fallbacks]
  const place = chain.findIndex((each) => nameOfTarget(each) === nameOfTarget(broken))
  return [...chain.slice(place + 1), ...chain.slice(0, Math.max(place, 0))]
}

function prefilled(request: ModelRequest, text: string): ModelRequest {
  // Some refuse an answer that begins with one that ends in a space.
  return {
    ...request,
    messages: [...request.messages, { role: 'assistant', parts: [{ type: 'text', text: text.trimEnd() }] }],
  }
}

/** Keeps what is read of an answer while somebody else decides whether it has begun. */
function createRecorder() {
  const seen: (readonly ModelEvent[])[] = []
  let source: Batches | undefined
  return {
    tap: (batches: Batches): Batches => {
      source = batches
      seen.length = 0
      return {
        async next() {
          const batch = await batches.next()
          if (batch) seen.push(batch)
          return batch
        },
      }
    },
    batches: (cancel: () => void): Batches => ({
      next: async () => seen.shift() ?? source?.next(),
      cancel,
    }),
  }
}
