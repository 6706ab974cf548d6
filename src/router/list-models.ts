import { nameOfTarget, PICKER_PREFIX, readModelName } from './model-name.ts'
import type { RoutedProvider, Routes } from './route.ts'
import { SCENARIOS, type Scenario } from './route.ts'

/** A model that clients may ask for. */
export interface ListedModel {
  /** `provider,model`: always understood. */
  readonly id: string
  readonly provider: string
  readonly model: string
  /** Further names of the same model, each understood by `select`; the first begins with `claude`, as pickers want. */
  readonly aliases: readonly string[]
  /** The scenarios that use it. */
  readonly scenarios: readonly Scenario[]
}

/** The configured models: those of the providers' lists and those of the routes, once each. */
export function listModels(providers: readonly RoutedProvider[], routes: Routes): readonly ListedModel[] {
  const models = new Map<string, ListedModel>()
  const add = (provider: string, model: string): void => {
    const id = nameOfTarget({ provider, model })
    if (!models.has(id))
      models.set(id, {
        id,
        provider,
        model,
        aliases: aliasesOf(id, model, providers),
        scenarios: scenariosOf(id, routes),
      })
  }
  for (const provider of providers) for (const model of provider.models) add(provider.name, model)
  for (const scenario of SCENARIOS) {
    const target = routes.targets[scenario]
    if (target && providers.some((provider) => provider.name === target.provider)) add(target.provider, target.model)
  }
  return [...models.values()]
}

function aliasesOf(id: string, model: string, providers: readonly RoutedProvider[]): readonly string[] {
  const named = readModelName(model, providers)
  const picked = `${PICKER_PREFIX}${id}`
  return named.kind === 'listed' && nameOfTarget(named.target) === id ? [picked, model] : [picked]
}

function scenariosOf(id: string, routes: Routes): readonly Scenario[] {
  return SCENARIOS.filter((scenario) => {
    const target = routes.targets[scenario]
    return target !== undefined && nameOfTarget(target) === id
  })
}
