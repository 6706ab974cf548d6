import { ModelError } from '../canonical/error.ts'
import type { RoutedProvider } from './route.ts'
import { quote } from './rule.ts'

/** `a,b` was asked for and there is no provider `a`. */
export function unknownProvider(provider: string, model: string, providers: readonly RoutedProvider[]): ModelError {
  return new ModelError(`There is no provider ${quote(provider)} for the model ${quote(model)}: ${known(providers)}.`, {
    kind: 'not-found',
    param: 'model',
  })
}

/** `a,` was asked for. */
export function noModel(provider: string, providers: readonly RoutedProvider[]): ModelError {
  const models = providers.find((candidate) => candidate.name === provider)?.models ?? []
  const hint =
    models.length > 0 ? `for example ${quote(`${provider},${models[0]}`)}` : `as ${quote(`${provider},model`)}`
  return new ModelError(`The model name ${quote(`${provider},`)} holds no model: name one behind the comma, ${hint}.`, {
    kind: 'bad-request',
    param: 'model',
  })
}

/** No rule applies and there is no default. */
export function nothingFits(model: string, providers: readonly RoutedProvider[]): ModelError {
  return new ModelError(
    `No route is configured for the model ${quote(model)}: set "Router": {"default": ${quote(example(providers))}} in the config, ` +
      `or ask for a model as "provider,model" (${known(providers)}).`,
    { kind: 'bad-request', param: 'model' },
  )
}

function known(providers: readonly RoutedProvider[]): string {
  if (providers.length === 0) return 'no providers are configured, add one to "Providers"'
  const names = providers.slice(0, 20).map((provider) => provider.name)
  return `the configured providers are ${names.join(', ')}${providers.length > names.length ? ' …' : ''}`
}

function example(providers: readonly RoutedProvider[]): string {
  const provider = providers.find((candidate) => candidate.models.length > 0) ?? providers[0]
  return provider ? `${provider.name},${provider.models[0] ?? 'model'}` : 'provider,model'
}
