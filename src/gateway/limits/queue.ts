import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { UpstreamLimits } from '../../provider/upstream-limits.ts'
import { NOTHING } from './limits.ts'
import { createMeter } from './meter.ts'

/** The calls to one provider: as many run as it allows, the others wait in the order in which they came. */
export interface Queue {
  /** Resolves when the call may begin. Rejects if too many wait, it has waited too long, or its client has gone. */
  enter(tokens: number, signal: AbortSignal): Promise<Place>
}

/** A call that runs. */
export interface Place {
  /** It has ended, and took so many tokens beyond those that were thought of. Only the first time counts. */
  leave(furtherTokens: number): void
}

export function createQueue(limits: UpstreamLimits, who: string, ports: Pick<Ports, 'now' | 'after'>): Queue {
  const { requestsPerMinute = Infinity, tokensPerMinute = Infinity, concurrent = Infinity, queue, waitMs } = limits
  const meter = createMeter()
  let waiting: Waiter[] = []
  let running = 0
  let stopWaking = (): void => undefined

  /** When a call of so many tokens may begin: now, at a time, or when another one ends. */
  const mayBeginAt = (tokens: number): number => {
    const now = ports.now()
    const spent = meter.spent('minute', now)
    const overRequests = spent.requests + 1 - requestsPerMinute
    // What is more than a whole minute's share goes when nothing else has gone.
    const overTokens = Math.min(spent.tokens + tokens - tokensPerMinute, spent.tokens)
    const times = [
      ...(overRequests > 0 ? [meter.freeAt('minute', 'requests', overRequests, now) ?? now] : []),
      ...(overTokens > 0 ? [meter.freeAt('minute', 'tokens', overTokens, now) ?? now] : []),
      ...(running >= concurrent ? [Infinity] : []),
    ]
    return Math.max(now, ...times)
  }
  const begin = (tokens: number): Place => {
    running += 1
    meter.add(ports.now(), { ...NOTHING, requests: 1, tokens })
    let isOver = false
    return {
      leave(furtherTokens) {
        if (isOver) return
        isOver = true
        running -= 1
        if (furtherTokens > 0) meter.add(ports.now(), { ...NOTHING, tokens: furtherTokens })
        pump()
      },
    }
  }
  const pump = (): void => {
    stopWaking()
    stopWaking = () => undefined
    for (let first = waiting[0]; first; first = waiting[0]) {
      const at = mayBeginAt(first.tokens)
      if (at > ports.now()) {
        if (Number.isFinite(at)) stopWaking = ports.after(at - ports.now(), pump)
        return
      }
      waiting.shift()
      first.begin(begin(first.tokens))
    }
  }
  const full = (why: string, tokens: number): ModelError => {
    const at = mayBeginAt(tokens)
    const retryAfterMs = Number.isFinite(at) ? Math.max(1000, at - ports.now()) : BUSY_RETRY_MS
    const message = `${who} allows no more calls now (its \`limits\`), and ${why}`
    return new ModelError(message, { kind: 'overload', status: 503, retryAfterMs, provider: who })
  }
  return {
    async enter(tokens, signal) {
      if (waiting.length === 0 && mayBeginAt(tokens) <= ports.now()) return begin(tokens)
      if (waiting.length >= queue) throw full(`${waiting.length} calls wait already`, tokens)
      const { promise, resolve, reject } = Promise.withResolvers<Place>()
      const waiter: Waiter = { tokens, begin: resolve }
      const giveUp = (error: ModelError): void => {
        if (!waiting.includes(waiter)) return
        waiting = waiting.filter((each) => each !== waiter)
        reject(error)
        pump()
      }
      const gone = (): void => giveUp(new ModelError('the client went away', { kind: 'aborted' }))
      waiting.push(waiter)
      const stopTimer = ports.after(waitMs, () => giveUp(full(`the call has waited for ${waitMs / 1000} s`, tokens)))
      signal.addEventListener('abort', gone, { once: true })
      if (signal.aborted) gone()
      pump()
      try {
        return await promise
      } finally {
        stopTimer()
        signal.removeEventListener('abort', gone)
      }
    },
  }
}

interface Waiter {
  readonly tokens: number
  readonly begin: (place: Place) => void
}

/** Nobody knows when a running call ends. */
const BUSY_RETRY_MS = 5000
