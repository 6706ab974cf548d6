import { ModelError } from '../canonical/error.ts'
import type { EmbeddingReply, EmbeddingRequest } from '../canonical/embedding.ts'
import type { Json, JsonObject } from '../canonical/json.ts'
import type { DecodeContext, Dropped, WireRequest } from './protocol.ts'

/** How a protocol asks for embeddings, both ways. Pure, as all of a protocol. */
export interface EmbeddingCodec {
  /** The model that a client asks for. */
  modelOf(wire: WireRequest): string
  /** Client → us. Throws a `ModelError` of kind `bad-request`. */
  decodeRequest(wire: WireRequest): EmbeddingRequest
  /** Us → provider: one call, or several where one cannot hold all inputs. Throws where an input cannot be said. */
  encodeRequest(
    request: EmbeddingRequest,
    model: string,
  ): { calls: readonly WireRequest[]; dropped: readonly Dropped[] }
  /** Throws a `ModelError` for a body that is no answer. */
  decodeReply(body: Json, context: Pick<DecodeContext, 'provider' | 'model'>): EmbeddingReply
  encodeReply(reply: EmbeddingReply & { readonly inputTokens: number }, request: EmbeddingRequest): JsonObject
  /** Input tokens of an answer that is relayed; `undefined` if it does not say. */
  inputTokens(body: Json): number | undefined
  /** The body of a relayed request for `model`, where the path names the model; the very same one if it needs no edit. */
  relayBody?(body: JsonObject, model: string): JsonObject
}

/** The vector that `value` holds. Throws a `ModelError` of kind `malformed`. */
export function vectorOf(
  value: Json | undefined,
  { provider, model }: Pick<DecodeContext, 'provider' | 'model'>,
): number[] {
  if (Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')) return value
  throw new ModelError(`${provider} (${model}) answered with something that is no embedding`, {
    kind: 'malformed',
    provider,
    model,
  })
}
