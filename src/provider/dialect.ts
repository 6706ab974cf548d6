import type { Json } from '../canonical/json.ts'
import type { ProtocolId } from '../canonical/native.ts'
import type { Frame, Step, Traits, WireRequest } from '../protocol/protocol.ts'
import { neededOptions, table, unserved } from './dialects/index.ts'
import { limitsOf } from './limits.ts'
import { policyOf } from './policy.ts'
import type { DialectUse, Provider } from './provider.ts'

/** For whom a request is edited. */
export interface DialectContext {
  readonly provider: string
  readonly model: string
  /** The protocol of the endpoint that is called: the shape of the body. */
  readonly protocol: ProtocolId
}

/** An accent of a provider: edits of what is sent and received in the shape of the protocol it claims to speak. */
export interface Dialect {
  /** The name by which the config calls it. */
  readonly name: string
  /** The edited request; the very same object if there was nothing to edit. */
  request?(wire: WireRequest, context: DialectContext): WireRequest
  reply?(body: Json): Json
  frames?(): Step<Frame, Frame>
  /** What the model then accepts. */
  traits?(model: string): Traits
}

/** Makes a dialect from the options of the config. */
export type DialectMaker = (options: Readonly<Record<string, unknown>>) => Omit<Dialect, 'name'>

/** How much of a dialect's name is known. `exact` is the spelling of the table. */
export type DialectStatus =
  | { readonly status: 'served' | 'unserved'; readonly exact: string }
  | { readonly status: 'unknown' }

/** The dialect that the config names, with its options; `undefined` if it is not served. Case does not count. */
export function dialectFor(use: DialectUse): Dialect | undefined {
  if (use.plugged) return { ...use.plugged, name: use.name }
  if (use.transformer) return undefined
  const exact = exactName(use.name, Object.keys(table))
  const make = exact === undefined ? undefined : table[exact]
  return make === undefined || exact === undefined ? undefined : { name: exact, ...make(use.options) }
}

/** Whether a dialect of this name is served, known, or neither. */
export function dialectStatus(name: string): DialectStatus {
  const served = exactName(name, Object.keys(table))
  if (served) return { status: 'served', exact: served }
  const known = exactName(name, unserved)
  return known ? { status: 'unserved', exact: known } : { status: 'unknown' }
}

/** The option that a dialect does nothing without, if the config leaves it out. */
export function missingOption(use: DialectUse): string | undefined {
  const option = neededOptions[exactName(use.name, Object.keys(table)) ?? '']
  return option !== undefined && use.options[option] === undefined ? option : undefined
}

/** Every name that the config may use. */
export function dialectNames(): string[] {
  return [...Object.keys(table), ...unserved]
}

/** The served dialects of a model, in the order in which they act. */
export function dialectsOf(provider: Provider, model: string, protocol?: ProtocolId): readonly Dialect[] {
  return knownOf(provider, model, protocol).dialects
}

/** The names of a model's dialects that are not served. A call must then fail: its answer would not be what the user set up. */
export function unservedDialects(provider: Provider, model: string): readonly string[] {
  return knownOf(provider, model).unserved
}

/** Whether a module of the user transforms the calls of a model: then its hooks see them in the shape of OpenAI Chat. */
export function hasTransformers(provider: Provider, model: string): boolean {
  return knownOf(provider, model).hasTransformers
}

/** Whether a dialect of the config may edit the request's body. */
export function editsRequests(provider: Provider, model: string): boolean {
  return knownOf(provider, model).editsRequests
}

/** Whether a dialect of the config edits what a provider answers in `protocol`; those that are here know OpenAI Chat. */
export function editsAnswers(provider: Provider, model: string, protocol: ProtocolId): boolean {
  return protocol === 'openai-chat' && knownOf(provider, model).editsAnswers
}

/** The request as the dialects want it; the very same object if they left it alone. */
export function applyDialects(wire: WireRequest, provider: Provider, context: DialectContext): WireRequest {
  return dialectsOf(provider, context.model, context.protocol).reduce(
    (edited, dialect) => dialect.request?.(edited, context) ?? edited,
    wire,
  )
}

/**
 * What a model accepts: what is publicly known of it, under what the config says, under what the config's dialects say.
 * Of two output limits that somebody set, the lower counts. Without `protocol` what holds in each alone is left out.
 */
export function traitsFor(provider: Provider, model: string, protocol?: ProtocolId): Traits {
  return knownOf(provider, model, protocol).traits
}

/** What the provider's row says of a model; it binds also where the client's own body is relayed. */
export function ownTraits({ traits, modelTraits }: Provider, model: string): Traits {
  return modelTraits && Object.hasOwn(modelTraits, model) ? { ...traits, ...modelTraits[model] } : traits
}

/** What follows from a provider's row for a model. */
interface Known {
  readonly dialects: readonly Dialect[]
  readonly hasTransformers: boolean
  readonly editsRequests: boolean
  readonly editsAnswers: boolean
  readonly unserved: readonly string[]
  readonly traits: Traits
}

// Every call asks several times, and the answer costs a hundred patterns. Rows never change, so it is kept beside them.
const known = new WeakMap<Provider, Map<ProtocolId | undefined, Map<string, Known>>>()
/** Clients may make names up. */
const MOST_MODELS = 1000

function knownOf(provider: Provider, model: string, protocol?: ProtocolId): Known {
  const before = known.get(provider)?.get(protocol)?.get(model)
  if (before) return before
  const protocols = known.get(provider) ?? new Map<ProtocolId | undefined, Map<string, Known>>()
  known.set(provider, protocols)
  const models = protocols.get(protocol) ?? new Map<string, Known>()
  protocols.set(protocol, models)
  if (models.size >= MOST_MODELS) models.clear()
  const found = readRow(provider, model, protocol)
  models.set(model, found)
  return found
}

function readRow(provider: Provider, model: string, protocol: ProtocolId | undefined): Known {
  const uses = usesOf(provider, model)
  const configured = uses.flatMap((use) => dialectFor(use) ?? [])
  const missing = uses
    .filter((use) => use.transformer === undefined && dialectFor(use) === undefined)
    .map((use) => use.name)
  const policy = policyOf(model, { catalog: provider.catalog, protocol })
  const further = policy.dialects
    .filter((name) => !configured.some((dialect) => dialect.name === name))
    .flatMap((name) => dialectFor({ name, options: {} }) ?? [])
  const publicly = withTraits({ ...limitsOf(model), ...policy.traits }, further, model)
  return {
    dialects: [...further, ...configured],
    hasTransformers: uses.some((use) => use.transformer !== undefined),
    editsRequests: configured.some((dialect) => dialect.request !== undefined),
    editsAnswers: configured.some(({ frames, reply }) => frames !== undefined || reply !== undefined),
    unserved: missing,
    traits: mergedTraits(ownTraits(provider, model), publicly, configured, model),
  }
}

function mergedTraits(own: Traits, publicly: Traits, dialects: readonly Dialect[], model: string): Traits {
  const traits = withTraits({ ...publicly, ...own }, dialects, model)
  const { maxOutputTokens = Infinity } = traits
  return own.maxOutputTokens !== undefined && own.maxOutputTokens < maxOutputTokens
    ? { ...traits, maxOutputTokens: own.maxOutputTokens }
    : traits
}

function withTraits(traits: Traits, dialects: readonly Dialect[], model: string): Traits {
  return dialects.reduce<Traits>((before, dialect) => ({ ...before, ...dialect.traits?.(model) }), traits)
}

/** All that is set up for a model, in order: that of the provider, then that of the model. */
export function usesOf(provider: Provider, model: string): readonly DialectUse[] {
  const further = Object.hasOwn(provider.modelDialects, model) ? provider.modelDialects[model] : undefined
  return further ? [...provider.dialects, ...further] : provider.dialects
}

function exactName(name: string, names: readonly string[]): string | undefined {
  return (
    names.find((candidate) => candidate === name) ??
    names.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  )
}
