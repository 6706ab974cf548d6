import type { JsonObject } from '../canonical/json.ts'
import { listModels, type ListedModel } from '../router/list-models.ts'
import type { GatewayConfig } from './gateway.ts'

/**
 * What is configured, in the shape of the caller. Anthropic's clients name their API version; everybody else gets
 * OpenAI's list. Claude Code shows only ids that begin with `claude`, so it is given the aliases that do.
 */
export function listModelsReply(config: GatewayConfig, headers: Readonly<Record<string, string>>): JsonObject {
  const models = listModels(config.providers, config.routes)
  return headers['anthropic-version'] === undefined ? openaiList(models) : anthropicList(models)
}

function openaiList(models: readonly ListedModel[]): JsonObject {
  return {
    object: 'list',
    data: models.map(({ id, provider }) => ({ id, object: 'model', created: 0, owned_by: provider })),
  }
}

function anthropicList(models: readonly ListedModel[]): JsonObject {
  const ids = models.map((model) => ({ id: model.aliases[0] ?? model.id, name: model.id }))
  return {
    data: ids.map(({ id, name }) => ({ type: 'model', id, display_name: name, created_at: '1970-01-01T00:00:00Z' })),
    has_more: false,
    first_id: ids[0]?.id ?? null,
    last_id: ids.at(-1)?.id ?? null,
  }
}
