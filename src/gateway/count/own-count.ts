import { ERROR_POLICIES, ModelError, type ErrorKind } from '../../canonical/error.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { hasTransformers, unservedDialects } from '../../provider/dialect.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Keeper } from '../../store/response-store.ts'
import { showsBrought } from '../credential.ts'
import type { CircuitBoard } from '../health/health.ts'
import type { Learnt } from '../learnt.ts'
import { markOfKey } from '../responses/keeper.ts'
import { askForCount, type Client } from './ask-for-count.ts'

/** Asks providers how many tokens a request has. */
export interface OwnCounter {
  /**
   * The count of the first of `targets`, or of the next where that one is out of order; `undefined` if it has none, or
   * nobody gave one in time. Never rejects.
   */
  count(request: ModelRequest, targets: readonly RouteTarget[], client: CountClient): Promise<number | undefined>
}

export interface CountClient extends Client {
  readonly signal: AbortSignal
  /** Who alone knows what the request goes on from, and with which key. */
  readonly keeper?: Keeper | undefined
}

export interface CounterParts {
  readonly board: Pick<CircuitBoard, 'conditionOfKey'>
  readonly ports: Ports
  readonly learnt: Learnt
}

/** Agents wait for the count before they go on. */
const LONGEST_WAIT_MS = 5000

export function createOwnCounter(providers: readonly Provider[], parts: CounterParts): OwnCounter {
  const { ports } = parts
  return {
    async count(request, targets, client) {
      const endsAt = ports.now() + LONGEST_WAIT_MS
      for (const target of targets) {
        const provider = providers.find(({ name }) => name === target.provider)
        // Where one with transformers is, and what it takes, they alone know, and they know nothing of counting.
        if (!provider || unservedDialects(provider, target.model).length > 0 || hasTransformers(provider, target.model))
          return undefined
        // oxlint-disable-next-line no-await-in-loop -- one target after the other
        const outcome = await countAt(request, provider, target, { ...client, endsAt }, parts)
        if (outcome !== 'elsewhere') return outcome
      }
      return undefined
    },
  }
}

/** `undefined`: it does not count, or not for us. `elsewhere`: it answers nothing now, nor would it answer the call. */
type Outcome = number | 'elsewhere' | undefined

async function countAt(
  request: ModelRequest,
  provider: Provider,
  target: RouteTarget,
  client: CountClient & { readonly endsAt: number },
  parts: CounterParts,
): Promise<Outcome> {
  const { ports, learnt } = parts
  const { countless } = learnt.of(provider.name)
  const name = nameOfTarget(target)
  let outcome: Outcome
  for (const { apiKey, place } of keysFor(provider, target, client, parts)) {
    const waitMs = client.endsAt - ports.now()
    if (waitMs <= 0 || countless.get(name)) return outcome
    if (countless.get(name + place)) continue
    try {
      // oxlint-disable-next-line no-await-in-loop -- one key after the other
      return await askForCount(request, provider, target, { ...client, waitMs, apiKey }, ports)
    } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause
      ports.log('debug', `${name} does not count tokens: somebody else does, or they are counted here`, {
        error: cause.message,
      })
      const isOfKey = ERROR_POLICIES[cause.kind].blames.startsWith('key')
      // Another client may bring another key.
      if (isForGood(cause) && !(cause.kind === 'auth' && provider.takes))
        countless.set(isOfKey ? name + place : name, true)
      outcome = PASSING.has(cause.kind) && !isForGood(cause) ? 'elsewhere' : undefined
      if (!isOfKey) return outcome
    }
  }
  return outcome
}

interface ShownKey {
  /** Absent: what the client brings, or the only one. */
  readonly apiKey?: string
  /** What tells it apart in what is remembered. */
  readonly place: string
}

/** The keys that are worth showing, in order: a count says nothing of a key's health, but goes by it. */
function keysFor(
  provider: Provider,
  target: RouteTarget,
  { credential, keeper }: CountClient,
  { board }: CounterParts,
): readonly ShownKey[] {
  const keys = keysOf(provider).map((apiKey, key) => ({ apiKey, place: ` key ${key}`, key }))
  if (keys.length < 2 || showsBrought(provider, credential)) return [{ place: '' }]
  const kept = keys.filter(({ apiKey }) => markOfKey(apiKey) === keeper?.key)
  if (kept.length > 0) return kept
  const usable = keys.filter(({ key }) => board.conditionOfKey(target, key).state !== 'open')
  return usable.length > 0 ? usable : keys.slice(0, 1)
}

/** It has no such operation, or none for us, and is not asked again. */
function isForGood({ status, kind }: ModelError): boolean {
  return status === 501 || (status >= 400 && status < 500 && !PASSING.has(kind) && !OF_REQUEST.has(kind))
}

const PASSING: ReadonlySet<ErrorKind> = new Set([
  'payment',
  'rate-limit',
  'quota',
  'overload',
  'server',
  'network',
  'timeout',
])

const OF_REQUEST: ReadonlySet<ErrorKind> = new Set(['too-large', 'context-overflow', 'content-filter', 'aborted'])
