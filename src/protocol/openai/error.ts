import { kindOfStatus, ModelError, type ErrorKind } from '../../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { DecodeContext } from '../protocol.ts'
import { saysOverflow } from '../overflow.ts'
import { readFailure, type Failure } from '../failure.ts'
import { delayInWords, retryAfterMs, retryDelayIn } from '../retry-after.ts'
import type { HeaderFields } from '../../canonical/header-fields.ts'

/** A provider's failed answer, in OpenAI's shape or in one of those that compatible vendors use instead. */
export function decodeError(status: number, body: Json, headers: HeaderFields): ModelError {
  const failure = readFailure(body)
  const kind = kindOf(failure, status)
  const retryAfter = retryAfterMs(headers, status, body)
  const shouldRetry = headers.get('x-should-retry')
  const requestId = headers.get('x-request-id') ?? headers.get('request-id')
  return new ModelError(failure.message ?? `The provider answered with status ${status} and no message`, {
    kind,
    status,
    ...labels(failure),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
    ...((shouldRetry === 'true' || shouldRetry === 'false') && { shouldRetry: shouldRetry === 'true' }),
    ...(requestId && { requestId }),
  })
}

/** An error that came inside a successful answer. */
export function errorInside(body: JsonObject, { provider, model }: DecodeContext): ModelError {
  const failure = readFailure(body)
  const status = statusOf(failure.code)
  const kind = kindOf(failure, status)
  const wait = kind === 'rate-limit' ? (retryDelayIn(body) ?? delayInWords(failure.message)) : undefined
  return new ModelError(failure.message ?? `${provider} (${model}) failed in the middle of its answer`, {
    kind,
    ...(status !== undefined && { status }),
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...labels(failure),
    provider,
    model,
  })
}

/** Whether a chunk or body of a successful answer is an error all the same. */
export function isFailure(body: JsonObject): boolean {
  const { error } = body
  if (isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== '') return true
  if (body.choices !== undefined) return false
  if (body.object === 'error' || body.detail !== undefined) return true
  if (isObject(body.base_resp)) return body.base_resp.status_code !== 0
  return typeof body.message === 'string' && (body.code !== undefined || body.type === 'error')
}

/** An error in OpenAI's shape. */
export function encodeError(error: ModelError): JsonObject {
  const [type, code] = WORDS[error.kind]
  const { param } = error.details
  return { error: { message: error.message, type, code: codeOf(error, code), param: param ?? null } }
}

// The provider's own code, where it is one of OpenAI's kind: agents act on those, on a prompt that is too long above all.
function codeOf({ kind, details }: ModelError, code: string | null): string | null {
  const isOwn = kind !== 'context-overflow' && OWN_CODE.test(details.code ?? '')
  return isOwn || code === null ? (details.code ?? code) : code
}

const OWN_CODE = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/

function labels({ type, code, param }: Failure) {
  return { ...(type && { type }), ...(code && { code }), ...(param && { param }) }
}

function kindOf(failure: Failure, status: number | undefined): ErrorKind {
  const text = failure.message ?? ''
  if (status !== 429 && (OVERFLOW_CODES.has(failure.code ?? '') || saysOverflow(text))) return 'context-overflow'
  const named = KINDS.get(failure.code?.toLowerCase() ?? '') ?? KINDS.get(failure.type?.toLowerCase() ?? '')
  if (named) return named
  if (EMPTY_PURSE.test(text)) return 'payment'
  if (status !== undefined) return kindOfStatus(status)
  if (failure.type === 'invalid_request_error') return 'bad-request'
  return HINTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'server'
}

function statusOf(code: string | undefined): number | undefined {
  const number = Number(code)
  return number >= 400 && number < 600 ? number : undefined
}

const OVERFLOW_CODES = new Set(['context_length_exceeded', 'model_max_prompt_tokens_exceeded'])

const EMPTY_PURSE =
  /insufficient (balance|credits?|funds)|credit balance is too low|requires more credits|out of credits/i

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(
  Object.entries({
    context_window_exceeded: 'context-overflow',
    string_above_max_length: 'too-large',
    request_too_large: 'too-large',
    insufficient_quota: 'quota',
    quota_exceeded: 'quota',
    billing_hard_limit_reached: 'quota',
    insufficient_balance: 'payment',
    invalid_api_key: 'auth',
    authentication_error: 'auth',
    invalid_authentication_error: 'auth',
    permission_denied: 'permission',
    permission_error: 'permission',
    model_not_found: 'not-found',
    not_found_error: 'not-found',
    rate_limit_exceeded: 'rate-limit',
    rate_limit_error: 'rate-limit',
    rate_limit_reached_error: 'rate-limit',
    content_filter: 'content-filter',
    content_policy_violation: 'content-filter',
    data_inspection_failed: 'content-filter',
    responsibleaipolicyviolation: 'content-filter',
    overloaded_error: 'overload',
    engine_overloaded_error: 'overload',
    service_unavailable: 'overload',
    service_unavailable_error: 'overload',
    timeout: 'timeout',
    timeout_error: 'timeout',
  } satisfies Record<string, ErrorKind>),
)

const HINTS: readonly (readonly [RegExp, ErrorKind])[] = [
  [/rate.?limit|too many requests/i, 'rate-limit'],
  [/overload|at capacity|unavailable/i, 'overload'],
  [/timed? ?out/i, 'timeout'],
  [/api.?key|unauthori[sz]ed|authenticat/i, 'auth'],
  [/content (filter|policy)|moderation/i, 'content-filter'],
]

const WORDS: Readonly<Record<ErrorKind, readonly [type: string, code: string | null]>> = {
  'bad-request': ['invalid_request_error', null],
  auth: ['invalid_request_error', 'invalid_api_key'],
  payment: ['insufficient_quota', 'insufficient_quota'],
  permission: ['permission_error', null],
  'not-found': ['invalid_request_error', 'model_not_found'],
  'too-large': ['invalid_request_error', 'request_too_large'],
  'context-overflow': ['invalid_request_error', 'context_length_exceeded'],
  'content-filter': ['invalid_request_error', 'content_filter'],
  'rate-limit': ['rate_limit_error', 'rate_limit_exceeded'],
  quota: ['insufficient_quota', 'insufficient_quota'],
  overload: ['server_error', 'overloaded'],
  server: ['server_error', null],
  network: ['server_error', 'upstream_unreachable'],
  timeout: ['server_error', 'timeout'],
  'cut-stream': ['server_error', 'stream_cut'],
  'empty-answer': ['server_error', 'empty_answer'],
  malformed: ['server_error', 'malformed_answer'],
  aborted: ['server_error', 'aborted'],
}
