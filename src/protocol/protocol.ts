import type { ModelError } from '../canonical/error.ts'
import type { ModelEvent } from '../canonical/event.ts'
import type { Json, JsonObject } from '../canonical/json.ts'
import type { Native, ProtocolId } from '../canonical/native.ts'
import type { ModelReply } from '../canonical/reply.ts'
import type { ModelRequest } from '../canonical/request.ts'
import type { EmbeddingCodec } from './embedding-codec.ts'
import type { HeaderFields } from '../canonical/header-fields.ts'

/** A wire format, both ways. Pure: no I/O, no clock, no random. */
export interface Protocol {
  readonly id: ProtocolId
  /** Client → us. Throws a `ModelError` of kind `bad-request` only for what it cannot do without. */
  decodeRequest(wire: WireRequest): ModelRequest
  /** Us → provider, within the target's limits. */
  encodeRequest(request: ModelRequest, target: Target): Encoded
  /** Provider → us. `end()` yields an `error` event if no terminal event was seen. */
  decodeStream(context: DecodeContext): StreamDecoder
  /** Us → client. Emits the protocol's terminal frames, or its error frame; nothing after. */
  encodeStream(context: EncodeContext): StreamEncoder
  /** Throws a `ModelError` for an error inside a success, or a body that is no reply. */
  decodeReply(body: Json, context: DecodeContext): ModelReply
  encodeReply(reply: ModelReply, context: EncodeContext): JsonObject
  /** A provider's failed answer; `body` is a string where it was not JSON. */
  decodeError(status: number, body: Json, headers: HeaderFields): ModelError
  encodeError(error: ModelError): JsonObject
  /** How a provider is asked for the tokens of a request; absent: the protocol has no such operation. */
  readonly count?: {
    /** From the request that would be sent to the model. */
    encodeRequest(wire: WireRequest, model: string): WireRequest
    /** Input tokens; `undefined` if the answer does not say. */
    decodeReply(body: Json): number | undefined
  }
  /** How a client is told the tokens of its request. Absent: as Anthropic does it. */
  encodeCount?(inputTokens: number): JsonObject
  /** What the target lacks to bind the answer to the request's format. Absent, or nothing: it has a field for it. */
  formatGap?(request: ModelRequest, target: Target): FormatGap | undefined
  /** How it asks for embeddings; absent: it has none. */
  readonly embeddings?: EmbeddingCodec
  /** `path`, as it came, for another model. Absent: the model stands in the body. */
  relayPath?(path: string, model: string): string
  /** Whether its clients cannot bring back the proof of what another protocol's model thought, or often do not. Default false. */
  readonly forgetsProofs?: boolean
  /** Whether a provider would refuse what a client of this protocol sent, though it is its own: for `model` it must be encoded anew. */
  isUnfit?(request: ModelRequest, model: string): boolean
  /** Why no provider of another protocol can be asked: the request builds on what its own keeps. Absent: never. */
  untranslatable?(request: ModelRequest): ModelError | undefined
  /** What of the request its provider keeps. Absent, or nothing: the request stands for itself. */
  stateOf?(request: ModelRequest): RequestState | undefined
  /** How a conversation is replaced by a summary of it, for providers that have no operation for that. Absent: never. */
  readonly compaction?: {
    /** The request that asks a model for the summary, in words. */
    ask(body: JsonObject): JsonObject
    /** A request that wants one in its answer, with that wish in words; nothing if it has none. */
    inWords(request: ModelRequest): ModelRequest | undefined
    /** What the client is told, from what it sent and what the model answered. */
    reply(asked: JsonObject, answer: JsonObject, context: Pick<EncodeContext, 'id' | 'created'>): JsonObject
  }
  /** The frame a client takes as a sign of life; absent: an SSE comment serves. */
  readonly ping?: Frame
  /** Whether a frame of a relayed stream is worth decoding for usage, errors and its end. Cheap; may say yes too often. */
  isNotable(frame: Frame): boolean
  /** How the events that a stream mostly consists of begin, where that tells that they are not notable. Sticky, ASCII. */
  readonly dullEvents?: RegExp
}

/** How else an answer can be bound to a format. */
export interface FormatGap {
  /** Whether a tool can be forced. */
  readonly forcesTools: boolean
  /** Whether JSON can be asked for, if without a schema. */
  readonly takesJson: boolean
}

/** How a request hangs together with what a provider keeps. */
export interface RequestState {
  /** The answer that it goes on from. */
  readonly previous?: string
  /** The conversation that it is a part of. */
  readonly conversation?: string
  /** Whether its own answer is kept. */
  readonly isKept: boolean
  /** Whether it brings back what was wrapped here, which its provider could not read as it stands. */
  readonly isWrapped: boolean
}

/** A request on the wire, of a client or to a provider. */
export interface WireRequest {
  /** Path below the base URL, without query: `/messages`, `/models/gemini-x:generateContent`. */
  readonly path: string
  /** Query string without `?`, or empty. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

/** Whom a request is encoded for. */
export interface Target {
  readonly provider: string
  readonly model: string
  readonly traits: Traits
}

/**
 * What a provider or model accepts, as named flags. Absent: the protocol's own default.
 * Set by catalog rows, dialects and what was learnt from answers.
 */
export interface Traits {
  /** OpenAI Chat: the name of the output limit. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** The most output tokens the model can give; larger wishes are lowered. */
  readonly maxOutputTokens?: number
  /** The most tokens of input and output together. Absent: not known. */
  readonly contextWindow?: number
  /** OpenAI Chat: how reasoning is asked for. `effort`: `reasoning_effort`; `openrouter`: `reasoning: {}`; `thinking`: `thinking: {type}`; `enable-thinking`: `enable_thinking`. */
  readonly reasoningRequest?: 'effort' | 'openrouter' | 'thinking' | 'enable-thinking' | 'none'
  /** OpenAI Chat: the efforts that exist there; others go to the nearest. */
  readonly efforts?: readonly string[]
  /** OpenAI Chat: the field in which earlier reasoning is sent back; `none`: it is refused. */
  readonly reasoningReplay?: 'reasoning_content' | 'reasoning' | 'none'
  /** Anthropic Messages: how thinking is asked for. `budget`: a limit of tokens; `adaptive`: an effort. Absent: by the model's name. */
  readonly thinkingRequest?: 'adaptive' | 'budget'
  /** Whether `role: "system"` is accepted between messages. Absent: Anthropic Messages only if the client itself sent it so, OpenAI Chat yes. */
  readonly systemMessages?: boolean
  /** Whether Anthropic's `cache_control` marks are understood. */
  readonly cacheControl?: boolean
  /** What of a prompt is cached only up to a mark: one is set where the client could set none. Absent: it needs none. */
  readonly cacheMarks?: readonly ('tools' | 'system' | 'messages')[]
  /** OpenAI Chat: whether calls of one session may name it, so that they meet the same prompt cache. */
  readonly promptCacheKey?: boolean
  /** Bedrock Converse: whether an answer is streamed that may call tools. Absent: yes. */
  readonly streamedTools?: boolean
  /** Whether images can be sent. */
  readonly images?: boolean
  /** Whether the model searches the web itself. Absent: what is known of its host. */
  readonly webSearch?: boolean
  /** Gemini: whether calls and results may carry their ids; elsewhere they are told by name and order. */
  readonly callIds?: false
  /** OpenAI Chat: how a tool can be forced. `words`: not one by its name; `auto`: not at all. Absent: in every way. */
  readonly toolChoice?: 'words' | 'auto'
  /** The formats that an answer can be bound to. `json`: JSON without a schema; `none`: not even that. Absent: the protocol's own. */
  readonly outputFormats?: 'json' | 'none'
  /** Top-level request fields that were refused: left out and listed in `dropped`. */
  readonly refusedFields?: readonly string[]
}

export interface Encoded {
  readonly wire: WireRequest
  /** JSON paths, in the client's request, of what the provider is not told, each with the reason. */
  readonly dropped: readonly Dropped[]
  /** What the decoder of the answer must know about the request. */
  readonly context: DecodeContext
}

export interface Dropped {
  readonly path: string
  readonly why: string
}

export interface DecodeContext {
  readonly provider: string
  readonly model: string
  /** Tool names as the provider was told them → as the client knows them; only where they differ. */
  readonly toolNames?: ReadonlyMap<string, string>
  /** OpenAI Responses: the free-form tools that the provider was told; calls of others are its own. Absent: not known. */
  readonly customTools?: ReadonlySet<string>
  /** A fresh unique id for what the provider left without one. */
  readonly id: (prefix: string) => string
}

export interface EncodeContext {
  /** Id of the answer if the provider gave none. */
  readonly id: (prefix: string) => string
  /** Seconds since 1970, for protocols that state it. */
  readonly created: number
  /** Model to name if the provider named none. */
  readonly model: string
  /** The residue of the client's request: what it asked of the answer's form (OpenAI Chat: `stream_options`). */
  readonly requestNative?: Native
}

/** One message of a stream: an SSE event, or a line or element of a JSON framing. */
export interface Frame {
  readonly event?: string
  readonly data: string
  /** What many frames say that a `Glance` has read in their stead; then there is no data. */
  readonly words?: readonly string[]
}

/**
 * Reads server-sent events of `text`, from `start` on and as far as there are only words in them, into one frame of
 * `out`; gives the place where it stopped.
 */
export type Glance = (text: string, start: number, out: Frame[]) => number

/** A synchronous transducer: push inputs, collect outputs, end once. */
export interface Step<In, Out> {
  push(input: In): Out[]
  /** Several at once, where that is cheaper than one after the other. */
  pushAll?(inputs: readonly In[]): Out[]
  end(): Out[]
}

/** Reads what a provider tells. */
export interface StreamDecoder extends Step<Frame, ModelEvent> {
  /** What the framing may read in its stead where nobody stands between them: a flood costs a third then. */
  readonly glance?: Glance
}

/** Tells a client what happens. */
export interface StreamEncoder extends Step<ModelEvent, Frame> {
  /**
   * What `push` would make of more text of part `index`, which came as `pieces` if it came as several, as the text of a stream of server-sent events: most of a stream
   * is this, and it costs a fourth. Absent, or nothing: it takes more than putting the text between what always stands
   * around it.
   */
  more?(index: number, text: string, pieces?: readonly string[]): string | undefined
}

/** Runs `first` into `second`. */
export function chain<A, B, C>(first: Step<A, B>, second: Step<B, C>): Step<A, C> {
  const pass = (items: B[]): C[] => {
    if (items.length === 1) return second.push(items[0] as B)
    if (second.pushAll) return second.pushAll(items)
    const out: C[] = []
    for (const item of items) for (const result of second.push(item)) out.push(result)
    return out
  }
  return {
    push: (input) => pass(first.push(input)),
    end: () => [...pass(first.end()), ...second.end()],
  }
}
