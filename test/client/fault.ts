import { hangUp, json, split, stopAfter, stream, type Answer } from '../helper/answer.ts'
import { anthropicError } from '../helper/turn-anthropic.ts'
import { chatError } from '../helper/turn-chat.ts'
import { geminiError } from '../helper/turn-gemini.ts'
import { sse } from '../helper/turn-parts.ts'
import type { Received } from '../helper/upstream.ts'

/** Something that goes wrong with one answer, whatever the protocol. */
export interface Fault {
  readonly name: string
  /** What comes instead of the answer that would have been right. */
  bend(right: Answer, request: Received): Answer
}

/** What Claude Code recovers from when it meets it once, straight at a provider. */
export const passingFaults: readonly Fault[] = [
  status(429, 'rate_limit_error', { 'retry-after': '1' }),
  status(529, 'overloaded_error'),
  { name: 'a connection closed without an answer', bend: () => hangUp() },
  { name: 'a connection reset without an answer', bend: () => hangUp('reset') },
  { name: 'bytes that come one by one', bend: (right) => split(right, 1) },
  { name: 'an error in mid-stream', bend: failInside },
  { name: 'a stream that is cut half way', bend: (right) => stopAfter(right, halfOf(right), 'cut') },
  { name: 'a stream that is reset half way', bend: (right) => stopAfter(right, halfOf(right), 'reset') },
  { name: 'a stream that ends cleanly half way', bend: (right) => stopAfter(right, halfOf(right), 'end') },
  { name: 'a stream without an event', bend: () => stream([]) },
]

function status(code: number, type: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return { name: `a ${code}`, bend: (_, request) => json(errorBody(request, code, type), code, headers) }
}

function failInside(right: Answer, request: Received): Answer {
  const data = errorBody(request, 503, 'overloaded_error')
  const frame = request.path.endsWith('/messages') ? sse(data, 'error') : sse(data)
  return { ...right, pieces: [...right.pieces.slice(0, halfOf(right)), frame] }
}

/** A little more than the half, so that it falls into the tool call where the protocol streams one in pieces. */
function halfOf({ pieces }: Answer): number {
  return Math.ceil(pieces.length * 0.6)
}

function errorBody({ path }: Received, code: number, type: string): unknown {
  if (path.endsWith('/messages')) return anthropicError(type, REASON)
  return path.endsWith('/chat/completions') ? chatError(type, REASON) : geminiError(code, 'UNAVAILABLE', REASON)
}

const REASON = 'scripted fault'
