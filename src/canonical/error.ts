/** What went wrong, in no vendor's words. Decides retry, fallback, the client's status and the wire shape. */
export type ErrorKind =
  | 'bad-request'
  | 'auth'
  | 'payment'
  | 'permission'
  | 'not-found'
  | 'too-large'
  | 'context-overflow'
  | 'content-filter'
  | 'rate-limit'
  | 'quota'
  | 'overload'
  | 'server'
  | 'network'
  | 'timeout'
  /** The provider's stream ended before its end. */
  | 'cut-stream'
  /** The provider answered nothing at all. */
  | 'empty-answer'
  /** The provider's answer could not be read. */
  | 'malformed'
  /** The client went away; nobody is left to tell. */
  | 'aborted'

/** The HTTP status a client sees for an error that has none of its own. */
export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  'bad-request': 400,
  auth: 401,
  payment: 402,
  permission: 403,
  'not-found': 404,
  'too-large': 413,
  'context-overflow': 400,
  'content-filter': 400,
  'rate-limit': 429,
  quota: 429,
  overload: 529,
  server: 500,
  network: 502,
  timeout: 504,
  'cut-stream': 502,
  'empty-answer': 502,
  malformed: 502,
  aborted: 499,
}

export interface ModelErrorDetails {
  readonly kind: ErrorKind
  /** HTTP status; absent: that of the kind. */
  readonly status?: number
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number
  /** `x-should-retry` as the provider said it. */
  readonly shouldRetry?: boolean
  /** The provider's own word for the error (`rate_limit_error`, say). */
  readonly type?: string
  /** The provider's own code. */
  readonly code?: string
  /** The request field that the provider complains about. */
  readonly param?: string
  readonly requestId?: string
  /** Who failed. Absent: we ourselves. */
  readonly provider?: string
  readonly model?: string
  readonly cause?: unknown
}

/**
 * Any failure of a call. `message` is one readable sentence for the user: what happened, and to which
 * provider and model, if one was asked. It never holds a secret: redact before making the error.
 */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly kind: ErrorKind
  readonly status: number
  readonly details: ModelErrorDetails

  constructor(message: string, details: ModelErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = details.kind
    this.status = details.status ?? STATUS_OF_KIND[details.kind]
    this.details = details
  }
}

/** The kind that an HTTP status alone suggests. */
export function kindOfStatus(status: number): ErrorKind {
  const known = KIND_OF_STATUS[status]
  if (known) return known
  return status >= 500 ? 'server' : 'bad-request'
}

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  402: 'payment',
  403: 'permission',
  404: 'not-found',
  408: 'timeout',
  413: 'too-large',
  429: 'rate-limit',
  503: 'overload',
  504: 'timeout',
  524: 'timeout',
  529: 'overload',
}
