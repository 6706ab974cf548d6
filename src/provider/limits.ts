import type { Traits } from '../protocol/protocol.ts'
import { knownModels } from './known-models.ts'

/** What is publicly known of a model's sizes. */
export type ModelLimits = Pick<Traits, 'contextWindow' | 'maxOutputTokens'>

/**
 * The documented limits of a model, by its id in any host's spelling (`openai/gpt-5`, `models/gemini-2.5-pro`,
 * `z-ai/glm-4.6:free`). Nothing where the id is not surely one of the known: no guess is better than a wrong one.
 */
export function limitsOf(model: string): ModelLimits {
  const id = plainId(model)
  const name = id.slice(id.lastIndexOf('/') + 1)
  const row = rows.find(({ pattern, isWhole }) => pattern.test(isWhole ? id : name))
  return row?.limits ?? nothing
}

const nothing: ModelLimits = {}
const longestId = 200

/** What may follow a name without making it another model, as hosts write it. */
const version =
  '(?:[-@](?:latest|preview|exp|v\\d+(?::\\d+)?|\\d{3,4}|\\d{8}|\\d{2}-\\d{2,4}|\\d{4}-\\d{2}-\\d{2})){0,3}'

const rows = knownModels.map(([names, contextWindow, maxOutputTokens]) => ({
  pattern: new RegExp(`^(?:${names.replaceAll('#', version)})$`),
  isWhole: names.includes('/'),
  limits: { contextWindow, ...(maxOutputTokens !== undefined && { maxOutputTokens }) },
}))

/** A host's way to route the same model (`:free`), and Bedrock's names of regions and vendors. */
function plainId(model: string): string {
  return model
    .slice(0, longestId)
    .trim()
    .toLowerCase()
    .replace(/:(?:free|nitro|floor|online|exacto|batch|beta|thinking)$/, '')
    .replace(/^(?:(?:us|eu|apac|jp|au|global)\.)?(?:anthropic|deepseek|openai|qwen|minimax|moonshotai|mistral)\./, '')
}
