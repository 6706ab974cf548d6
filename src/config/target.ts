import type { Provider } from '../provider/provider.ts'
import { findModel, findProvider } from '../router/model-name.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Problem } from './diagnostic.ts'
import { pathText, type PathStep } from './place.ts'
import { didYouMean } from './suggest.ts'

/** What a target is read with. */
export interface TargetReading {
  readonly providers: readonly Provider[]
  readonly problems: Problem[]
  /** Whether a provider of this name has an error of its own, so that naming it is no further one. */
  readonly hasOwnError?: (provider: string) => boolean
  /** How bad a target is that cannot be used. Default `error`. */
  readonly severity?: Problem['severity']
}

/** `provider,model` in the spelling of the provider's entry; `undefined`, and told, if it cannot be used. */
export function readTarget(value: unknown, path: readonly PathStep[], reading: TargetReading): RouteTarget | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const { providers, problems, hasOwnError, severity = 'error' } = reading
  const refuse = (problem: string, suggestion: string | undefined): undefined => {
    problems.push({ severity, path, message: `\`${pathText(path)}\`: ${problem}`, ...(suggestion && { suggestion }) })
  }
  const comma = value.indexOf(',')
  if (comma < 0) return refuse('expected "provider,model", found no comma', targetLike(value, providers))
  const name = value.slice(0, comma).trim()
  const written = value.slice(comma + 1).trim()
  const provider = findProvider(name, providers)
  if (!provider)
    return hasOwnError?.(name) ? undefined : refuse(`there is no provider \`${name}\``, nearest(name, providers))
  if (written === '') return refuse('expected a model behind the comma', targetLike(name, providers))
  const model = findModel(written, provider)
  if (name !== provider.name || (model !== undefined && model !== written))
    problems.push(caseDiffers(path, provider.name, model ?? written))
  if (model === undefined && provider.models.length > 0) problems.push(notListed(path, provider, written))
  return { provider: provider.name, model: model ?? written }
}

function nearest(name: string, providers: readonly Provider[]): string {
  const names = providers.map((candidate) => candidate.name)
  const known =
    names.length > 0 ? `the providers are ${names.map((each) => `\`${each}\``).join(', ')}` : 'add it to `Providers`'
  return didYouMean(name, names) ?? known
}

function caseDiffers(path: readonly PathStep[], provider: string, model: string): Problem {
  return {
    severity: 'warning',
    path,
    message: `\`${pathText(path)}\`: upper and lower case differ from the provider's entry`,
    suggestion: `write \`${provider},${model}\``,
  }
}

function notListed(path: readonly PathStep[], provider: Provider, written: string): Problem {
  const suggestion = didYouMean(written, provider.models)
  return {
    severity: 'warning',
    path,
    message: `\`${pathText(path)}\`: provider \`${provider.name}\` does not list the model \`${written}\`; it is asked for all the same`,
    ...(suggestion && { suggestion }),
  }
}

/** What a target without a comma may have been meant to be: a model, a provider, or `provider/model`. */
function targetLike(value: string, providers: readonly Provider[]): string | undefined {
  const word = value.trim()
  const owner = providers.find((provider) => provider.models.includes(word))
  if (owner) return `did you mean \`${owner.name},${word}\`?`
  const named = findProvider(word, providers)
  if (named) return `did you mean \`${named.name},${named.models[0] ?? '…'}\`?`
  const slash = /^([^/:|]+)[/:|](.+)$/.exec(word)
  const provider = slash ? findProvider(slash[1] as string, providers) : undefined
  return slash && provider ? `did you mean \`${provider.name},${slash[2]}\`?` : undefined
}
