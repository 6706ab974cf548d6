import { gzipSync } from 'node:zlib'
import { ERROR_POLICIES, type ErrorKind } from '../../../../src/canonical/error.ts'
import type { Provider } from '../../../../src/provider/provider.ts'
import {
  hangUp,
  insertAfter,
  json,
  lengthOf,
  silence,
  stream,
  type Answer,
  type Piece,
} from '../../../helper/answer.ts'
import { answerTurn } from '../../../helper/answer-turn.ts'
import { anthropicError } from '../../../helper/turn-anthropic.ts'
import { chatError } from '../../../helper/turn-chat.ts'
import type { Received } from '../../../helper/upstream.ts'
import { TEXT } from './client.ts'

/** Something that goes wrong at a provider, every time. */
export interface Fault {
  readonly name: string
  /** What it is told as; absent: it does no harm. */
  readonly kind?: ErrorKind
  /** What it is told as where the answer is a stream, if that differs. */
  readonly streamedKind?: ErrorKind
  /** The status that a client sees where that is not the kind's own. */
  readonly status?: number
  /** What comes instead of the right answer. */
  readonly bend?: (right: Answer, request: Received) => Answer
  /** The provider cannot even be reached: its row. */
  readonly row?: Partial<Provider>
  readonly url?: string
  /** An error that is all of a stream goes down in the provider's own words where nobody else can be asked. */
  readonly isOwnWords?: boolean
  /** Whether Claude may mean it: where nobody else says more, its clients are told so. */
  readonly isClaudes?: boolean
  /** The status where a machine tells it otherwise. */
  readonly orStatus?: number
  /** Whether it happens to the second call on a connection that is kept alive. */
  readonly isOnReuse?: boolean
  /** Whether it may come before words that were sent before it. */
  readonly isLossy?: boolean
  /** Whether a streamed answer has begun when it happens. */
  readonly isLate?: (right: Answer) => boolean
  /** Whether it has no meaning for this answer, or comes when all has been said. */
  readonly isHarmless?: (right: Answer, request: Received) => boolean
}

const NEVER: Piece = { until: new Promise(() => undefined) }
/** What is sent right before a break may be lost with it. */
const A_MOMENT: Piece = { pauseMs: 10 }

const isStreamed = (answer: Answer): boolean => answer.framing === 'chunked'
const textOf = (pieces: readonly Piece[]): string => pieces.filter((piece) => typeof piece === 'string').join('')
const hasBegun = (pieces: readonly Piece[]): boolean => textOf(pieces).includes(TEXT.slice(0, 12))
/** How many pieces it takes until the first word is out. */
const beginningOf = ({ pieces }: Answer): number =>
  pieces.findIndex((_, index) => hasBegun(pieces.slice(0, index + 1))) + 1
/** Who has said why it ends has said all; Anthropic's end is an event of its own. */
const hasEnded = (pieces: readonly Piece[]): boolean =>
  /"finish_reason":"stop"|"finishReason":"STOP"|"message_stop"|"type":"response.completed"/.test(textOf(pieces))

const STATUSES: readonly (readonly [status: number, kind: ErrorKind, told?: number])[] = [
  [400, 'bad-request'],
  [401, 'auth'],
  [402, 'payment'],
  [403, 'permission'],
  [404, 'not-found'],
  [405, 'bad-request'],
  [408, 'timeout'],
  [409, 'bad-request'],
  [413, 'too-large'],
  [415, 'bad-request'],
  [422, 'bad-request'],
  [429, 'rate-limit'],
  [451, 'bad-request'],
  [499, 'bad-request'],
  [500, 'server'],
  [501, 'server'],
  [502, 'server'],
  [503, 'overload'],
  [504, 'timeout'],
  [520, 'server'],
  [524, 'timeout'],
  [529, 'overload'],
  [599, 'server'],
]

const refusals: readonly Fault[] = STATUSES.flatMap(([status, kind]) => [
  { name: `${status}`, kind, status, bend: (_right, { path }) => json(errorAt(path, status), status) },
  {
    name: `${status} with a page`,
    kind,
    status,
    bend: () => ({ ...json({}, status, { 'content-type': 'text/html' }), pieces: ['<html><title>No</title></html>'] }),
  },
])

const cuts: readonly Fault[] = Array.from({ length: 9 }).flatMap((_, count) =>
  (['cut', 'reset', 'end'] as const).map((how): Fault => {
    const before = (right: Answer): readonly Piece[] => right.pieces.slice(0, count)
    const isWhole = (right: Answer): boolean => (isStreamed(right) ? hasEnded(before(right)) : count > 0)
    return {
      name: `${how} after ${count} events`,
      kind: 'cut-stream',
      ...(count === 0 && how === 'end' && { streamedKind: 'empty-answer' }),
      // A broken connection may overtake what was sent before it, on a busy machine.
      isLossy: how !== 'end',
      bend: (right) => (isWhole(right) ? right : insertAfter(right, count, A_MOMENT, { stop: how })),
      isLate: (right) => hasBegun(before(right)),
      isHarmless: isWhole,
    }
  }),
)

const lengthened = (answer: Answer, bytes: Uint8Array, encoding: string): Answer => ({
  status: 200,
  headers: { ...answer.headers, 'content-encoding': encoding },
  framing: 'whole',
  pieces: [bytes],
})
const zipped = (right: Answer): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(textOf(right.pieces)))

/** Every fault of the matrix. */
export const FAULTS: readonly Fault[] = [
  { name: 'none' },
  { name: 'refused', kind: 'network', url: 'http://127.0.0.1:1' },
  // Some resolvers say at once that there is no such name, some say nothing.
  { name: 'DNS failure', kind: 'network', orStatus: 504, url: 'http://nowhere.invalid' },
  { name: 'no TLS handshake', kind: 'timeout', url: 'https' },
  { name: 'no TLS at all', kind: 'network', url: 'plain' },
  { name: 'no headers', kind: 'timeout', bend: () => silence() },
  {
    name: 'headers only',
    kind: 'timeout',
    bend: (right) => ({ ...right, headers: { ...right.headers, ...lengthOfWhole(right) }, pieces: [NEVER] }),
  },
  { name: 'closed without a byte', kind: 'network', bend: () => hangUp() },
  { name: 'reset without a byte', kind: 'network', bend: () => hangUp('reset') },
  ...refusals,
  ...(['reset', 'cut'] as const).map((how): Fault => ({
    name: `${how} on a reused socket`,
    isOnReuse: true,
    bend: (right, { turn }) => (turn > 0 ? hangUp(how) : right),
  })),
  {
    name: 'error inside 200',
    kind: 'server',
    isOwnWords: true,
    bend: (right, { path }) => (isStreamed(right) ? stream([errorFrame(path)]) : json(errorAt(path, 500))),
  },
  {
    name: 'error in mid-stream',
    kind: 'server',
    bend: (right, { path }) =>
      isStreamed(right)
        ? { ...right, pieces: [...right.pieces.slice(0, beginningOf(right)), A_MOMENT, errorFrame(path)] }
        : json(errorAt(path, 500)),
    isLate: () => true,
  },
  { name: 'empty', kind: 'empty-answer', bend: (right) => ({ ...right, ...lengthOfNothing(right), pieces: [] }) },
  {
    name: 'an end without a word',
    kind: 'empty-answer',
    isClaudes: true,
    bend: (_right, request) => answerTurn(request, {}),
  },
  {
    name: 'malformed frame',
    kind: 'malformed',
    bend: (right) => (isStreamed(right) ? stream(['data: {"no\n\n']) : { ...json({}), pieces: ['{"no'] }),
  },
  {
    name: 'stall before the first word',
    kind: 'timeout',
    bend: (right) => insertAfter(right, 0, NEVER),
  },
  {
    name: 'stall in the middle',
    kind: 'timeout',
    bend: (right) =>
      isStreamed(right)
        ? insertAfter(right, beginningOf(right), A_MOMENT, NEVER)
        : { ...right, headers: { ...right.headers, ...lengthOfWhole(right) }, pieces: [halfOf(right), NEVER] },
    isLate: () => true,
  },
  {
    name: 'slow drip',
    bend: (right) => ({ ...right, pieces: right.pieces.flatMap((piece): Piece[] => [{ pauseMs: 10 }, piece]) }),
  },
  {
    name: 'a page instead of an answer',
    kind: 'malformed',
    bend: () => ({ ...json({}, 200, { 'content-type': 'text/html' }), pieces: ['<html>Log in</html>'] }),
  },
  {
    name: 'a stream as text/plain',
    kind: 'malformed',
    // A stream is known by its type alone; a whole answer is read whatever it says it is.
    isHarmless: (right) => !isStreamed(right),
    bend: (right) => ({ ...right, headers: { ...right.headers, 'content-type': 'text/plain' } }),
  },
  { name: 'gzip', bend: (right) => lengthened(right, zipped(right), 'gzip') },
  {
    name: 'gzip that is damaged',
    kind: 'network',
    bend: (right) => lengthened(right, zipped(right).fill(7, 20), 'gzip'),
  },
]

/** Kept apart for what it costs: a break after each event, in three ways. */
export const CUTS: readonly Fault[] = cuts

/** The status that a client sees. */
export function statusOf({ kind, status }: Fault): number {
  return status ?? (kind === undefined ? 200 : ERROR_POLICIES[kind].status)
}

function errorAt(path: string, status: number): unknown {
  if (path.endsWith('/messages'))
    return anthropicError(ANTHROPIC_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'), 'scripted')
  return path.endsWith('/chat/completions') || path.endsWith('/responses')
    ? chatError('scripted_error', 'scripted')
    : { error: { code: status, message: 'scripted', status: GEMINI_STATUSES[status] } }
}

function errorFrame(path: string): string {
  if (path.endsWith('/responses'))
    return `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message: 'scripted' })}\n\n`
  const data = `data: ${JSON.stringify(errorAt(path, 500))}\n\n`
  return path.endsWith('/messages') ? `event: error\n${data}` : data
}

function lengthOfWhole(answer: Answer): Record<string, string> {
  return isStreamed(answer) ? {} : { 'content-length': String(lengthOf(answer)) }
}

function lengthOfNothing(answer: Answer): Pick<Answer, 'headers'> {
  return { headers: isStreamed(answer) ? answer.headers : { ...answer.headers, 'content-length': '0' } }
}

function halfOf(answer: Answer): string {
  const text = textOf(answer.pieces)
  return text.slice(0, text.length / 2)
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  524: 'timeout_error',
  529: 'overloaded_error',
}
const GEMINI_STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}
