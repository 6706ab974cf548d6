import type { Ports } from '../../platform/ports.ts'
import type { Answer, Call, Chunks, Middleware } from '../call.ts'

/** How fast an answer came. */
export interface TokenSpeed {
  readonly requestId: string
  readonly sessionId?: string
  readonly model: string
  readonly stream: boolean
  /** While it streams, the events so far: most providers send one token in each. */
  readonly tokenCount: number
  /** While it streams, of the last second; at the end, of the whole answer. */
  readonly tokensPerSecond: number
  /** Milliseconds. */
  readonly timeToFirstToken: number
  /** Seconds. */
  readonly duration: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly isStreaming: boolean
}

export type SpeedReporter = (speed: TokenSpeed, ports: Ports) => void

/** Measures answers and tells `report`: at the end, and now and then while they stream. */
export function createTokenSpeed(report: SpeedReporter, ports: Ports): Middleware {
  return async (call, next) => {
    const answer = await next(call)
    const meter = createMeter(call, ports)
    call.trace.atEnd.push(() => {
      const speed = meter.whole()
      if (speed) report(speed, ports)
    })
    if (typeof answer.body === 'string') return answer
    return { ...answer, body: counted(answer.body, (events) => tellNow(meter, events, report, ports)) }
  }
}

/** A status line looks about once a second. */
const PAUSE_MS = 500
const WINDOW_MS = 1000
/** The clock counts whole milliseconds: an answer that began and ended in one took about so long. */
const SHORTEST_S = 0.001

interface Meter {
  /** More events have come; gives what is to be told now, if anything is. */
  add(events: number): TokenSpeed | undefined
  /** The whole answer; nothing if the provider did not count. */
  whole(): TokenSpeed | undefined
}

function createMeter(call: Call, ports: Ports): Meter {
  const { trace, request } = call
  const began = ports.now()
  let recent: { readonly at: number; readonly events: number }[] = []
  let count = 0
  let toldAt = began

  const speed = (tokenCount: number, seconds: number, isStreaming: boolean): TokenSpeed => {
    const now = ports.now()
    return {
      requestId: call.id,
      ...(trace.session !== undefined && { sessionId: trace.session }),
      model: trace.target ? `${trace.target.provider},${trace.target.model}` : request.model,
      stream: request.stream,
      tokenCount,
      tokensPerSecond: Math.round((tokenCount / Math.max(seconds, SHORTEST_S)) * 10) / 10,
      timeToFirstToken: began - trace.startedAt,
      duration: Math.round(now - trace.startedAt) / 1000,
      timestamp: now,
      isStreaming,
    }
  }
  return {
    add(events) {
      const now = ports.now()
      count += events
      recent = [...recent.filter(({ at }) => now - at < WINDOW_MS), { at: now, events }]
      if (now - toldAt < PAUSE_MS) return undefined
      toldAt = now
      const inWindow = recent.reduce((sum, each) => sum + each.events, 0)
      const seconds = Math.min(WINDOW_MS, now - began) / 1000
      return { ...speed(inWindow, seconds, true), tokenCount: count }
    },
    whole() {
      const tokens = trace.usage?.output
      if (!tokens) return undefined
      // A whole answer comes at once: what counts is how long it took.
      return speed(tokens, (ports.now() - (request.stream ? began : trace.startedAt)) / 1000, false)
    },
  }
}

function tellNow(meter: Meter, events: number, report: SpeedReporter, ports: Ports): void {
  const speed = meter.add(events)
  if (speed) report(speed, ports)
}

function counted(chunks: Chunks, add: (events: number) => void): Exclude<Answer['body'], string> {
  return {
    async next() {
      const bytes = await chunks.next()
      if (bytes) add(eventsIn(bytes))
      return bytes
    },
    cancel: () => chunks.cancel(),
  }
}

/** An empty line ends an event. */
function eventsIn(bytes: Uint8Array): number {
  let events = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1))
    if (bytes[at + 1] === NEWLINE) events++
  return events
}

const NEWLINE = 10
