import type { JsonObject } from './json.ts'
import type { LogprobsOption, TokenLogprob } from './logprobs.ts'
import type { Native } from './native.ts'

/** One call to a model, in no protocol's shape: messages of ordered typed parts. */
export interface ModelRequest {
  readonly model: string
  /** Instructions before the conversation. Later ones are messages with role `system`. */
  readonly system: readonly TextPart[]
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice
  /** `false`: at most one tool call a turn. Absent: the provider's default. */
  readonly parallelToolCalls?: boolean
  readonly reasoning?: ReasoningOption
  /** Upper limit of generated tokens, reasoning included. */
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stopSequences?: readonly string[]
  /** Against tokens that have been used already, however often: OpenAI's scale. */
  readonly presencePenalty?: number
  /** Against tokens, the more often they have been used: OpenAI's scale. */
  readonly frequencyPenalty?: number
  /** Equal requests with the same one shall have the same answer, as far as the provider manages that. */
  readonly seed?: number
  readonly logprobs?: LogprobsOption
  readonly outputFormat?: OutputFormat
  readonly stream: boolean
  /** The client's opaque name of its user. */
  readonly userId?: string
  readonly native?: Native
}

export interface Message {
  readonly role: 'user' | 'assistant' | 'system'
  readonly parts: readonly Part[]
  readonly native?: Native
}

export type Part = TextPart | ReasoningPart | ToolCallPart | ToolResultPart | MediaPart | NativePart

export interface TextPart {
  readonly type: 'text'
  readonly text: string
  /** How likely its tokens were; of answers alone. */
  readonly logprobs?: readonly TokenLogprob[]
  readonly cache?: CacheMark
  readonly native?: Native
}

/** What the model thought. Goes back only to its origin: nobody else can verify the signature. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  /** The provider's proof that it wrote `text`; opaque. */
  readonly signature?: string
  /** Reasoning that only the provider can read; then `text` is empty. */
  readonly encrypted?: string
  /** Who signed it. Absent: not known. */
  readonly origin?: Origin
  readonly native?: Native
}

export interface Origin {
  readonly provider: string
  readonly model: string
}

export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** The arguments as JSON text; `''` means none were sent. Not always valid JSON: models err. */
  readonly input: string
  /** Gemini's thought signature of this call; opaque. */
  readonly signature?: string
  readonly origin?: Origin
  readonly cache?: CacheMark
  readonly native?: Native
}

/** The outcome of a tool call. Part of a user message; OpenAI's `tool` messages split from it and merge into it. */
export interface ToolResultPart {
  readonly type: 'tool-result'
  /** The `id` of the call. */
  readonly id: string
  readonly content: readonly (TextPart | MediaPart | NativePart)[]
  readonly isError?: boolean
  readonly cache?: CacheMark
  readonly native?: Native
}

export interface MediaPart {
  readonly type: 'media'
  readonly kind: 'image' | 'document' | 'audio' | 'video'
  /** IANA media type, `image/png` say. Absent: not told (a URL). */
  readonly mediaType?: string
  readonly source:
    | { readonly type: 'base64'; readonly data: string }
    | { readonly type: 'url'; readonly url: string }
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'file'; readonly id: string }
  readonly title?: string
  readonly cache?: CacheMark
  readonly native?: Native
}

/** A block of a type that the decoder does not know, whole, with the protocol it came in (`native.rest` is the block). */
export interface NativePart {
  readonly type: 'native'
  readonly native: Native
}

/** A place up to which the provider shall cache the prompt. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h'
}

export type Tool = FunctionTool | ServerTool

/** A tool that the client runs. */
export interface FunctionTool {
  readonly type: 'function'
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments, as the client sent it. */
  readonly schema: JsonObject
  readonly strict?: boolean
  /** Not shown to the model until a search of tools finds it. */
  readonly deferred?: boolean
  readonly cache?: CacheMark
  readonly native?: Native
}

/** A tool that the provider runs. */
export interface ServerTool {
  readonly type: 'server'
  /** What it does, in no vendor's words. */
  readonly kind: 'web-search' | 'web-fetch' | 'code-execution' | 'tool-search' | 'other'
  readonly name: string
  readonly cache?: CacheMark
  readonly native: Native
}

export type ToolChoice =
  /** `allowed`: the names of the only tools that may be called. Absent: all. */
  | { readonly type: 'auto' | 'required'; readonly allowed?: readonly string[] }
  | { readonly type: 'none' }
  | { readonly type: 'tool'; readonly name: string }

/** From no effort to most; providers know fewer steps. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

export interface ReasoningOption {
  /** `adaptive`: the model decides whether and how long. Absent: not said (only an effort is). */
  readonly mode?: 'off' | 'on' | 'adaptive'
  /** How hard the model shall work. */
  readonly effort?: Effort
  /** Limit of reasoning tokens. */
  readonly budget?: number
  readonly native?: Native
}

export type OutputFormat =
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema'
      readonly schema: JsonObject
      readonly name?: string
      readonly strict?: boolean
      readonly native?: Native
    }
