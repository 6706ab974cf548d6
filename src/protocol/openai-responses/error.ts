import { ModelError, type ErrorKind } from '../../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { errorInside as errorInBody } from '../openai/error.ts'
import type { DecodeContext } from '../protocol.ts'

export { decodeError, encodeError } from '../openai/error.ts'

/** The error that a provider told inside a successful answer: an `error` event, or the error of a failed response. */
export function errorInside(told: Json | undefined, context: DecodeContext): ModelError {
  const error = isObject(told) ? told : {}
  const { type, ...flat } = error
  // In a flat `error` event the type is that of the event.
  const read = errorInBody(type === 'error' ? flat : error, context)
  const kind = KINDS.get(read.details.code ?? '')
  return kind ? new ModelError(read.message, { ...read.details, kind }) : read
}

/** The stream or body cannot be read. */
export function malformed(what: string, { provider, model }: DecodeContext, cause?: unknown): ModelError {
  return new ModelError(`${provider} (${model}) ${what}`, {
    kind: 'malformed',
    provider,
    model,
    ...(cause !== undefined && { cause }),
  })
}

/** Nothing more comes, and the end was not told. */
export function cutStream({ provider, model }: DecodeContext): ModelError {
  const why = 'the stream ended before the response was completed'
  return new ModelError(`${provider} (${model}) broke off its answer: ${why}`, { kind: 'cut-stream', provider, model })
}

/** Nothing has come at all. */
export function emptyAnswer({ provider, model }: DecodeContext): ModelError {
  return new ModelError(`${provider} (${model}) answered nothing at all`, { kind: 'empty-answer', provider, model })
}

/**
 * The error of a failed response. Codex decides by the code whether it tries again: it does for all but those that
 * say the same request cannot succeed, and it reads in the message how long to wait.
 */
export function encodeFailure(error: ModelError): JsonObject {
  const { retryAfterMs } = error.details
  const wait =
    retryAfterMs !== undefined && !/try again in/i.test(error.message)
      ? ` Please try again in ${Math.ceil(retryAfterMs / 100) / 10}s.`
      : ''
  return { code: CODES[error.kind] ?? 'server_error', message: error.message + wait }
}

/** Codes of failed responses that other failures do not have. */
const KINDS: ReadonlyMap<string, ErrorKind> = new Map([
  ['invalid_prompt', 'bad-request'],
  ['server_is_overloaded', 'overload'],
  ['slow_down', 'overload'],
  ['bio_policy', 'content-filter'],
  ['cyber_policy', 'content-filter'],
])

const CODES: Readonly<Partial<Record<ErrorKind, string>>> = {
  'bad-request': 'invalid_prompt',
  auth: 'invalid_prompt',
  permission: 'invalid_prompt',
  'not-found': 'invalid_prompt',
  'too-large': 'invalid_prompt',
  'content-filter': 'invalid_prompt',
  'context-overflow': 'context_length_exceeded',
  payment: 'insufficient_quota',
  quota: 'insufficient_quota',
  'rate-limit': 'rate_limit_exceeded',
}
