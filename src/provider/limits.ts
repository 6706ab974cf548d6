import type { Traits } from '../protocol/protocol.ts'
import { knownModels } from './known-models.ts'

/** What is publicly known of a model's sizes. */
export type ModelLimits = Pick<Traits, 'contextWindow' | 'maxOutputTokens'>

/**
 * The documented limits of a model, by its id in any host's spelling (`openai/gpt-5`, `models/gemini-2.5-pro`,
 * `z-ai/glm-4.6:free`). Nothing where the id is not surely one of the known: no guess is better than a wrong one.
 */
export function limitsOf(model: string): ModelLimits {
  const isHere = fits(model)
  const row = knownModels.find(([names]) => isHere(names))
  if (!row) return {}
  const [, contextWindow, maxOutputTokens] = row
  return { contextWindow, ...(maxOutputTokens !== undefined && { maxOutputTokens }) }
}

/** Whether `names`, written as in the table of sizes, hold the model, by its id in any host's spelling. */
export function isModelOf(names: string, model: string): boolean {
  return fits(model)(names)
}

function fits(model: string): (names: string) => boolean {
  const id = plainId(model)
  const name = id.slice(id.lastIndexOf('/') + 1)
  return (names) => isNamed(names, names.includes('/') ? id : name)
}

/** Whether a row's `names` hold this one. There are many rows: a pattern is made only where its plain beginning fits. */
function isNamed(names: string, name: string): boolean {
  const [plain = ''] = /^[a-z0-9/-]*(?![?*{])/.exec(names) ?? []
  return name.startsWith(plain) && patternOf(names).test(name)
}

function patternOf(names: string): RegExp {
  return new RegExp(`^(?:${names.replaceAll('#', version)})$`)
}

const longestId = 200

/** What may follow a name without making it another model, as hosts write it. */
const version =
  '(?:[-@](?:latest|preview|exp|v\\d+(?::\\d+)?|\\d{3,4}|\\d{8}|\\d{2}-\\d{2,4}|\\d{4}-\\d{2}-\\d{2})){0,3}'

/** A host's way to route the same model (`:free`), and Bedrock's names of regions and vendors. */
function plainId(model: string): string {
  return model
    .slice(0, longestId)
    .trim()
    .toLowerCase()
    .replace(/^arn:.*\//, '')
    .replace(/:(?:free|nitro|floor|online|exacto|batch|beta|thinking)$/, '')
    .replace(/^(?:(?:us|eu|apac|jp|au|global)\.)?(?:anthropic|deepseek|openai|qwen|minimax|moonshotai|mistral)\./, '')
}
