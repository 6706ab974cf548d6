import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'

/** The bytes of a provider's answer, under its deadline. */
export interface Source {
  /** The next piece; `undefined` at the end. Rejects with a `ModelError` when the connection breaks or stays silent. */
  read(): Promise<Uint8Array | undefined>
  /** Ends the call. */
  cancel(): void
  /** The answer is complete: reads the little that may follow, so that the connection can serve the next call. */
  release(): void
}

/** Whose answer it is, for the words of an error. */
export interface Respondent {
  readonly provider: string
  readonly model: string
}

export function createSource(body: ReadableStream<Uint8Array> | null, watch: Watch, who: Respondent): Source {
  const reader = body?.getReader()
  const source: Source = {
    async read() {
      if (!reader) return undefined
      try {
        const { done, value } = await reader.read()
        watch.touch()
        if (!done) return value
        watch.stop()
        return undefined
      } catch (cause) {
        watch.stop()
        throw watch.expired() ?? connectionError(cause, who)
      }
    },
    cancel() {
      watch.stop()
      // The connection may be gone already: then there is nothing left to cancel.
      reader?.cancel().catch(() => undefined)
    },
    release() {
      const readOn = async (left: number): Promise<void> => {
        if (left === 0) source.cancel()
        else if (await source.read()) await readOn(left - 1)
      }
      // The client has its whole answer: how the connection ends concerns nobody any more.
      readOn(RELEASE_READS).catch(() => undefined)
    },
  }
  return source
}

/** A provider that sends more than this after its end is cut off. */
const RELEASE_READS = 8

/** A deadline that starts anew with every sign of life. */
export interface Watch {
  touch(): void
  stop(): void
  /** The error to report if the deadline has passed. */
  expired(): ModelError | undefined
}

/** Calls `expire` when nobody has called `touch` for `limitMs`. */
export function watchSilence(
  ports: Ports,
  limitMs: number,
  who: Respondent,
  expire: (error: ModelError) => void,
): Watch {
  const stopped = new AbortController()
  let last = ports.now()
  let error: ModelError | undefined
  const run = async (): Promise<void> => {
    for (;;) {
      const left = last + limitMs - ports.now()
      if (left <= 0) break
      await ports.sleep(left, stopped.signal)
      if (stopped.signal.aborted) return
    }
    error = new ModelError(
      `${who.provider} (${who.model}) was silent for ${Math.round(limitMs / 1000)} s: the call was given up (API_TIMEOUT_MS)`,
      { kind: 'timeout', ...who },
    )
    expire(error)
  }
  void run()
  return {
    touch: () => {
      last = ports.now()
    },
    stop: () => stopped.abort(),
    expired: () => error,
  }
}

/** `error` as a sentence that names who failed, if it does not yet. */
export function attribute(error: ModelError, who: Respondent): ModelError {
  const name = `${who.provider} (${who.model})`
  if (error.message.startsWith(name)) return error
  return new ModelError(`${name}: ${error.message}`, { ...error.details, status: error.status, ...who })
}

/** A failed connection in words that tell the user where to look. */
export function connectionError(cause: unknown, who: Respondent): ModelError {
  const code = (cause as { code?: unknown } | undefined)?.code
  const words =
    typeof code === 'string' ? (WORDS[code] ?? code) : cause instanceof Error ? cause.message : String(cause)
  return new ModelError(`${who.provider} (${who.model}): ${words}`, { kind: 'network', ...who, cause })
}

const WORDS: Readonly<Record<string, string>> = {
  ConnectionRefused: 'the connection was refused: is api_base_url right, and does the server run?',
  ECONNREFUSED: 'the connection was refused: is api_base_url right, and does the server run?',
  ConnectionClosed: 'the connection was closed before the answer was complete',
  ECONNRESET: 'the connection was reset before the answer was complete',
  ENOTFOUND: 'the host name is not known: is api_base_url right?',
  FailedToOpenSocket: 'no connection could be opened: is api_base_url right?',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is signed by an authority that this machine does not know",
}
