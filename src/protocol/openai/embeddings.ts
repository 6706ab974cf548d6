import { ModelError } from '../../canonical/error.ts'
import type { EmbeddingRequest } from '../../canonical/embedding.ts'
import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import { vectorOf, type EmbeddingCodec } from '../embedding-codec.ts'
import type { Dropped, WireRequest } from '../protocol.ts'

/** OpenAI's `POST /embeddings`, which its Chat and its Responses API share. https://platform.openai.com/docs/api-reference/embeddings */
export const openaiEmbeddings: EmbeddingCodec = {
  modelOf,
  decodeRequest(wire) {
    const { body } = wire
    const dimensions = body.dimensions ?? undefined
    if (dimensions !== undefined && !Number.isInteger(dimensions)) throw invalid('dimensions', 'must be a whole number')
    return {
      model: modelOf(wire),
      inputs: inputsOf(body.input),
      ...(dimensions !== undefined && { dimensions: dimensions as number }),
      native: { protocol: ID, rest: omit(body, CLAIMED), form: asString(body.encoding_format) ?? 'float' },
    }
  },

  encodeRequest(request, model) {
    const dropped: Dropped[] = []
    if (request.task !== undefined) dropped.push({ path: 'taskType', why: 'OpenAI knows no tasks of embeddings' })
    if (request.title !== undefined) dropped.push({ path: 'title', why: 'OpenAI knows no titles of embeddings' })
    for (const key in restFor(request.native, 'gemini')) dropped.push({ path: key, why: 'OpenAI has no such field' })
    const { inputs, dimensions } = request
    const body: JsonObject = {
      model,
      input: inputs.map((input) => (typeof input === 'string' ? input : [...input])),
      ...(dimensions !== undefined && { dimensions }),
      encoding_format: 'float',
      ...restFor(request.native, ID),
    }
    return { calls: [{ path: PATH, query: '', headers: {}, body }], dropped }
  },

  decodeReply(body, context) {
    const data = isObject(body) && Array.isArray(body.data) ? body.data.filter(isObject) : []
    const ordered = data.toSorted((first, second) => (asNumber(first.index) ?? 0) - (asNumber(second.index) ?? 0))
    const inputTokens = tokensOf(body)
    const model = isObject(body) ? asString(body.model) : undefined
    return {
      ...(model !== undefined && { model }),
      vectors: ordered.map(({ embedding }) =>
        vectorOf(typeof embedding === 'string' ? fromBase64(embedding) : embedding, context),
      ),
      ...(inputTokens !== undefined && { inputTokens }),
    }
  },

  encodeReply({ vectors, model, inputTokens }, request) {
    const isPacked = formFor(request.native, ID) === 'base64'
    return {
      object: 'list',
      data: vectors.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: isPacked ? toBase64(vector) : [...vector],
      })),
      model: model ?? request.model,
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    }
  },

  inputTokens: tokensOf,
}

const ID = 'openai-chat'
const PATH = '/embeddings'
const CLAIMED = new Set(['model', 'input', 'dimensions', 'encoding_format'])

function modelOf({ body }: WireRequest): string {
  const model = asString(body.model)
  if (model === undefined) throw invalid('model', 'must be a text')
  return model
}

function tokensOf(body: Json): number | undefined {
  return isObject(body) && isObject(body.usage) ? asNumber(body['usage'].prompt_tokens) : undefined
}

/** A text, texts, the tokens of a text, or those of texts. */
function inputsOf(input: Json | undefined): EmbeddingRequest['inputs'] {
  if (typeof input === 'string') return [input]
  const items = Array.isArray(input) ? input : []
  if (items.length > 0 && isTokens(items)) return [items]
  return items.length > 0 && items.every((item) => typeof item === 'string' || isTokens(item)) ? items : refuseInput()
}

function refuseInput(): never {
  throw invalid('input', 'must be a text, a list of texts, or tokens')
}

function isTokens(value: Json): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token))
}

/** Little-endian 32-bit floats: what OpenAI's own clients ask for. */
function toBase64(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * FLOAT_BYTES))
  vector.forEach((number, index) => view.setFloat32(index * FLOAT_BYTES, number, true))
  let binary = ''
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function fromBase64(text: string): number[] | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    const view = new DataView(bytes.buffer)
    return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) => view.getFloat32(index * FLOAT_BYTES, true))
  } catch {
    // Not base64, so no vector: reported by the caller, who knows whose answer it is.
    return undefined
  }
}

const FLOAT_BYTES = 4

function invalid(param: string, message: string): ModelError {
  return new ModelError(`${param}: ${message}`, { kind: 'bad-request', param })
}
