import type { ModelError } from '../canonical/error.ts'
import type { ModelEvent } from '../canonical/event.ts'
import type { ModelRequest, Part } from '../canonical/request.ts'
import type { Usage } from '../canonical/usage.ts'
import type { Dropped, Protocol, WireRequest } from '../protocol/protocol.ts'
import type { Care } from '../provider/resilience.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Keeper } from '../store/response-store.ts'
import type { AttemptRecord } from '../store/usage-store.ts'
import type { Batches } from './batches.ts'
import type { ClientKey } from './client-key.ts'
import type { Credential, Secret } from './credential.ts'
import type { OutputLimit } from './output-limit.ts'

/** One request of a client, as it goes inwards through the middleware. Immutable but for its `trace`. */
export interface Call {
  readonly id: string
  /** The protocol that the client speaks. */
  readonly protocol: Protocol
  readonly wire: WireRequest
  /** The body as it came. */
  readonly text: string
  readonly request: ModelRequest
  /** Whether `request` is no longer what `text` says, so that the body cannot be relayed. */
  readonly edited: boolean
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** What the client brought to be shown to a provider. */
  readonly credential?: Credential | undefined
  /** The code of the user that named the model in place of the client. */
  readonly chosenBy?: string
  /** Whom to ask; set by the route middleware. */
  readonly target?: RouteTarget
  /** Whom to ask after it if it fails, in order; set by the route middleware. */
  readonly fallbacks?: readonly RouteTarget[] | undefined
  /** Nobody but the target and `fallbacks` may see the call: a rule has chosen them. */
  readonly isConfined?: boolean
  /** How the call is tried, where a rule says so. */
  readonly care?: Care | undefined
  /** Whether nobody else can be asked after the target; set by the fallback middleware. Default true. */
  readonly isAlone?: boolean
  /** Whether the client asks the same again after a failure, so that our own attempts would multiply with its own. */
  readonly isRepeated?: boolean
  /** Whether the target has been asked already and said nothing, or nothing that can be read. */
  readonly isAskedAnew?: boolean
  /** Stands between the provider's events and the client; with it, a stream is not relayed. */
  readonly tap?: (batches: Batches) => Batches
  /** Fits the call to its target where the client may search the web; set by the web search middleware. */
  readonly webSearch?: Middleware
  /** Which of the provider's keys is shown; set where it has several. */
  readonly key?: ProviderKey
  /** The name of the client key that was shown, if keys have names. */
  readonly keyLabel?: string | undefined
  /** The client key that was shown, if it is not APIKEY. */
  readonly clientKey?: ClientKey | undefined
  /** Who looks at images for a target that does not see them, in the order in which to ask; set by the route middleware, if the config names somebody. */
  readonly imageTargets?: readonly RouteTarget[] | undefined
  /** Input tokens of a request of this conversation, estimated, and corrected by what was last counted in it; set by the route middleware. */
  readonly inputTokens?: (request: ModelRequest) => number
  /** Who alone can answer, and with which key: the request goes on from what is kept there. */
  readonly keeper?: Keeper
  /** Whether nobody is asked after this failure, so that even an answer that is only an error may be committed. Default: always. */
  readonly isFinal?: (error: ModelError) => boolean
  /** What the target's window leaves for the answer, if that is less than is asked for. */
  readonly outputLimit?: OutputLimit
  readonly trace: Trace
}

/** One of several keys of a provider. */
export interface ProviderKey {
  /** Nobody else is shown it. */
  readonly provider: string
  readonly show: Secret
}

/** What becomes known of a call on its way; read when it ends. The one mutable thing of a call. */
export interface Trace {
  readonly startedAt: number
  session?: string
  target?: RouteTarget
  route?: string
  reason?: string
  warnings: readonly string[]
  /** Every time that a provider was asked, in order. */
  readonly attempts: AttemptRecord[]
  /** What calls of ours on behalf of this one have taken. */
  readonly further: { readonly target: RouteTarget; readonly usage: Usage }[]
  /** Set when another than the first target is asked. */
  fallback?: boolean
  answered?: string
  /** The provider's own id of the answer. */
  answerId?: string
  /** Which of the provider's keys was shown, as `Keeper` tells them apart. */
  key?: string
  usage?: Usage
  finish?: string
  /** Why a stream that had begun ended in an error. */
  failure?: ModelError
  /** Why the provider broke off that began the answer; another one has gone on with it. */
  broken?: ModelError
  firstTokenAt?: number
  /** How often a model was asked for the one answer; `usage` is the sum. Absent: once. */
  rounds?: number
  relayed: boolean
  /** Set when the answer is one that was given before, or is given to another client at the same time. */
  isCached?: boolean
  dropped: readonly Dropped[]
  /** Proofs of reasoning that the answer held. */
  readonly signatures: string[]
  /** Thoughts and tool calls of the answer; absent: nobody asks for them. */
  turn?: Part[]
  /** Run when the call has ended, before it is logged. */
  readonly atEnd: (() => void)[]
}

/** The trace of a call that starts now. */
export function createTrace(startedAt: number): Trace {
  return {
    startedAt,
    warnings: NONE,
    attempts: [],
    further: [],
    relayed: false,
    dropped: NONE,
    signatures: [],
    atEnd: [],
  }
}

const NONE: readonly never[] = []

/** A committed answer: the first real event has been seen, so nobody else will be asked. */
export interface Answer {
  /** Headers of the provider that the client may see. */
  readonly headers: Readonly<Record<string, string>>
  /** A whole body, or the pieces of a stream, in the client's protocol. */
  readonly body: string | Chunks
  /** What is behind the body, as far as it has come since it was last asked for; set where somebody reads that instead. */
  readonly told?: () => ModelEvent[]
}

/** The rest of a streamed answer in the client's bytes, in whole frames. */
export interface Chunks {
  /** What is there already, once, before `next`: it goes with the head. Absent: nobody knows. */
  first?(): Uint8Array | undefined
  /** The next piece; `undefined` at the end. Rejects when nothing true can be said any more: then the connection is cut. */
  next(): Promise<Uint8Array | undefined>
  /** Lets go of the provider. */
  cancel(): void
}

export type Handler = (call: Call) => Promise<Answer>
export type Middleware = (call: Call, next: Handler) => Promise<Answer>

/** `middleware` around `handler`, the first outermost. */
export function compose(middleware: readonly Middleware[], handler: Handler): Handler {
  return middleware.reduceRight<Handler>((next, layer) => (call) => layer(call, next), handler)
}
