import { ModelError } from '../canonical/error.ts'
import { findProvider, nameOfTarget, plainModel, readModelName } from './model-name.ts'
import { noModel, unknownProvider } from './refusal.ts'
import type { RouteTarget, Routing } from './route.ts'

/**
 * Who embeds. Vectors of two models cannot be compared, so no scenario decides, only the name: throws a `ModelError`
 * where it means no one model.
 */
export function embeddingTarget(
  model: string,
  { providers, routes }: Pick<Routing, 'providers' | 'routes'>,
): { target: RouteTarget; reason: string } {
  const quoted = JSON.stringify(model)
  const named = readModelName(model, providers)
  switch (named.kind) {
    case 'target':
      return { target: named.target, reason: `the client asks for ${quoted}` }
    case 'listed':
      return { target: named.target, reason: `only ${named.target.provider} lists ${quoted}` }
    case 'no-model':
      throw noModel(named.provider, providers)
    case 'unknown-provider':
      throw unknownProvider(named.provider, model, providers)
    case 'ambiguous':
      throw refusal(
        `${quoted} can be ${named.targets.map(nameOfTarget).join(' or ')}: ask for one of them by that name`,
      )
    case 'unlisted': {
      const provider = findProvider(routes.defaultProvider ?? '', providers)
      if (!provider)
        throw refusal(
          `no provider lists the model ${quoted}: ask for "provider,model", or add it to the provider's models`,
        )
      const reason = `the client names no provider, and ${provider.name} is the default`
      return { target: { provider: provider.name, model: plainModel(model) }, reason }
    }
  }
}

function refusal(message: string): ModelError {
  return new ModelError(message, { kind: 'not-found', param: 'model' })
}
