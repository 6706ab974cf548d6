import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import { encodeSse } from '../protocol/framing/sse.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { Answer, Call, Chunks, Trace } from './call.ts'
import { stoppedError } from './cut.ts'
import { headerText } from './headers.ts'
import { errorFrame } from './relay.ts'
import { asSentence } from './sentence.ts'

/** After this much silence the client gets its status line, and from then on a ping, in milliseconds. */
export const PING_AFTER_MS = 8000

// A client that does not read is not pinged, but looked at again soon.
const SHORTEST_PAUSE_MS = 250

/** How a call ended, as the client saw it. */
export interface Outcome {
  readonly status: number
  readonly error?: ModelError
}

/**
 * The response of a call. The status line goes out with the committed answer; a stream that stays silent gets it
 * after `PING_AFTER_MS` together with a ping, and further pings until the answer comes: from then on a failure is an
 * error event.
 * `settle` is called once, when the last byte has gone out, the call has failed, or the client has gone.
 */
export async function respond(
  call: Call,
  pending: Promise<Answer>,
  ports: Ports,
  settle: (outcome: Outcome) => void,
): Promise<Response> {
  const early = call.request.stream ? await firstOf(pending, ports) : await settled(pending)
  if (early instanceof ModelError) {
    settle({ status: early.status, error: early })
    return errorResponse(call.protocol, early, decisionHeaders(call.trace))
  }
  if (early && typeof early.body === 'string') {
    settle({ status: 200 })
    return new Response(early.body, {
      headers: Object.assign(decisionHeaders(call.trace), early.headers, { 'content-type': 'application/json' }),
    })
  }
  const headers = Object.assign(decisionHeaders(call.trace), early?.headers, STREAM_HEADERS)
  const body = streamOf(call, early, pending, ports, settle)
  return new Response(body, { headers })
}

/** A failure before the head, in the client's protocol. */
export function errorResponse(
  protocol: Protocol,
  error: ModelError,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { retryAfterMs, shouldRetry, requestId } = error.details
  return Response.json(protocol.encodeError(asSentence(error)), {
    status: error.status,
    headers: {
      ...headers,
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
      ...(shouldRetry !== undefined && { 'x-should-retry': String(shouldRetry) }),
      ...(requestId !== undefined && { 'request-id': headerText(requestId) }),
    },
  })
}

const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** Who was chosen and why, and what was lost on the way, as the client is told. */
export function decisionHeaders({
  target,
  route,
  reason,
  dropped,
}: Pick<Trace, 'target' | 'route' | 'reason' | 'dropped'>): Record<string, string> {
  const headers: Record<string, string> = {}
  if (target) headers['x-ccr-model'] = headerText(`${target.provider},${target.model}`)
  if (route !== undefined) headers['x-ccr-route'] = headerText(route)
  if (reason !== undefined) headers['x-ccr-reason'] = headerText(reason)
  if (dropped.length > 0) headers['x-ccr-dropped'] = headerText(dropped.map(({ path }) => path).join(' '))
  return headers
}

function settled(pending: Promise<Answer>): Promise<Answer | ModelError> {
  return pending.catch(asModelError)
}

async function firstOf(pending: Promise<Answer>, ports: Ports): Promise<Answer | ModelError | undefined> {
  const silence = Promise.withResolvers<undefined>()
  const stop = ports.after(PING_AFTER_MS, () => silence.resolve(undefined))
  const first = await Promise.race([settled(pending), silence.promise])
  stop()
  return first
}

/** The body of a streamed answer, `early` or still `pending`: pulled, so that a slow client slows the provider down. */
function streamOf(
  call: Call,
  early: Answer | undefined,
  pending: Promise<Answer>,
  ports: Ports,
  settle: (outcome: Outcome) => void,
): ReadableStream<Uint8Array> {
  const ping = new TextEncoder().encode(call.protocol.ping ? encodeSse(call.protocol.ping) : ': ping\n\n')
  let ended = false
  let stopPinging = (): void => undefined
  let place = 0
  let chunks = early && streamed(early)
  let waiting = false
  let last = ports.now()
  let controller: ReadableStreamDefaultController<Uint8Array>

  const end = (error?: ModelError): void => {
    if (ended) return
    ended = true
    stopPinging()
    ports.cutters?.remove(place)
    settle({ status: 200, ...(error && { error }) })
  }
  const tell = (error: ModelError): void => {
    end(error)
    controller.enqueue(new TextEncoder().encode(encodeSse(errorFrame(call.protocol, error))))
    controller.close()
  }
  const pingOn = (): void => {
    const pause = Math.max(last + PING_AFTER_MS - ports.now(), SHORTEST_PAUSE_MS)
    stopPinging = ports.after(pause, () => {
      if (waiting && ports.now() - last >= PING_AFTER_MS) {
        controller.enqueue(ping)
        last = ports.now()
      }
      pingOn()
    })
  }
  const begin = async (): Promise<Uint8Array | undefined> => {
    chunks = streamed(await pending)
    return chunks.next()
  }
  const give = (bytes: Uint8Array | undefined): void => {
    waiting = false
    last = ports.now()
    if (ended) return
    if (bytes) return controller.enqueue(bytes)
    end()
    controller.close()
  }
  const fail = (cause: unknown): void => {
    waiting = false
    if (ended) return
    const error = asModelError(cause)
    if (!chunks) return tell(error)
    end(error)
    controller.error(error)
  }

  /** What its attempt has taken counts, and is known when that has ended, which the signal of the client sees to. */
  const letGo = async (): Promise<void> => {
    const late = await settled(pending)
    if (!(late instanceof ModelError)) streamed(late).cancel()
    end(gone())
  }

  return new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own
        // The head alone would not leave: the server holds it back until there is a body to send with it.
        const bytes = chunks ? chunks.first?.() : ping
        if (bytes) controller.enqueue(bytes)
        pingOn()
        const cut = (): void => {
          // A call without an answer so far hears of it from there.
          if (!chunks) return
          chunks.cancel()
          if (call.trace.finish === undefined) return tell(stoppedError())
          // All has been said; only the provider's connection was still open.
          end()
          controller.close()
        }
        place = ports.cutters?.add(cut) ?? 0
      },
      pull() {
        waiting = true
        return (chunks ? chunks.next() : begin()).then(give, fail)
      },
      cancel() {
        if (!chunks) return void letGo()
        chunks.cancel()
        end(gone())
      },
    },
    { highWaterMark: 0 },
  )
}

function gone(): ModelError {
  return new ModelError('the client went away', { kind: 'aborted' })
}

function streamed(answer: Answer): Chunks {
  if (typeof answer.body === 'string') throw new Error('a stream was asked for and a whole body came')
  return answer.body
}

/** What was thrown, as an error that can be told to a client. An error of our own is told without its details. */
export function asModelError(cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  return new ModelError('an error inside the router; its log says more', { kind: 'server', cause })
}
