import type { Native } from './native.ts'

/** One call for vectors of texts, in no protocol's shape. */
export interface EmbeddingRequest {
  readonly model: string
  /** Each a text, or the tokens of one, which only the provider of that tokenizer understands. */
  readonly inputs: readonly (string | readonly number[])[]
  readonly dimensions?: number
  /** What the vectors are for, in Google's words (`RETRIEVAL_QUERY`, say). */
  readonly task?: string
  /** Of the document that is embedded. */
  readonly title?: string
  readonly native: Native
}

/** The vectors, in the order of the inputs. */
export interface EmbeddingReply {
  readonly model?: string
  readonly vectors: readonly (readonly number[])[]
  /** Absent: the provider did not say. */
  readonly inputTokens?: number
}
