import { kindOfStatus, ModelError, type ErrorKind } from '../../canonical/error.ts'
import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { readFailure } from '../failure.ts'
import { retryAfterMs } from '../retry-after.ts'
import { saysOverflow } from '../overflow.ts'
import type { DecodeContext } from '../protocol.ts'
import type { HeaderFields } from '../../canonical/header-fields.ts'

/** A failed answer of AWS: its type stands in a header, or in the body. */
export function decodeError(status: number, body: Json, headers: HeaderFields): ModelError {
  const { message, code } = readFailure(lowerCased(body))
  const type = typeIn(headers.get('x-amzn-errortype')) ?? typeIn(isObject(body) ? asString(body['__type']) : undefined)
  const requestId = headers.get('x-amzn-requestid')
  const retryAfter = retryAfterMs(headers, status)
  const param = refusedField(message ?? '')
  return new ModelError(message ?? `The provider answered with status ${status} and no message`, {
    kind: kindOf(type, message ?? '', status),
    status,
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(param !== undefined && { param }),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
    ...(requestId && { requestId }),
  })
}

/** An exception that came inside a stream. */
export function exceptionInside(type: string, body: Json, { provider, model }: DecodeContext): ModelError {
  const said = lowerCased(body)
  const { message } = readFailure(said)
  const original = isObject(said) ? asNumber(said.originalStatusCode) : undefined
  const name = type === 'error' ? typeIn(isObject(said) ? asString(said.code) : undefined) : typeIn(type)
  const why = message ?? `${provider} (${model}) failed in the middle of its answer (${name ?? type})`
  const kind = kindOf(name, why, original)
  return new ModelError(why, { kind, ...(name !== undefined && { type: name }), provider, model })
}

/** Whether a frame's event is an exception. */
export function isException(event: string): boolean {
  return event === 'error' || event.endsWith('Exception')
}

/** An error in AWS's shape. */
export function encodeError(error: ModelError): JsonObject {
  const { type } = error.details
  return {
    __type: type !== undefined && KINDS.get(type) === error.kind ? type : TYPES[error.kind],
    message: error.message,
  }
}

/** The exception as which a client of a stream is told an error. */
export function exceptionOf(error: ModelError): string {
  const type = TYPES[error.kind]
  return type.charAt(0).toLowerCase() + type.slice(1)
}

// `ValidationException:http://internal.amazon.com/…`, `com.amazon.coral.service#ThrottlingException`, and in a stream
// with a small letter.
function typeIn(text: string | null | undefined): string | undefined {
  const name = text?.split(':', 1)[0]?.split('#').at(-1)?.trim()
  return name ? name.charAt(0).toUpperCase() + name.slice(1) : undefined
}

function lowerCased(body: Json): Json {
  return isObject(body) && body.message === undefined && body.Message !== undefined
    ? { ...body, message: body.Message }
    : body
}

function kindOf(type: string | undefined, message: string, status: number | undefined): ErrorKind {
  if (/prompt caching/i.test(message) && /unsupported|not allow|not support/i.test(message)) return 'bad-request'
  if (type === 'ServiceQuotaExceededException' || /too many tokens per day/i.test(message)) return 'quota'
  const named = type === undefined ? undefined : KINDS.get(type)
  // "Too many tokens, please wait" is no full window.
  if ((named === undefined || named === 'bad-request') && status !== 429 && saysOverflow(message))
    return 'context-overflow'
  if (named) return named
  return status === undefined ? 'server' : kindOfStatus(status)
}

const KINDS: ReadonlyMap<string, ErrorKind> = new Map([
  ['ValidationException', 'bad-request'],
  ['AccessDeniedException', 'permission'],
  ['UnrecognizedClientException', 'auth'],
  ['InvalidSignatureException', 'auth'],
  ['SignatureDoesNotMatch', 'auth'],
  ['IncompleteSignatureException', 'auth'],
  ['MissingAuthenticationTokenException', 'auth'],
  ['InvalidClientTokenId', 'auth'],
  ['ExpiredTokenException', 'auth'],
  ['ExpiredToken', 'auth'],
  ['ResourceNotFoundException', 'not-found'],
  ['ThrottlingException', 'rate-limit'],
  ['TooManyRequestsException', 'rate-limit'],
  ['ServiceQuotaExceededException', 'quota'],
  ['ModelNotReadyException', 'overload'],
  ['ServiceUnavailableException', 'overload'],
  ['ModelTimeoutException', 'timeout'],
  ['ModelErrorException', 'server'],
  ['ModelStreamErrorException', 'server'],
  ['InternalServerException', 'server'],
  ['InternalFailure', 'server'],
])

const TYPES: Readonly<Record<ErrorKind, string>> = {
  'bad-request': 'ValidationException',
  auth: 'UnrecognizedClientException',
  payment: 'AccessDeniedException',
  permission: 'AccessDeniedException',
  'not-found': 'ResourceNotFoundException',
  'too-large': 'ValidationException',
  'context-overflow': 'ValidationException',
  'content-filter': 'ValidationException',
  'rate-limit': 'ThrottlingException',
  quota: 'ServiceQuotaExceededException',
  overload: 'ServiceUnavailableException',
  server: 'InternalServerException',
  network: 'InternalServerException',
  timeout: 'ModelTimeoutException',
  'cut-stream': 'InternalServerException',
  'empty-answer': 'InternalServerException',
  malformed: 'InternalServerException',
  aborted: 'InternalServerException',
}

/** Where in the request the field stands that the words refuse. */
function refusedField(message: string): string | undefined {
  // "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again."
  const field = /doesn[’']t support the ([\w.]+) field/.exec(message)?.[1]
  if (field?.startsWith('toolConfig.toolChoice')) return 'toolConfig.toolChoice'
  if (field !== undefined) return INFERENCE.has(field) ? `inferenceConfig.${field}` : field
  if (/invalid beta flag/i.test(message)) return 'anthropic_beta'
  // "`temperature` is deprecated for this model."
  const deprecated = /[`'"]?\b(temperature|top_p|top_k)\b[`'"]? is deprecated/.exec(message)?.[1]
  if (deprecated !== undefined) return DEPRECATED[deprecated]
  // "The model returned the following errors: thinking: Extra inputs are not permitted"
  const extra = /([\w.]+): Extra inputs are not permitted|extraneous key \[(\w+)\]/.exec(message)
  const name = extra?.[1] ?? extra?.[2]
  return name === undefined ? undefined : `additionalModelRequestFields.${name}`
}

const DEPRECATED: Readonly<Record<string, string>> = {
  temperature: 'inferenceConfig.temperature',
  top_p: 'inferenceConfig.topP',
  top_k: 'additionalModelRequestFields.top_k',
}
const INFERENCE: ReadonlySet<string> = new Set(['maxTokens', 'temperature', 'topP', 'stopSequences'])
