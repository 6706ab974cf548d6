import type { ModelError } from '../canonical/error.ts'
import type { Facts } from './facts.ts'
import { findProvider, nameOfTarget, readModelName } from './model-name.ts'
import { noModel, unknownProvider } from './refusal.ts'
import type { RouteTarget, Routing } from './route.ts'
import { isSmallModel, quote } from './rule.ts'

/** What the client's own words choose. */
export interface Wish {
  readonly target: RouteTarget
  readonly reason: string
}

/** What the model name of a request says. */
export type Named =
  /** A model. Firm: a client does not send such a name on its own. */
  | { readonly kind: 'wish'; readonly wish: Wish; readonly isFirm: boolean }
  /** A model that cannot be had. */
  | { readonly kind: 'refused'; readonly error: ModelError }
  /** Nothing that decides, in words; `warning`: what the client may have meant instead. */
  | { readonly kind: 'open'; readonly why: string; readonly warning?: string }

/**
 * What the model name alone says. Firm is the name of a provider's model that a client does not send on its own.
 * Claude's names, and the small model's, are what Claude Code sends unasked: the scenarios may have other plans.
 */
export function namedByClient({ request: { model } }: Pick<Facts, 'request'>, routing: Routing): Named {
  const named = readModelName(model, routing.providers)
  switch (named.kind) {
    case 'target':
      if (isVendorsId(model, named.listed, routing))
        return { kind: 'open', why: `${quote(model)} is a name of the default provider's` }
      return {
        kind: 'wish',
        wish: { target: named.target, reason: `the client asks for ${quote(model)}` },
        isFirm: named.listed || !vendorSpelling.test(model),
      }
    case 'listed':
      return {
        kind: 'wish',
        wish: { target: named.target, reason: `only ${named.target.provider} lists ${quote(model)}` },
        isFirm: !isUnasked(model, routing),
      }
    case 'no-model':
      return { kind: 'refused', error: noModel(named.provider, routing.providers) }
    case 'unknown-provider':
      return { kind: 'refused', error: unknownProvider(named.provider, model, routing.providers) }
    case 'ambiguous':
      return open(
        `${quote(model)} can be ${named.targets.map(nameOfTarget).join(' or ')}: ask for one of them by that name`,
      )
    case 'unlisted':
      return takesAnyModel(routing) || isAgentsOwn(model) || isSmallModel(model, routing.smallModel)
        ? { kind: 'open', why: `no provider lists ${quote(model)}` }
        : open(`no provider lists the model ${quote(model)}: the scenarios decide; ask for "provider,model" to choose`)
  }
}

/** What a sub-agent's marker chooses: the first that names a configured model. What cannot be followed is told. */
export function namedByMarker(facts: Facts, routing: Routing, warnings: string[]): Wish | undefined {
  for (const model of facts.markers) {
    const found = markedTarget(model, routing)
    if (found) {
      if (!found.listed)
        warnings.push(
          `the sub-agent marker names ${quote(model)}, which ${found.target.provider} does not list: asked for as written`,
        )
      return { target: found.target, reason: `a sub-agent marker names ${quote(model)}` }
    }
    warnings.push(`the sub-agent marker names ${quote(model)}, which is no configured model: it is ignored`)
  }
  return undefined
}

/** The target that a marker's text means, if it means one. */
export function markedTarget(
  model: string,
  { providers }: Routing,
): { readonly target: RouteTarget; readonly listed: boolean } | undefined {
  const named = readModelName(model, providers)
  if (named.kind === 'listed') return { target: named.target, listed: true }
  if (named.kind !== 'target') return undefined
  const takesAny = findProvider(named.target.provider, providers)?.models.length === 0
  return { target: named.target, listed: named.listed || takesAny }
}

function open(warning: string): Named {
  return { kind: 'open', why: warning, warning }
}

/** Where models go to one provider as they are named, a slash is a part of the name: OpenRouter's ids have one. */
function isVendorsId(model: string, isListed: boolean, routing: Routing): boolean {
  return takesAnyModel(routing) && !isListed && !model.includes(',')
}

function takesAnyModel({ routes }: Routing): boolean {
  return routes.defaultProvider !== undefined
}

/** OpenRouter's spelling of Claude's names, which is no wish for a provider that happens to be called `anthropic`. */
const vendorSpelling = /^anthropic\/claude-/i

function isUnasked(model: string, { smallModel }: Routing): boolean {
  return /^claude-/i.test(model) || isSmallModel(model, smallModel)
}

/** Names that agents send as their vendor's default, of which nobody expects that they are configured. */
function isAgentsOwn(model: string): boolean {
  return model === '' || /^(?:anthropic\/)?(?:claude|gpt|codex|gemini)-/i.test(model)
}
