import { createAnswerReader } from './answer-reader.ts'
import { createBody, type IncomingBody } from './body.ts'
import { closedError } from './error.ts'
import { type Halt, nothing } from './halt.ts'
import type { AnswerHead } from './head.ts'
import type { HttpBody } from '../ports.ts'
import type { Line, LineListener } from './line.ts'

/** The head of an answer, and its body as it comes. */
export interface HttpAnswer {
  readonly head: AnswerHead
  readonly body: HttpBody
}

/** A connection that is open, for one exchange at a time. */
export interface Connection {
  /** Sends the bytes of a request. Resolves when the head of the answer has come; ends when it is given up. */
  exchange(request: Uint8Array, halt: Halt): Promise<HttpAnswer>
  /** Whether a byte has come since the last exchange began. */
  hasAnswered(): boolean
  close(): void
}

/** What becomes of a connection. */
export interface ConnectionListener {
  /** It can take another request; the server closes it after `keptMs`, if it has said so. */
  idle(keptMs: number | undefined): void
  /** It is closed. */
  gone(): void
}

/** HTTP/1.1 over the line that `open` gives; nothing is sent before its first exchange. */
export async function openConnection(
  open: (listener: LineListener) => Promise<Line>,
  listener: ConnectionListener,
): Promise<Connection> {
  let exchange: Exchange | undefined
  let hasAnswered = false

  const finish = (error?: Error): void => {
    const ended = exchange
    exchange = undefined
    ended?.end(error)
  }
  const giveUp = (error: Error): void => {
    finish(error)
    line.close()
  }
  const reader = createAnswerReader({
    head: (head) => exchange?.begin(head),
    data: (bytes) => exchange?.body?.push(bytes),
    end(mayReuse) {
      const keptMs = exchange?.keptMs
      finish()
      // A request that was answered before it was sent is still on its way.
      if (!mayReuse || !line.isSent()) return line.close()
      line.hold(false)
      listener.idle(keptMs)
    },
  })
  const line = await open({
    data(bytes) {
      // Nobody asked: what it means nobody knows.
      if (!exchange) return line.close()
      hasAnswered = true
      try {
        reader.push(bytes)
      } catch (cause) {
        giveUp(cause as Error)
      }
    },
    closed(cause) {
      if (!cause) reader.close()
      finish(cause ?? closedError())
      listener.gone()
    },
  })
  return {
    exchange(request, halt) {
      hasAnswered = false
      line.hold(true)
      const begun = createExchange(line, halt, giveUp)
      exchange = begun
      if (halt.reason) giveUp(halt.reason)
      else line.send(request)
      return begun.answer
    },
    hasAnswered: () => hasAnswered,
    close: () => line.close(),
  }
}

interface Exchange {
  readonly answer: Promise<HttpAnswer>
  readonly body: IncomingBody | undefined
  readonly keptMs: number | undefined
  begin(head: AnswerHead): void
  end(error?: Error): void
}

function createExchange(line: Line, halt: Halt, giveUp: (error: Error) => void): Exchange {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  halt.run = giveUp
  let body: IncomingBody | undefined
  let keptMs: number | undefined
  return {
    answer: promise,
    get body() {
      return body
    },
    get keptMs() {
      return keptMs
    },
    begin(head) {
      keptMs = head.keptMs
      body = createBody({ pause: line.pause, resume: line.resume, cancel: () => giveUp(closedError()) })
      resolve({ head, body: body.body })
    },
    end(error) {
      halt.run = nothing
      if (body) body.end(error)
      else reject(error ?? closedError())
    },
  }
}
