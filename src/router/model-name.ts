import type { RoutedProvider, RouteTarget } from './route.ts'

/** Start of the ids under which models are offered to clients whose picker shows only `claude…`. */
export const PICKER_PREFIX = 'claude-ccr/'

/** What a model name says, given the providers. */
export type NamedModel =
  /** `provider,model` or `provider/model`. `listed`: the provider's list holds the model. */
  | { readonly kind: 'target'; readonly target: RouteTarget; readonly listed: boolean }
  /** A model alone, listed by this one provider. */
  | { readonly kind: 'listed'; readonly target: RouteTarget }
  /** A model alone that several providers list, or a name that can be read in several ways. */
  | { readonly kind: 'ambiguous'; readonly targets: readonly RouteTarget[] }
  /** `provider,` and no model. */
  | { readonly kind: 'no-model'; readonly provider: string }
  /** `a,b` where `a` is nobody. */
  | { readonly kind: 'unknown-provider'; readonly provider: string }
  /** A name that nobody lists: the scenarios decide. */
  | { readonly kind: 'unlisted' }

/**
 * Reads a model name as a client, a marker or a rule writes it. Case does not matter; the answer has the
 * configured spelling. `provider,model` is the surest reading; then a model that a provider lists wins over `provider/model`.
 */
export function readModelName(name: string, providers: readonly RoutedProvider[]): NamedModel {
  const plain = withoutPrefix(name)
  const exact = readPlain(plain, providers)
  const isListed = exact.kind === 'listed' || (exact.kind === 'target' && exact.listed)
  return isListed ? exact : readPlain(plain.replace(windowMark, ''), providers)
}

/** The model that a client asks for, without the marks that are not for providers: a picker's prefix, a window's size. */
export function plainModel(name: string): string {
  return withoutPrefix(name).replace(windowMark, '')
}

/** A target as users write it. */
export function nameOfTarget(target: RouteTarget): string {
  return `${target.provider},${target.model}`
}

/** Each target once, where it first stands. */
export function distinct(targets: readonly RouteTarget[]): readonly RouteTarget[] {
  const first = new Map(targets.toReversed().map((target) => [nameOfTarget(target), target]))
  return targets.filter((target) => first.get(nameOfTarget(target)) === target)
}

/** The provider of this name, in any case; the same spelling wins over another case. */
export function findProvider<P extends RoutedProvider>(name: string, providers: readonly P[]): P | undefined {
  return (
    providers.find((provider) => provider.name === name) ?? providers.find((provider) => sameName(provider.name, name))
  )
}

/** The model as `provider` lists it, in any case. */
export function findModel(model: string, provider: RoutedProvider): string | undefined {
  if (provider.models.includes(model)) return model
  return provider.models.find((listed) => sameName(listed, model))
}

/** A route's target in the spelling of the provider; `undefined` if there is no such provider. */
export function configuredTarget(target: RouteTarget, providers: readonly RoutedProvider[]): RouteTarget | undefined {
  const provider = findProvider(target.provider, providers)
  return provider && { provider: provider.name, model: findModel(target.model, provider) ?? target.model }
}

/** The mark of a larger window that Claude Code's users append. */
const windowMark = /[ \t]{0,4}\[\d{1,4}[mk]\]$/i

function withoutPrefix(name: string): string {
  const trimmed = name.trim()
  const isPicked = trimmed.slice(0, PICKER_PREFIX.length).toLowerCase() === PICKER_PREFIX
  return isPicked ? trimmed.slice(PICKER_PREFIX.length) : trimmed
}

function sameName(one: string, other: string): boolean {
  return one.length === other.length && one.toLowerCase() === other.toLowerCase()
}

function readPlain(name: string, providers: readonly RoutedProvider[]): NamedModel {
  return pairOf(name, providers) ?? listedOf(name, providers) ?? slashOf(name, providers) ?? unknownOf(name)
}

function pairOf(name: string, providers: readonly RoutedProvider[]): NamedModel | undefined {
  const comma = name.indexOf(',')
  if (comma < 0) return undefined
  const provider = findProvider(name.slice(0, comma).trim(), providers)
  return provider && targetAt(provider, name.slice(comma + 1).trim())
}

function listedOf(name: string, providers: readonly RoutedProvider[]): NamedModel | undefined {
  const targets: RouteTarget[] = []
  for (const provider of providers) {
    const model = findModel(name, provider)
    if (model !== undefined) targets.push({ provider: provider.name, model })
  }
  const [target] = targets
  if (!target) return undefined
  return targets.length === 1 ? { kind: 'listed', target } : { kind: 'ambiguous', targets }
}

function slashOf(name: string, providers: readonly RoutedProvider[]): NamedModel | undefined {
  const readings: { target: RouteTarget; listed: boolean }[] = []
  for (const provider of providers) {
    const rest = name.slice(provider.name.length + 1)
    if (rest && name[provider.name.length] === '/' && sameName(provider.name, name.slice(0, provider.name.length)))
      readings.push(readingOf(provider, rest))
  }
  const sure = readings.some((reading) => reading.listed) ? readings.filter((reading) => reading.listed) : readings
  const [only] = sure
  if (!only) return undefined
  return sure.length === 1 ? { kind: 'target', ...only } : { kind: 'ambiguous', targets: sure.map((one) => one.target) }
}

function unknownOf(name: string): NamedModel {
  const comma = name.indexOf(',')
  return comma < 0 ? { kind: 'unlisted' } : { kind: 'unknown-provider', provider: name.slice(0, comma).trim() }
}

function targetAt(provider: RoutedProvider, model: string): NamedModel {
  return model ? { kind: 'target', ...readingOf(provider, model) } : { kind: 'no-model', provider: provider.name }
}

function readingOf(provider: RoutedProvider, model: string): { target: RouteTarget; listed: boolean } {
  const listed = findModel(model, provider)
  return { target: { provider: provider.name, model: listed ?? model }, listed: listed !== undefined }
}
