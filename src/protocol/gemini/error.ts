import { type ErrorKind, kindOfStatus, ModelError } from '../../canonical/error.ts'
import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { readFailure } from '../failure.ts'
import { retryAfterMs, retryDelayIn } from '../retry-after.ts'
import { saysOverflow } from '../overflow.ts'
import type { DecodeContext } from '../protocol.ts'
import type { HeaderFields } from '../../canonical/header-fields.ts'

/** A provider's failed answer: Google's error, alone or in a list, or what a proxy says instead. */
export function decodeError(status: number, body: Json, headers: HeaderFields): ModelError {
  const said = read(body)
  const retryAfter = said.retryAfterMs ?? retryAfterMs(headers, status, body)
  const requestId = headers.get('x-request-id')
  return new ModelError(said.message ?? `The provider answered with status ${status} and no message`, {
    kind: kindOf(said, status),
    status,
    ...labels(said),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
    ...(requestId && { requestId }),
  })
}

/** An error that came inside a successful answer. */
export function errorInside(body: Json, { provider, model }: DecodeContext): ModelError {
  const said = read(body)
  return new ModelError(said.message ?? `${provider} (${model}) failed in the middle of its answer`, {
    kind: kindOf(said, said.code),
    ...(said.code !== undefined && { status: said.code }),
    ...labels(said),
    ...(said.retryAfterMs !== undefined && { retryAfterMs: said.retryAfterMs }),
    provider,
    model,
  })
}

/** An error in Google's shape. */
export function encodeError(error: ModelError): JsonObject {
  const { type, retryAfterMs: wait } = error.details
  const status = type !== undefined && STATUS_CODES.get(type) === error.status ? type : statusName(error.status)
  const details =
    wait === undefined ? {} : { details: [{ '@type': `${TYPES}RetryInfo`, retryDelay: `${wait / 1000}s` }] }
  const message = error.kind === 'context-overflow' ? overflowMessage(error.message) : error.message
  return { error: { code: error.status, message, status, ...details } }
}

/** An overflow as Google tells it: there is no code by which its clients could know it. */
function overflowMessage(message: string): string {
  return GOOGLES_OVERFLOW.test(message)
    ? message
    : `The input token count exceeds the maximum number of tokens allowed (${message})`
}

const GOOGLES_OVERFLOW = /input token count.*exceeds the maximum/i

interface Said {
  readonly message?: string
  readonly code?: number
  /** `RESOURCE_EXHAUSTED`, say. */
  readonly status?: string
  readonly retryAfterMs?: number
  readonly details: readonly JsonObject[]
}

const TYPES = 'type.googleapis.com/google.rpc.'

function read(body: Json): Said {
  const holder = Array.isArray(body) ? body.find(isObject) : body
  const error = isObject(holder) && isObject(holder.error) ? holder.error : undefined
  if (!error) {
    const { message, type } = readFailure(body)
    return { ...(message !== undefined && { message }), ...(type !== undefined && { status: type }), details: [] }
  }
  // A message may hold Google's whole error once more, as text.
  const { message } = readFailure(error)
  const code = asNumber(error.code)
  const status = asString(error.status)
  const details = Array.isArray(error.details) ? error.details.filter(isObject) : []
  const delay = retryDelayIn({ error })
  return {
    ...(message !== undefined && { message }),
    ...(code !== undefined && code >= 400 && code < 600 && { code }),
    ...(status !== undefined && { status }),
    ...(delay !== undefined && { retryAfterMs: delay }),
    details,
  }
}

function labels({ status, details }: Said): { type?: string; code?: string } {
  const reason = details.map((detail) => asString(detail.reason)).find((word) => word !== undefined)
  return { ...(status !== undefined && { type: status }), ...(reason !== undefined && { code: reason }) }
}

function kindOf(said: Said, status: number | undefined): ErrorKind {
  const text = said.message ?? ''
  if (saysOverflow(text) && status !== 429) return 'context-overflow'
  if (
    said.details.some(({ reason }) => reason === 'API_KEY_INVALID') ||
    /api key (not valid|expired|not found)/i.test(text)
  )
    return 'auth'
  if (said.status === 'RESOURCE_EXHAUSTED') return isDaily(said) ? 'quota' : 'rate-limit'
  const named = said.status === undefined ? undefined : KINDS.get(said.status)
  if (named) return named
  return status === undefined ? 'server' : kindOfStatus(status)
}

/** Whether what is used up comes back only tomorrow. */
function isDaily({ details }: Said): boolean {
  const ids = details.flatMap(({ violations }) =>
    Array.isArray(violations) ? violations.filter(isObject).map(({ quotaId }) => asString(quotaId) ?? '') : [],
  )
  return ids.length > 0 && ids.every((id) => /PerDay/i.test(id))
}

const KINDS: ReadonlyMap<string, ErrorKind> = new Map([
  ['INVALID_ARGUMENT', 'bad-request'],
  ['FAILED_PRECONDITION', 'bad-request'],
  ['OUT_OF_RANGE', 'bad-request'],
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'not-found'],
  ['ABORTED', 'server'],
  ['CANCELLED', 'server'],
  ['INTERNAL', 'server'],
  ['UNKNOWN', 'server'],
  ['DATA_LOSS', 'server'],
  ['UNIMPLEMENTED', 'bad-request'],
  ['UNAVAILABLE', 'overload'],
  ['DEADLINE_EXCEEDED', 'timeout'],
])

// https://google.aip.dev/193
const STATUS_CODES: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['ABORTED', 409],
  ['ALREADY_EXISTS', 409],
  ['RESOURCE_EXHAUSTED', 429],
  ['CANCELLED', 499],
  ['INTERNAL', 500],
  ['UNKNOWN', 500],
  ['DATA_LOSS', 500],
  ['UNIMPLEMENTED', 501],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
])

function statusName(code: number): string {
  const exact = [...STATUS_CODES].find(([, each]) => each === code)
  if (exact) return exact[0]
  if (code < 500) return 'INVALID_ARGUMENT'
  return code === 500 || code === 501 ? 'INTERNAL' : 'UNAVAILABLE'
}
