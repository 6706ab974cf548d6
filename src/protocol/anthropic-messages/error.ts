import { kindOfStatus, ModelError, type ErrorKind } from '../../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { readFailure } from '../failure.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { DecodeContext } from '../protocol.ts'
import { isOverflow, overflowMessage } from './overflow.ts'
import type { HeaderFields } from '../../canonical/header-fields.ts'

/** A provider's failed answer. The status decides where the type is none of Anthropic's. */
export function decodeError(status: number, body: Json, headers: HeaderFields): ModelError {
  const failure = readFailure(body)
  const requestId = headers.get('request-id') ?? headers.get('x-request-id') ?? requestIdIn(body)
  const retryAfter = retryAfterMs(headers, status, body)
  const shouldRetry = headers.get('x-should-retry')
  return new ModelError(failure.message ?? `The provider answered with status ${status} and no message`, {
    kind: kindOf(failure.type, failure.message ?? '', status),
    status,
    ...(failure.type !== undefined && { type: failure.type }),
    ...(failure.code !== undefined && { code: failure.code }),
    ...(failure.param !== undefined && { param: failure.param }),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
    ...((shouldRetry === 'true' || shouldRetry === 'false') && { shouldRetry: shouldRetry === 'true' }),
    ...(requestId && { requestId }),
  })
}

/** An error that came inside a successful answer, whole or streamed. */
export function errorInside(body: Json, { provider, model }: DecodeContext): ModelError {
  const { message, type } = readFailure(body)
  const requestId = requestIdIn(body)
  return new ModelError(message ?? `${provider} (${model}) failed in the middle of its answer and gave no reason`, {
    kind: kindOf(type, message ?? '', undefined),
    ...(type !== undefined && { type }),
    ...(requestId && { requestId }),
    provider,
    model,
  })
}

/** An error in Anthropic's shape: the body of a failed answer, and the data of an `error` event. */
export function encodeError(error: ModelError): JsonObject {
  const message = error.kind === 'context-overflow' ? overflowMessage(error.message) : error.message
  const body: JsonObject = { type: 'error', error: { type: TYPES[error.kind], message } }
  if (error.details.requestId !== undefined) body.request_id = error.details.requestId
  return body
}

function requestIdIn(body: Json): string | undefined {
  return isObject(body) && typeof body.request_id === 'string' ? body.request_id : undefined
}

function kindOf(type: string | undefined, message: string, status: number | undefined): ErrorKind {
  if (isOverflow(message) && (status === undefined || (status < 500 && status !== 429))) return 'context-overflow'
  if (/credit balance is too low/i.test(message)) return 'payment'
  const named = type === undefined ? undefined : KINDS.get(type)
  if (named) return named
  return status === undefined ? 'server' : kindOfStatus(status)
}

const KINDS: ReadonlyMap<string, ErrorKind> = new Map([
  ['invalid_request_error', 'bad-request'],
  ['authentication_error', 'auth'],
  ['billing_error', 'payment'],
  ['permission_error', 'permission'],
  ['not_found_error', 'not-found'],
  ['request_too_large', 'too-large'],
  ['rate_limit_error', 'rate-limit'],
  ['api_error', 'server'],
  ['timeout_error', 'timeout'],
  ['overloaded_error', 'overload'],
])

const TYPES: Readonly<Record<ErrorKind, string>> = {
  'bad-request': 'invalid_request_error',
  auth: 'authentication_error',
  payment: 'billing_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  'too-large': 'request_too_large',
  'context-overflow': 'invalid_request_error',
  'content-filter': 'invalid_request_error',
  'rate-limit': 'rate_limit_error',
  quota: 'rate_limit_error',
  overload: 'overloaded_error',
  server: 'api_error',
  network: 'api_error',
  timeout: 'timeout_error',
  'cut-stream': 'api_error',
  'empty-answer': 'api_error',
  malformed: 'api_error',
  aborted: 'api_error',
}
