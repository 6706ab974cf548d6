import type { JsonObject } from '../canonical/json.ts'
import { asNumber, isObject } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import type { Routes, RouteTarget, Scenario } from '../router/route.ts'
import { SCENARIOS } from '../router/route.ts'
import type { Problem } from './diagnostic.ts'
import { isError } from './diagnostic.ts'
import { didYouMean } from './suggest.ts'

/** Input tokens above which `longContext` applies if the config does not say. */
export const DEFAULT_LONG_CONTEXT_THRESHOLD = 60_000

/**
 * A `Router` section. A value that names no provider is an error, unless it names an entry
 * that has an error of its own. Without a `default`, the first model of the first provider is it, with a warning.
 */
export function readRoutes(
  section: unknown,
  providers: readonly Provider[],
  problems: Problem[],
  hasOwnError?: (provider: string) => boolean,
): Routes {
  const router = isObject(section) ? section : {}
  const targets = readTargets(router, providers, problems, hasOwnError)
  const fallback = targets.default ?? firstTarget(providers)
  if (fallback && !targets.default && !wasTried(router)) {
    targets.default = fallback
    if (!problems.some(isError)) problems.push(defaultChosen(fallback, isObject(section)))
  }
  return { targets, longContextThreshold: threshold(router) }
}

/** The targets that a `Router` section names, and no more. */
export function readTargets(
  router: JsonObject,
  providers: readonly Provider[],
  problems: Problem[],
  hasOwnError?: (provider: string) => boolean,
): Partial<Record<Scenario, RouteTarget>> {
  const targets: Partial<Record<Scenario, RouteTarget>> = {}
  for (const scenario of SCENARIOS) {
    const target = readTarget(router[scenario], scenario, providers, problems, hasOwnError)
    if (target) targets[scenario] = target
  }
  return targets
}

function readTarget(
  value: unknown,
  scenario: Scenario,
  providers: readonly Provider[],
  problems: Problem[],
  hasOwnError: (provider: string) => boolean = () => false,
): RouteTarget | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const path = ['Router', scenario]
  const subject = `\`Router.${scenario}\``
  const comma = value.indexOf(',')
  if (comma < 0) {
    problems.push({
      severity: 'error',
      path,
      message: `${subject}: expected "provider,model", found no comma`,
      ...hint(targetLike(value, providers)),
    })
    return undefined
  }
  const name = value.slice(0, comma).trim()
  const written = value.slice(comma + 1).trim()
  const provider = byName(name, providers)
  if (!provider) {
    if (hasOwnError(name)) return undefined
    const names = providers.map((candidate) => candidate.name)
    const known =
      names.length > 0 ? `the providers are ${names.map((each) => `\`${each}\``).join(', ')}` : 'add it to `Providers`'
    problems.push({
      severity: 'error',
      path,
      message: `${subject}: there is no provider \`${name}\``,
      suggestion: didYouMean(name, names) ?? known,
    })
    return undefined
  }
  if (written === '') {
    problems.push({
      severity: 'error',
      path,
      message: `${subject}: expected a model behind the comma`,
      ...hint(targetLike(name, providers)),
    })
    return undefined
  }
  const model =
    provider.models.find((known) => known === written) ?? provider.models.find((known) => sameWord(known, written))
  if (name !== provider.name || (model !== undefined && model !== written))
    problems.push(caseDiffers(path, subject, provider.name, model ?? written))
  if (model === undefined && provider.models.length > 0) problems.push(notListed(path, subject, provider, written))
  return { provider: provider.name, model: model ?? written }
}

function caseDiffers(path: string[], subject: string, provider: string, model: string): Problem {
  return {
    severity: 'warning',
    path,
    message: `${subject}: upper and lower case differ from the provider's entry`,
    suggestion: `write \`${provider},${model}\``,
  }
}

function notListed(path: string[], subject: string, provider: Provider, model: string): Problem {
  return {
    severity: 'warning',
    path,
    message: `${subject}: provider \`${provider.name}\` does not list the model \`${model}\`; it is asked for all the same`,
    ...hint(didYouMean(model, provider.models)),
  }
}

function defaultChosen(target: RouteTarget, hasRouter: boolean): Problem {
  return {
    severity: 'warning',
    path: hasRouter ? ['Router'] : [],
    ...(hasRouter ? { atKey: true } : {}),
    message: `\`Router.default\` is not set: the first model, \`${target.provider},${target.model}\`, is the default`,
    suggestion: `write \`"Router": { "default": "${target.provider},${target.model}" }\``,
  }
}

function wasTried(router: JsonObject): boolean {
  return typeof router['default'] === 'string' && router['default'].trim() !== ''
}

function firstTarget(providers: readonly Provider[]): RouteTarget | undefined {
  const provider = providers.find((candidate) => candidate.models.length > 0)
  const model = provider?.models[0]
  return provider && model !== undefined ? { provider: provider.name, model } : undefined
}

/** What a target without a comma may have been meant to be: a model, a provider, or `provider/model`. */
function targetLike(value: string, providers: readonly Provider[]): string | undefined {
  const word = value.trim()
  const owner = providers.find((provider) => provider.models.includes(word))
  if (owner) return `did you mean \`${owner.name},${word}\`?`
  const named = byName(word, providers)
  if (named) return `did you mean \`${named.name},${named.models[0] ?? '…'}\`?`
  const slash = /^([^/:|]+)[/:|](.+)$/.exec(word)
  const provider = slash ? byName(slash[1] as string, providers) : undefined
  return slash && provider ? `did you mean \`${provider.name},${slash[2]}\`?` : undefined
}

function byName(name: string, providers: readonly Provider[]): Provider | undefined {
  return (
    providers.find((provider) => provider.name === name) ?? providers.find((provider) => sameWord(provider.name, name))
  )
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function threshold(router: JsonObject): number {
  const value = router['longContextThreshold']
  const number = typeof value === 'string' ? Number(value) : asNumber(value)
  return number && number > 0 ? number : DEFAULT_LONG_CONTEXT_THRESHOLD
}

function hint(suggestion: string | undefined): { suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion }
}
