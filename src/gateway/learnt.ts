import type { Lesson } from '../provider/lesson.ts'
import type { Provider } from '../provider/provider.ts'
import type { SessionState } from '../router/session.ts'
import { type Balance, createBalance } from './balance.ts'
import type { Circuit } from './health/circuit.ts'
import type { Description } from './image/describe.ts'
import { createLedger, type Ledger } from './limits/ledger.ts'
import { createMemory, type Memory } from './memory.ts'

/** What calls have taught; it outlives the gateway that learnt it when the config changes. */
export interface Learnt {
  /** By conversation, whoever answers in it. */
  readonly conversations: Memory<SessionState>
  /** Whom groups have sent their calls to. */
  readonly balance: Balance
  /** What has been taken of limits. */
  readonly ledger: Ledger
  /** What is known of a provider's models. */
  of(provider: string): ProviderLearnt
  /**
   * What is still true when these are the providers: all but what belongs to those whose row has changed. Calls that still
   * run on an old row teach nothing about the new one.
   */
  with(providers: readonly Provider[]): Learnt
}

/** How long answers of a model took to begin, when that was last looked at. */
export interface Latency {
  readonly ms: number
  readonly at: number
}

/** What is known of one provider as its row stands, by `nameOfTarget`. */
export interface ProviderLearnt {
  /** What a model refused. */
  readonly lessons: Memory<readonly Lesson[]>
  /** How a model's counts of tokens differ from ours. */
  readonly factors: Memory<number>
  /** Models whose tokens the provider does not count for us. */
  readonly countless: Memory<true>
  /** What a model said of images, by a digest of image and words. */
  readonly descriptions: Memory<Description>
  /** What of it has failed, from its first failure on; by names of `createCircuitBoard`. */
  readonly circuits: Memory<Circuit>
  /** How long a model's answers take to begin, in milliseconds; recent ones count more. */
  readonly latencies: Memory<Latency>
  /** Which of its keys a session uses, by the key's place; the one heard of last stands last. */
  readonly seats: Map<string, number>
}

/** Nothing is known of `providers` yet. */
export function createLearnt(providers: readonly Provider[], ledger = createLedger()): Learnt {
  return learntOf(providers, new Map(), createMemory(MOST_CONVERSATIONS), createBalance(), ledger)
}

const MOST_CONVERSATIONS = 1000
const MOST_DESCRIPTIONS = 500
/** Clients may invent models of a known provider without end. */
const MOST_MODELS = 1000

function learntOf(
  providers: readonly Provider[],
  known: Map<string, ProviderLearnt>,
  conversations: Learnt['conversations'],
  balance: Balance,
  ledger: Ledger,
): Learnt {
  return {
    conversations,
    balance,
    ledger,
    of(provider) {
      const found = known.get(provider)
      if (found) return found
      const fresh = nothing()
      known.set(provider, fresh)
      return fresh
    },
    with(next) {
      const rows = new Map(providers.map((provider) => [provider.name, rowOf(provider)]))
      const kept = next.flatMap((provider) => {
        const found = known.get(provider.name)
        return found && rows.get(provider.name) === rowOf(provider) ? [[provider.name, found] as const] : []
      })
      return learntOf(next, new Map(kept), conversations, balance, ledger)
    },
  }
}

/** Where in the file a row stands is no part of it. */
function rowOf({ keyPlace: _keyPlace, ...row }: Provider): string {
  return JSON.stringify(row)
}

function nothing(): ProviderLearnt {
  return {
    lessons: createMemory(MOST_MODELS),
    factors: createMemory(MOST_MODELS),
    countless: createMemory(MOST_MODELS),
    descriptions: createMemory(MOST_DESCRIPTIONS),
    circuits: createMemory(MOST_MODELS),
    latencies: createMemory(MOST_MODELS),
    seats: new Map(),
  }
}
