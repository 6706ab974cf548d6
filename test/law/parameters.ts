import type { Json, JsonObject } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { codecOf } from '../../src/protocol/index.ts'

/** A protocol in which a client may ask. */
export type Client = Exclude<ProtocolId, 'bedrock-converse'>

/** What a wish becomes: fields that are sent, and paths that are listed as left out. */
export interface Told {
  readonly sent: JsonObject
  readonly dropped: readonly string[]
}

/** The fields, by their path, in which a request with `wish` differs from the same one without it, and what of it is listed. */
export function toldOf(client: Client, wish: JsonObject, provider: ProtocolId, model = MODELS[provider]): Told {
  const [plain, wishing] = [{}, wish].map((more) => encoded(client, more, provider, model))
  if (!plain || !wishing) throw new Error('both are encoded')
  const sent: JsonObject = {}
  for (const path of new Set([...Object.keys(plain.fields), ...Object.keys(wishing.fields)]))
    if (JSON.stringify(plain.fields[path]) !== JSON.stringify(wishing.fields[path])) sent[path] = wishing.fields[path]
  return { sent, dropped: wishing.dropped.filter((path) => !plain.dropped.includes(path)) }
}

/** A model of each protocol's own vendor. */
export const MODELS: Readonly<Record<ProtocolId, string>> = {
  'anthropic-messages': 'claude-sonnet-4-5',
  'openai-chat': 'gpt-5.1',
  'openai-responses': 'gpt-5.1',
  gemini: 'gemini-2.5-flash',
  'bedrock-converse': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
}

const NAMES = ['read', 'write', 'run']
const SCHEMA = { type: 'object', properties: { path: { type: 'string' } } }

const PLAIN: Readonly<Record<Client, { path: string; body: JsonObject }>> = {
  'anthropic-messages': {
    path: '/messages',
    body: {
      model: 'm',
      max_tokens: 30_000,
      messages: [{ role: 'user', content: 'Hi' }],
      tools: NAMES.map((name) => ({ name, input_schema: SCHEMA })),
    },
  },
  'openai-chat': {
    path: '/chat/completions',
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: NAMES.map((name) => ({ type: 'function', function: { name, parameters: SCHEMA } })),
    },
  },
  'openai-responses': {
    path: '/responses',
    body: { model: 'm', input: 'Hi', tools: NAMES.map((name) => ({ type: 'function', name, parameters: SCHEMA })) },
  },
  gemini: {
    path: '/models/m:generateContent',
    body: {
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      tools: [{ functionDeclarations: NAMES.map((name) => ({ name, parametersJsonSchema: SCHEMA })) }],
    },
  },
}

function encoded(client: Client, wish: JsonObject, provider: ProtocolId, model: string) {
  const { path, body } = PLAIN[client]
  const from = codecOf(client)
  const request = from.decodeRequest({ path, query: '', headers: {}, body: { ...body, ...wish } })
  const refusal = client === provider ? undefined : from.untranslatable?.(request)
  if (refusal) throw refusal
  const { wire, dropped } = codecOf(provider).encodeRequest({ ...request, model }, { provider: 'p', model, traits: {} })
  return { fields: optionsOf(wire.body), dropped: dropped.map((loss) => loss.path) }
}

/** The options of a request, those of a container each by its own path; of tools the names. */
export function optionsOf(body: JsonObject): JsonObject {
  const fields: JsonObject = {}
  for (const [key, value] of Object.entries(body)) {
    if (CONTAINERS.has(key))
      for (const [name, inner] of Object.entries(value as JsonObject)) fields[`${key}.${name}`] = told(name, inner)
    else fields[key] = told(key, value)
  }
  return fields
}

const CONTAINERS = new Set([
  'generationConfig',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
  'outputConfig',
])

function told(name: string, value: Json | undefined): Json | undefined {
  if (name !== 'tools') return value
  const text = JSON.stringify(value) ?? ''
  return NAMES.filter((tool) => text.includes(`"name":"${tool}"`))
}
