import type { HeaderFields } from '../canonical/header-fields.ts'
import type { RouteOverride } from '../router/route.ts'
import type { OriginStore } from '../store/origin-store.ts'
import type { ReplyStore } from '../store/reply-store.ts'
import type { ResponseStore } from '../store/response-store.ts'
import type { SpendJournal } from '../store/spend-journal.ts'
import type { UsageStore } from '../store/usage-store.ts'

/** All of the outside world that the gateway may touch. Each runtime has one file that makes them. */
export interface Ports {
  /** Never goes through a proxy that `init` does not name, never follows a redirect, knows no deadline but `init.signal`. */
  readonly fetch: (url: string, init: FetchInit) => Promise<HttpReply>
  /** Milliseconds since 1970. */
  now(): number
  /** A fresh unique id: `prefix` and 24 characters of `[0-9a-f]`. */
  id(prefix: string): string
  /** A number from 0 up to, but not, 1. */
  random(): number
  /** Calls `run` after `ms`, unless the function that it gives is called before. What every call needs, cheaply. */
  after(ms: number, run: () => void): () => void
  /** How calls that run are ended when the router that is stopped waits for them no longer. Absent: nobody ends them. */
  readonly cutters?: Cutters
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  env(name: string): string | undefined
  readonly log: Log
  readonly usage: UsageStore
  /** Who signed which reasoning. */
  readonly origins: OriginStore
  /** Who keeps which response. */
  readonly responses: ResponseStore
  /** Where it is kept what calls take of limits. Absent: in memory alone. */
  readonly journal?: SpendJournal
  /** Where answers are kept to be given again. Absent: in memory alone. */
  readonly replies?: ReplyStore
  /** The text of a file. Rejects if it cannot be read; cheap if it has not changed since. */
  readText(file: string): Promise<string>
  /** The routers of a session's project and of the session itself. */
  overridesOf(sessionId: string): readonly RouteOverride[]
  /**
   * Who the user is to AWS; `undefined` where nothing says so. Rejects with why what there is cannot be used. Absent: this
   * runtime has no files of AWS.
   */
  awsIdentity?(source: AwsSource): Promise<AwsIdentity | undefined>
}

/** Where it is written who the user is to AWS. */
export interface AwsSource {
  /** A profile of AWS's files. Absent: the token and the role that the environment names, as in a cluster. */
  readonly profile?: string
  /** Where AWS is asked, if the profile names no region. */
  readonly region: string | undefined
  /** Makes the calls to AWS's own services that give keys. */
  readonly fetch: (url: string, init: Pick<FetchInit, 'method' | 'headers' | 'body'>) => Promise<HttpReply>
}

/** A key pair of AWS. */
export interface AwsIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  /** Milliseconds since 1970. Absent: nobody knows. */
  readonly expiresAt?: number
}

/** Where each running call leaves what ends it. */
export interface Cutters {
  /** Gives the place that is to be given back, once, when the call has ended. */
  add(cut: () => void): number
  remove(place: number): void
}

/** A request to a provider. */
export interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** When it aborts, the request is given up: whoever waits for it gets its reason. */
  readonly signal: AbortSignal
  /** Is given what gives the request up as `signal` does, for less. */
  readonly onBegin?: (giveUp: (reason: Error) => void) => void
  /** URL of an HTTP proxy; `false`: none, whatever the environment says. */
  readonly proxy: string | false
  /** Certificates (PEM) of authorities to trust besides those that the machine trusts. */
  readonly ca?: string
  /** Called when the request leaves, so that connection, TLS and a proxy's tunnel stand; at once where that is known. */
  readonly onConnected?: () => void
}

/** A server's answer, whose body is still to be read. A `Response` is one. */
export interface HttpReply {
  readonly status: number
  /** Whether the status is one of success. */
  readonly ok: boolean
  readonly headers: HeaderFields
  readonly body: HttpBody | null
  /** All of the body. */
  text(): Promise<string>
}

/** Bytes as they come in. A `ReadableStream` is one. */
export interface HttpBody {
  getReader(): BodyReader
  /** Nobody reads it. */
  cancel(): Promise<void>
}

/** Whoever reads a body, one piece after the other. */
export interface BodyReader {
  /** Rejects when the connection breaks, or the request is given up. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** Nobody reads the rest. */
  cancel(): Promise<void>
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** Structured lines. Never give it a body, a key, or a header that may hold one. */
export interface Log {
  (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Whether lines of `level` go anywhere. Absent: all do. */
  readonly isOn?: (level: LogLevel) => boolean
}
