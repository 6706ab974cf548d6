import { ModelError } from '../canonical/error.ts'
import { codecOf, protocols } from '../protocol/index.ts'
import type { Protocol, Traits } from '../protocol/protocol.ts'
import { chooseEndpoint } from '../provider/choose-endpoint.ts'
import { dialectsOf, editsAnswers, editsRequests, ownTraits, traitsFor, type Dialect } from '../provider/dialect.ts'
import type { Endpoint, Provider } from '../provider/provider.ts'
import type { RouteTarget } from '../router/route.ts'
import { isForeign } from './billing-line.ts'
import type { Call } from './call.ts'
import type { OutputLimit } from './output-limit.ts'
import type { Place } from './place.ts'

/** How a place is asked: all that follows from the config alone. */
export interface Way {
  readonly provider: Provider
  readonly target: RouteTarget
  readonly endpoint: Endpoint
  /** Of the endpoint. */
  readonly codec: Protocol
  readonly traits: Traits
  /** What acts on answers, in the order in which it does: the reverse of the request's. */
  readonly inwards: readonly Dialect[]
  /** Whether a request that nothing has edited may go as it came. */
  readonly mayRelay: boolean
  /** What the config allows of the answer's length; of a relayed body it changes only what that forbids. */
  readonly limits: readonly OutputLimit[]
  /** Whether Anthropic's billing line is nothing for who listens there. */
  readonly isForeign: boolean
  /** Whether none of these edits a request, nor its address. */
  readonly isPlain: boolean
  /** Whether the model may end its turn without a word: Claude does when its work is done. */
  readonly mayBeSilent: boolean
}

/** The way to a place, or why there is none. */
export function wayTo({ provider, target, protocol }: Place): Way | ModelError {
  const { model } = target
  const endpoint = chooseEndpoint(provider, model, protocol.id)
  if (!endpoint) return notServed(target, 'none of its endpoints serves a model of this name')
  if (!protocols[endpoint.protocol])
    return notServed(target, `this version does not serve the protocol ${endpoint.protocol}`)
  const isAsItCame = !editsRequests(provider, model) && !editsAnswers(provider, model, endpoint.protocol)
  const { maxOutputTokens: most } = ownTraits(provider, model)
  const foreign = isForeign(endpoint)
  return {
    provider,
    target,
    endpoint,
    codec: codecOf(endpoint.protocol),
    traits: traitsFor(provider, model, endpoint.protocol),
    inwards: dialectsOf(provider, model, endpoint.protocol).toReversed(),
    mayRelay: endpoint.protocol === protocol.id && isAsItCame,
    limits: most === undefined ? [] : [{ most, why: `the config allows ${model} ${most} tokens of output` }],
    isForeign: foreign,
    isPlain: most === undefined && !foreign && endpoint.addressing === undefined,
    mayBeSilent: endpoint.protocol === 'anthropic-messages' || endpoint.protocol === 'bedrock-converse',
  }
}

/** Whether a call goes that way as its client sent it, but for the name of the model. */
export function isRelayed({ request, protocol, edited, tap }: Call, { codec, mayRelay, target, traits }: Way): boolean {
  if (!mayRelay || edited || tap || protocol.isUnfit?.(request, target.model)) return false
  return !request.outputFormat || codec.formatGap?.(request, { ...target, traits }) === undefined
}

/** The error of a target that cannot be asked at all. */
export function notServed(target: RouteTarget, why: string): ModelError {
  return new ModelError(`${target.provider} (${target.model}) cannot be asked: ${why}`, {
    kind: 'bad-request',
    status: 501,
    ...target,
  })
}
