import type { ProtocolId } from '../canonical/native.ts'
import type { Traits } from '../protocol/protocol.ts'
import { isModelOf } from './limits.ts'
import { policies } from './policies.ts'

/** What is publicly known of how models want to be asked, besides their sizes. */
export interface Policy {
  /** The rows of the catalog where it holds. Absent: everywhere. */
  readonly at?: readonly string[]
  /** The protocol in which it holds. Absent: in each. */
  readonly protocol?: ProtocolId
  /** Names of models, written as in the table of sizes. Absent: all. */
  readonly models?: string
  readonly traits?: Traits
  /** Accents that act where a request is translated; they are no reason to leave the relay. */
  readonly dialects?: readonly string[]
  /** Where it is documented. */
  readonly source: string
}

/** Where a model is asked, and in which protocol; without one, what holds in each alone is not known. */
export interface Place {
  readonly catalog?: string | undefined
  readonly protocol?: ProtocolId | undefined
}

/** All that the policies say of a model. */
export function policyOf(model: string, place: Place): Required<Pick<Policy, 'traits' | 'dialects'>> {
  const holding = policies.filter((policy) => holds(policy, model, place))
  return {
    traits: holding.reduce<Traits>((before, { traits }) => merged(before, traits), {}),
    dialects: [...new Set(holding.flatMap(({ dialects }) => dialects ?? []))],
  }
}

function holds({ at, protocol, models }: Policy, model: string, place: Place): boolean {
  if (at && !(place.catalog !== undefined && at.includes(place.catalog))) return false
  if (protocol !== undefined && protocol !== place.protocol) return false
  return models === undefined || isModelOf(models, model)
}

/** What is refused adds up. */
function merged(before: Traits, traits: Traits = {}): Traits {
  const refused = [...(before.refusedFields ?? []), ...(traits.refusedFields ?? [])]
  return { ...before, ...traits, ...(refused.length > 0 && { refusedFields: [...new Set(refused)] }) }
}
