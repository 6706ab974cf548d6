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

/** What follows from an error of one kind. */
export interface ErrorPolicy {
  /** The HTTP status a client sees for an error that has none of its own. */
  readonly status: number
  /**
   * Whether the same target is asked again. `later`: after a pause. `if-alone`: after a pause, and only where nobody else
   * can be asked. `other-key`: at once, and only with another key of the provider.
   */
  readonly again: 'later' | 'if-alone' | 'other-key' | 'never'
  /** Whether another target is asked: any, one of another provider, one with a larger context window. */
  readonly elsewhere: 'any' | 'other-provider' | 'larger-window' | 'never'
  /** Whose health it tells about: the key itself, the key at this model, the model, the whole provider. */
  readonly blames: 'key' | 'key-at-model' | 'model' | 'provider' | 'nobody'
  /** How long that one is left alone after the first such error if the provider does not say. Absent: several are needed. */
  readonly restMs?: number
}

/**
 * The one table that decides what follows from an error: the client's status, another try, another target, and who rests.
 * A refusal of the request itself is a matter of opinion between providers, so that another provider may be asked; an
 * empty or unreadable answer has been asked for once more already (`middleware/retry-empty.ts`).
 */
export const ERROR_POLICIES: Readonly<Record<ErrorKind, ErrorPolicy>> = {
  'bad-request': { status: 400, again: 'never', elsewhere: 'other-provider', blames: 'nobody' },
  auth: { status: 401, again: 'other-key', elsewhere: 'any', blames: 'key', restMs: 600_000 },
  payment: { status: 402, again: 'other-key', elsewhere: 'any', blames: 'key', restMs: 1_800_000 },
  permission: { status: 403, again: 'other-key', elsewhere: 'any', blames: 'key-at-model', restMs: 600_000 },
  'not-found': { status: 404, again: 'never', elsewhere: 'any', blames: 'model', restMs: 60_000 },
  'too-large': { status: 413, again: 'never', elsewhere: 'other-provider', blames: 'nobody' },
  'context-overflow': { status: 400, again: 'never', elsewhere: 'larger-window', blames: 'nobody' },
  'content-filter': { status: 400, again: 'never', elsewhere: 'other-provider', blames: 'nobody' },
  'rate-limit': { status: 429, again: 'if-alone', elsewhere: 'any', blames: 'key-at-model', restMs: 5000 },
  quota: { status: 429, again: 'other-key', elsewhere: 'any', blames: 'key-at-model', restMs: 600_000 },
  overload: { status: 529, again: 'later', elsewhere: 'any', blames: 'model' },
  server: { status: 500, again: 'later', elsewhere: 'any', blames: 'model' },
  network: { status: 502, again: 'later', elsewhere: 'any', blames: 'provider' },
  timeout: { status: 504, again: 'if-alone', elsewhere: 'any', blames: 'model' },
  'cut-stream': { status: 502, again: 'later', elsewhere: 'any', blames: 'model' },
  'empty-answer': { status: 502, again: 'never', elsewhere: 'any', blames: 'model' },
  malformed: { status: 502, again: 'never', elsewhere: 'any', blames: 'model' },
  aborted: { status: 499, again: 'never', elsewhere: 'never', blames: 'nobody' },
}

export interface ModelErrorDetails {
  readonly kind: ErrorKind
  /** HTTP status; absent: that of the kind. */
  readonly status?: number
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number
  /** `x-should-retry` as the provider said it. */
  readonly shouldRetry?: boolean
  /** Whether the same target would answer the same again, though errors of this kind mostly pass. */
  readonly isLasting?: boolean
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
    const { status } = ERROR_POLICIES[details.kind]
    // Some tell an overflow as a failure of theirs, on which agents try again instead of compacting.
    this.status = details.kind === 'context-overflow' ? status : (details.status ?? status)
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
