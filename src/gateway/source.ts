import { ModelError } from '../canonical/error.ts'
import type { BodyReader, HttpBody } from '../platform/ports.ts'
import { endOfEvents } from '../protocol/framing/sse.ts'
import { explainFailure } from './failure.ts'
import { redactKeys } from './redact.ts'
import type { Watch } from './watch.ts'

/** The bytes of a provider's answer, under its deadlines. */
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

/** The provider's deadlines run while a piece is waited for, and not while the client is. `signal`: the client's. */
export function createSource(
  body: HttpBody | null,
  watch: Watch,
  who: Respondent,
  host: string,
  signal: AbortSignal,
): Source {
  const reader = body?.getReader()
  let rest: Uint8Array | undefined
  const cut = (bytes: Uint8Array): Uint8Array => {
    rest = undefined
    if (bytes.length <= MOST_AT_ONCE) return bytes
    // Between two events, where there are any: nobody has to put halves together again.
    const end = endOfEvents(bytes.subarray(0, MOST_AT_ONCE)) || MOST_AT_ONCE
    rest = bytes.subarray(end)
    return bytes.subarray(0, end)
  }
  const arrived = ({ done, value }: Awaited<ReturnType<BodyReader['read']>>): Uint8Array | undefined => {
    watch.enter('client')
    if (!done && value) return cut(value)
    watch.stop()
    return undefined
  }
  const broken = (cause: unknown): never => {
    watch.stop()
    // Who broke it off is to blame.
    if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted', ...who, cause })
    throw watch.expired() ?? explainFailure(cause, who, host)
  }
  const source: Source = {
    // Here and on the way to the client, what is done for every piece is put together once, and not by async functions.
    read() {
      if (rest) return Promise.resolve(cut(rest))
      if (!reader) {
        watch.stop()
        return NOTHING
      }
      watch.enter('idle')
      return reader.read().then(arrived, broken)
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

const NOTHING = Promise.resolve(undefined)

/** Of a flood, in bytes: what is dealt with bit by bit stays near the processor, and the client has the first of it sooner. */
const MOST_AT_ONCE = 65_536
/** A provider that sends more than this after its end is cut off. */
const RELEASE_READS = 8

/** `error` as a sentence that names who failed, if it does not yet. */
export function attribute(error: ModelError, who: Respondent): ModelError {
  const name = `${who.provider} (${who.model})`
  if (error.message.startsWith(name)) return error
  return new ModelError(`${name}: ${redactKeys(error.message)}`, { ...error.details, status: error.status, ...who })
}
