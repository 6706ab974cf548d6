import type { Json, JsonObject } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Traits } from '../protocol/protocol.ts'
import type { Provider } from '../provider/provider.ts'
import { toNumber } from './scalar.ts'

const keys = ['contextWindow', 'maxOutputTokens'] as const satisfies readonly (keyof Traits)[]

/** What a provider's entry states of its models: sizes, one number for all or one by model, and who searches the web. */
export function readLimits(fields: JsonObject): Pick<Provider, 'traits' | 'modelTraits'> {
  const traits = { ...traitsFrom((key) => fields[key]), ...searchOf(fields) }
  const models = new Set(keys.flatMap((key) => (isObject(fields[key]) ? Object.keys(fields[key]) : [])))
  if (models.size === 0) return { traits }
  const ofModel = (model: string): Traits =>
    traitsFrom((key) => (isObject(fields[key]) ? fields[key][model] : undefined))
  return { traits, modelTraits: Object.fromEntries([...models].map((model) => [model, ofModel(model)])) }
}

function searchOf({ web_search: search }: JsonObject): Traits {
  return search === 'own' || search === 'backend' ? { webSearch: search === 'own' } : {}
}

function traitsFrom(valueOf: (key: (typeof keys)[number]) => Json | undefined): Traits {
  const stated = keys.map((key) => [key, toNumber(valueOf(key))] as const)
  return Object.fromEntries(stated.filter(([, tokens]) => tokens !== undefined))
}
