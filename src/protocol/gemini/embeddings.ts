import type { EmbeddingRequest } from '../../canonical/embedding.ts'
import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import { vectorOf, type EmbeddingCodec } from '../embedding-codec.ts'
import type { Dropped, WireRequest } from '../protocol.ts'
import { toCamelCase } from './camel-case.ts'
import { pathOf, readPath } from './path.ts'
import { defined, ID, invalid, isSame, residueOf } from './residue.ts'

/** Google's `embedContent` and `batchEmbedContents`. https://ai.google.dev/api/embeddings */
export const geminiEmbeddings: EmbeddingCodec = {
  modelOf: (wire) => readPath(wire.path)?.model ?? '',
  decodeRequest(wire) {
    const isBatch = readPath(wire.path)?.action === 'batchEmbedContents'
    const body = toCamelCase(wire.body)
    const asked = isBatch ? listOf(body.requests, 'requests') : [body]
    const [first = {}, ...others] = asked.map((each) => residueOf(each, INPUT).rest)
    if (others.some((other) => !isSame(other, first)))
      throw invalid('requests', 'all must have the same options: send those with others apart')
    const dimensions = asNumber(first.outputDimensionality)
    const task = asString(first.taskType)
    const title = asString(first.title)
    return {
      model: readPath(wire.path)?.model ?? '',
      inputs: asked.map((each, index) => textOf(each.content, isBatch ? `requests[${index}].content` : 'content')),
      ...defined({ dimensions, task, title }),
      native: { ...residueOf(first, OPTIONS), form: isBatch ? 'batch' : 'single' },
    }
  },

  encodeRequest(request, model) {
    const { inputs, dimensions, task, title, native } = request
    const dropped: Dropped[] = Object.keys(restFor(native, 'openai-chat') ?? {}).map((path) => ({
      path,
      why: 'Gemini has no such field',
    }))
    const options = defined({ taskType: task, title, outputDimensionality: dimensions, ...restFor(native, ID) })
    const named = nameOf(model)
    const asked = inputs.map((input) => ({ model: named, content: { parts: [{ text: said(input) }] }, ...options }))
    return { calls: callsFor(asked, model), dropped }
  },

  decodeReply(body, context) {
    const inputTokens = tokensOf(body)
    return {
      vectors: valuesIn(body).map((values) => vectorOf(values, context)),
      ...(inputTokens !== undefined && { inputTokens }),
    }
  },

  encodeReply({ vectors, inputTokens }, { native }) {
    const embeddings = vectors.map((vector) => ({ values: [...vector] }))
    const usageMetadata = { promptTokenCount: inputTokens }
    return formFor(native, ID) === 'batch' ? { embeddings, usageMetadata } : { embedding: embeddings[0], usageMetadata }
  },

  inputTokens: tokensOf,

  // Google wants the model of each request to be that of the path.
  relayBody(body, model) {
    const named = nameOf(model)
    const renamed = (each: Json): Json =>
      isObject(each) && each.model !== undefined && each.model !== named ? { ...each, model: named } : each
    const whole = renamed(body) as JsonObject
    if (!Array.isArray(whole.requests)) return whole
    const requests = whole.requests.map(renamed)
    return requests.every((each, index) => each === (whole.requests as Json[])[index]) ? whole : { ...whole, requests }
  },
}

const INPUT = new Set(['model', 'content'])
const OPTIONS = new Set(['taskType', 'title', 'outputDimensionality'])
const MOST_IN_A_BATCH = 100

function nameOf(model: string): string {
  return model.includes('/') ? model : `models/${model}`
}

function callsFor(asked: readonly JsonObject[], model: string): WireRequest[] {
  const [only] = asked
  const to = (action: string, body: JsonObject): WireRequest => ({
    path: pathOf(model, action),
    query: '',
    headers: {},
    body,
  })
  if (asked.length === 1 && only) return [to('embedContent', only)]
  const batches = Array.from({ length: Math.ceil(asked.length / MOST_IN_A_BATCH) }, (_, index) =>
    asked.slice(index * MOST_IN_A_BATCH, (index + 1) * MOST_IN_A_BATCH),
  )
  return batches.map((requests) => to('batchEmbedContents', { requests }))
}

function valuesIn(body: Json): (Json | undefined)[] {
  if (!isObject(body)) return []
  const embeddings = Array.isArray(body.embeddings) ? body.embeddings : [body.embedding]
  return embeddings.map((embedding) => (isObject(embedding) ? embedding.values : undefined))
}

function tokensOf(body: Json): number | undefined {
  return isObject(body) && isObject(body.usageMetadata) ? asNumber(body['usageMetadata'].promptTokenCount) : undefined
}

function listOf(value: Json | undefined, path: string): JsonObject[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) return value
  throw invalid(path, 'must be a list of requests')
}

function textOf(content: Json | undefined, path: string): string {
  if (typeof content === 'string') return content
  const parts = isObject(content) ? [content.parts ?? []].flat() : []
  const texts = parts.map((part) => (isObject(part) ? asString(part.text) : asString(part)))
  if (texts.length === 0) throw invalid(path, 'must be a content with parts')
  if (texts.some((text) => text === undefined)) throw invalid(`${path}.parts`, 'only texts can be embedded elsewhere')
  return texts.join('\n')
}

function said(input: EmbeddingRequest['inputs'][number]): string {
  if (typeof input === 'string') return input
  throw invalid('input', 'tokens mean something only to the provider of their tokenizer: send text')
}
