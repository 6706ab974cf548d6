import { ModelError } from '../canonical/error.ts'
import type { JsonObject } from '../canonical/json.ts'
import type { ProtocolId } from '../canonical/native.ts'
import type { Traits } from '../protocol/protocol.ts'
import { traitsFor } from '../provider/dialect.ts'
import type { Provider } from '../provider/provider.ts'
import { listModels, type ListedModel } from '../router/list-models.ts'
import { nameOfTarget, readModelName } from '../router/model-name.ts'
import type { GatewayConfig } from './gateway.ts'

/**
 * What is configured, in the shape of the caller. Claude Code shows only ids that begin with `claude`, so Anthropic's
 * clients are given the aliases that do. A size is told only where it is known: agents plan their compaction by it.
 */
export function listModelsReply({ providers, routes }: GatewayConfig, protocol: ProtocolId): JsonObject {
  return shapeOf(protocol).list(listModels(providers, routes).map((model) => sized(model, providers)))
}

/** One model by any name that it can be asked for by. Throws a `ModelError` of kind `not-found`. */
export function modelReply({ providers, routes }: GatewayConfig, name: string, protocol: ProtocolId): JsonObject {
  const read = readModelName(name, providers)
  const target = 'target' in read ? read.target : undefined
  const listed = target && listModels(providers, routes).find(({ id }) => id === nameOfTarget(target))
  if (!listed) {
    throw new ModelError(`there is no model ${JSON.stringify(name)}: GET /v1/models lists those that there are`, {
      kind: 'not-found',
    })
  }
  return shapeOf(protocol).model(sized(listed, providers))
}

type SizedModel = ListedModel & Pick<Traits, 'contextWindow' | 'maxOutputTokens'>

function sized(model: ListedModel, providers: readonly Provider[]): SizedModel {
  const provider = providers.find(({ name }) => name === model.provider)
  if (!provider) return model
  const { contextWindow, maxOutputTokens } = traitsFor(provider, model.model)
  return {
    ...model,
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens: Math.min(maxOutputTokens, contextWindow ?? Infinity) }),
  }
}

/** How a vendor tells of its models. */
interface Shape {
  model(model: SizedModel): JsonObject
  list(models: readonly SizedModel[]): JsonObject
}

function shapeOf(protocol: ProtocolId): Shape {
  if (protocol === 'gemini') return GOOGLES
  return protocol === 'anthropic-messages' ? ANTHROPICS : OPENAIS
}

/** OpenAI's own list has no sizes; `context_length` is what OpenRouter calls it, and what clients of such lists read. */
const OPENAIS: Shape = {
  model: ({ id, provider, contextWindow }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: provider,
    ...(contextWindow !== undefined && { context_length: contextWindow }),
  }),
  list: (models) => ({ object: 'list', data: models.map((model) => OPENAIS.model(model)) }),
}

/** `null` is Anthropic's own word for a size that is not known. */
const ANTHROPICS: Shape = {
  model: (model) => ({
    type: 'model',
    id: model.aliases[0] ?? model.id,
    display_name: model.id,
    created_at: '1970-01-01T00:00:00Z',
    max_input_tokens: model.contextWindow ?? null,
    max_tokens: model.maxOutputTokens ?? null,
  }),
  list(models) {
    const data = models.map((model) => ANTHROPICS.model(model))
    return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
  },
}

const GOOGLES: Shape = {
  model: ({ id, model, provider, contextWindow, maxOutputTokens }) => ({
    name: `models/${id}`,
    version: '',
    displayName: model,
    description: `${model} of ${provider}`,
    ...(contextWindow !== undefined && { inputTokenLimit: contextWindow }),
    ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }),
  list: (models) => ({ models: models.map((model) => GOOGLES.model(model)) }),
}
