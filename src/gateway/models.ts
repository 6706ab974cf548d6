import type { JsonObject } from '../canonical/json.ts'
import type { Traits } from '../protocol/protocol.ts'
import { traitsFor } from '../provider/dialect.ts'
import type { Provider } from '../provider/provider.ts'
import { listModels, type ListedModel } from '../router/list-models.ts'
import type { GatewayConfig } from './gateway.ts'

/**
 * What is configured, in the shape of the caller. Anthropic's clients name their API version; everybody else gets
 * OpenAI's list. Claude Code shows only ids that begin with `claude`, so it is given the aliases that do. A size is
 * told only where it is known: agents plan their compaction by it.
 */
export function listModelsReply(config: GatewayConfig, headers: Readonly<Record<string, string>>): JsonObject {
  const models = listModels(config.providers, config.routes).map((model) => sized(model, config.providers))
  return headers['anthropic-version'] === undefined ? openaiList(models) : anthropicList(models)
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

/** OpenAI's own list has no sizes; `context_length` is what OpenRouter calls it, and what clients of such lists read. */
function openaiList(models: readonly SizedModel[]): JsonObject {
  return {
    object: 'list',
    data: models.map(({ id, provider, contextWindow }) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: provider,
      ...(contextWindow !== undefined && { context_length: contextWindow }),
    })),
  }
}

/** `null` is Anthropic's own word for a size that is not known. */
function anthropicList(models: readonly SizedModel[]): JsonObject {
  const data = models.map((model) => ({
    type: 'model',
    id: model.aliases[0] ?? model.id,
    display_name: model.id,
    created_at: '1970-01-01T00:00:00Z',
    max_input_tokens: model.contextWindow ?? null,
    max_tokens: model.maxOutputTokens ?? null,
  }))
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}
