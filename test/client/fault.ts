import { hangUp, json, split, stopAfter, stream, type Answer } from '../helper/answer.ts'
import { anthropicError, anthropicErrorFrame } from '../helper/turn-anthropic.ts'
import { chatError, chatErrorFrame } from '../helper/turn-chat.ts'
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
  status(500, 'api_error'),
  status(503, 'api_error'),
  status(529, 'overloaded_error'),
  { name: 'a connection closed without an answer', bend: () => hangUp() },
  { name: 'a connection reset without an answer', bend: () => hangUp('reset') },
  { name: 'bytes that come one by one', bend: (right) => split(right, 1) },
  { name: 'an error in mid-stream', bend: failInside },
  { name: 'a stream that is cut in mid-call', bend: (right) => stopAfter(right, -4, 'cut') },
  { name: 'a stream that is reset in mid-call', bend: (right) => stopAfter(right, -4, 'reset') },
  { name: 'a stream that ends cleanly in mid-call', bend: (right) => stopAfter(right, -4, 'end') },
  { name: 'a stream without an event', bend: () => stream([]) },
]

function status(code: number, type: string, headers: Readonly<Record<string, string>> = {}): Fault {
  const error = (request: Received) => (speaksAnthropic(request) ? anthropicError : chatError)(type, 'scripted fault')
  return { name: `a ${code}`, bend: (_, request) => json(error(request), code, headers) }
}

function failInside(right: Answer, request: Received): Answer {
  const frame = speaksAnthropic(request) ? anthropicErrorFrame() : chatErrorFrame()
  return { ...right, pieces: [...right.pieces.slice(0, -4), frame] }
}

function speaksAnthropic({ path }: Received): boolean {
  return path.endsWith('/messages')
}
