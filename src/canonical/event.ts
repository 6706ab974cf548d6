import type { ModelError } from './error.ts'
import type { TokenLogprob } from './logprobs.ts'
import type { Native } from './native.ts'
import type { Part } from './request.ts'
import type { Usage } from './usage.ts'

/**
 * What happens while a model answers. Parts may be open side by side (OpenAI interleaves tool calls);
 * each index is opened once, gets deltas, and is closed once. Indexes are dense and rise in order of opening.
 * The last event is one `finish` or one `error`; `usage` may come at any time before it, also more than once.
 */
export type ModelEvent =
  | { readonly type: 'start'; readonly id?: string; readonly model?: string; readonly native?: Native }
  /** `part` as far as it is known: a tool call has its id and name, texts are empty. */
  | { readonly type: 'part-start'; readonly index: number; readonly part: Part }
  /** More text, reasoning, or JSON of a tool call's arguments. */
  | {
      readonly type: 'part-delta'
      readonly index: number
      readonly text: string
      /** How `text` was cut, where it is many pieces that came at once. */
      readonly pieces?: readonly string[]
      /** How likely the tokens of `text` were. */
      readonly logprobs?: readonly TokenLogprob[]
    }
  /** The finished part, signature and all. */
  | { readonly type: 'part-end'; readonly index: number; readonly part: Part }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'finish'
      readonly reason: FinishReason
      readonly search?: WebSearch
      readonly native?: Native
    }
  | { readonly type: 'error'; readonly error: ModelError }
  /** A frame of the provider's protocol with no meaning for others (a ping, say). */
  | { readonly type: 'native'; readonly native: Native }

/** What the provider's own web search looked for and found for the answer. */
export interface WebSearch {
  readonly queries: readonly string[]
  readonly pages: readonly { readonly url: string; readonly title?: string }[]
}

export interface FinishReason {
  readonly kind: FinishKind
  /** The provider's own word. */
  readonly raw?: string
  /** The stop sequence that was hit. */
  readonly stopSequence?: string
}

export type FinishKind =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  /** The context window is full; not the caller's own limit. */
  | 'context-window'
  | 'tool-calls'
  | 'content-filter'
  /** The model declined. */
  | 'refusal'
  /** The provider paused a long turn of its own tools; the client shall send it back as it is. */
  | 'pause'
  | 'other'
