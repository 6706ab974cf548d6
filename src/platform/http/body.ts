import type { BodyReader, HttpBody } from '../ports.ts'

/** A body while it comes in: what the connection puts in, the reader takes out. */
export interface IncomingBody {
  readonly body: HttpBody
  push(bytes: Uint8Array): void
  /** `error`: why it is not whole. */
  end(error?: Error): void
}

/** How a body has its connection slowed down or given up. */
export interface BodySource {
  pause(): void
  resume(): void
  /** Nobody reads the rest. */
  cancel(): void
}

/** A body of which at most about `MOST_QUEUED` bytes wait for the reader. */
export function createBody(source: BodySource): IncomingBody {
  const queue: Uint8Array[] = []
  let queued = 0
  let isPaused = false
  let isOver = false
  let failure: Error | undefined
  let waiting: PromiseWithResolvers<Piece> | undefined

  const take = (value: Uint8Array): Piece => {
    queued -= value.length
    if (isPaused && queued < MOST_QUEUED / 2) {
      isPaused = false
      source.resume()
    }
    return { done: false, value }
  }
  const reader: BodyReader = {
    read() {
      const next = queue.shift()
      if (next) return Promise.resolve(take(next))
      if (failure) return Promise.reject(failure)
      if (isOver) return Promise.resolve(DONE)
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    async cancel() {
      queue.length = 0
      if (!isOver) source.cancel()
    },
  }
  return {
    body: { getReader: () => reader, cancel: reader.cancel },
    push(bytes) {
      if (waiting) {
        waiting.resolve({ done: false, value: bytes })
        waiting = undefined
        return
      }
      queue.push(bytes)
      queued += bytes.length
      if (isPaused || queued < MOST_QUEUED) return
      isPaused = true
      source.pause()
    },
    end(error) {
      isOver = true
      failure = error
      if (isPaused) source.resume()
      isPaused = false
      if (error) waiting?.reject(error)
      else waiting?.resolve(DONE)
      waiting = undefined
    },
  }
}

type Piece = Awaited<ReturnType<BodyReader['read']>>

const DONE: Piece = { done: true, value: undefined }
const MOST_QUEUED = 1_048_576
