import type { Ports } from '../../platform/ports.ts'
import type { HeaderFields } from '../../canonical/header-fields.ts'
import { encodeSse } from '../../protocol/framing/sse.ts'
import type { Frame, Step } from '../../protocol/protocol.ts'
import type { Source } from '../source.ts'
import { explained, type HookRun } from './hook.ts'

/** A provider's answer as code of the user knows it. Its body is read as it is asked for. */
export function responseOf(source: Source, headers: HeaderFields): Response {
  const body = pulled(
    () => source.read(),
    () => source.cancel(),
  )
  return new Response(body, { headers: bodyHeaders(headers) })
}

/** Whether a response is a stream of events. */
export function isEventStream(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('event-stream')
}

/** `response`, whose stream fails on behalf of the hook that made it. */
export function named(response: Response, run: HookRun): Response {
  const reader = response.body?.getReader()
  if (!reader) return response
  const body = pulled(async () => {
    try {
      return await readBytes(reader)
    } catch (cause) {
      throw explained(run, cause)
    }
  }, cancelOf(reader))
  return new Response(body, { status: response.status, headers: bodyHeaders(response.headers) })
}

/** `response` with its bytes passed through `step`. */
export function mapBytes(response: Response, step: Step<Uint8Array, Uint8Array>): Response {
  const reader = response.body?.getReader()
  if (!reader) return response
  const held: Uint8Array[] = []
  let ended = false
  const next = async (): Promise<Uint8Array | undefined> => {
    while (held.length === 0 && !ended) {
      const bytes = await readBytes(reader)
      ended = bytes === undefined
      held.push(...(bytes ? step.push(bytes) : step.end()))
    }
    return held.shift()
  }
  return new Response(pulled(next, cancelOf(reader)), { headers: bodyHeaders(response.headers) })
}

/** Frames as the bytes of a stream of events. */
export function encodeFrames(): Step<Frame, Uint8Array> {
  const text = new TextEncoder()
  return { push: (frame) => [text.encode(encodeSse(frame))], end: () => [] }
}

/**
 * What is left of a response, for whoever decodes it; with it the provider is let go. The provider's own deadlines do not see
 * code of the user that keeps everything to itself: `patience` ends that.
 */
export function sourceOf(response: Response, upstream: Source, patience: Patience): Source {
  const reader = response.body?.getReader()
  return {
    read: async () => (reader ? readInTime(reader, patience) : undefined),
    cancel() {
      // The code of the user may have locked or lost its stream: the provider is let go in any case.
      reader?.cancel().catch(() => undefined)
      upstream.cancel()
    },
    release: () => upstream.release(),
  }
}

/** How long nothing may come, and what is said then. */
export interface Patience {
  /** Milliseconds; absent: for ever. */
  readonly ms: number | undefined
  readonly after: Ports['after']
  readonly error: () => Error
}

async function readInTime(reader: Reader, { ms, after, error }: Patience): Promise<Uint8Array | undefined> {
  if (ms === undefined) return readBytes(reader)
  const late = Promise.withResolvers<never>()
  const stop = after(ms, () => late.reject(error()))
  try {
    return await Promise.race([readBytes(reader), late.promise])
  } finally {
    stop()
  }
}

type Reader = ReadableStreamDefaultReader<unknown>

/** Code of the user may put texts into a stream. */
async function readBytes(reader: Reader): Promise<Uint8Array | undefined> {
  const { done, value } = await reader.read()
  if (done) return undefined
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (value instanceof Uint8Array) return value
  throw new TypeError(`its stream gave a ${typeof value}, where bytes were expected`)
}

function cancelOf(reader: Reader): () => void {
  return () => void reader.cancel().catch(() => undefined)
}

function pulled(next: () => Promise<Uint8Array | undefined>, cancel: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await next()
        if (bytes) controller.enqueue(bytes)
        else controller.close()
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
}

/** The body is another one now. */
function bodyHeaders(headers: HeaderFields): Headers {
  const copy = new Headers([...headers])
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) copy.delete(name)
  return copy
}
