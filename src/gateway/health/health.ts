import { ERROR_POLICIES, type ErrorKind, type ModelError } from '../../canonical/error.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import { DEFAULT_BREAKER } from '../../provider/resilience.ts'
import type { Health } from '../../router/health.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Latency, Learnt, ProviderLearnt } from '../learnt.ts'
import { createMemory, type Memory } from '../memory.ts'
import { createCircuit, type Circuit, type CircuitState, type Rest } from './circuit.ts'

/** What is known of something that can be asked, or of several things that it takes for that. */
export interface Condition {
  readonly state: CircuitState
  /** When it is worth asking again; 0 for what is not open. */
  readonly readyAt: number
  /** Whether the provider itself said so. */
  readonly isTold: boolean
  readonly why?: ErrorKind
}

/** One attempt, as far as health goes. */
export interface Lease {
  readonly target: RouteTarget
  /** The place of the provider's key that it is made with. */
  readonly key: number | undefined
  readonly startedAt: number
  /** What is known of the provider. */
  readonly learnt: ProviderLearnt
  /** The calls of the target that run. */
  readonly load: Load
  /** The circuits whose probe it is: of others another call may be the probe meanwhile. */
  readonly probes: ReadonlyMap<Circuit, number> | undefined
}

/** How many calls run. */
interface Load {
  calls: number
}

/** What was put to rest by a failure, and until when. */
export interface Rested {
  readonly what: 'key' | 'key-at-model' | 'model' | 'provider'
  readonly until: number
}

/** Who is out of order: every provider, model and key has a circuit of its own from its first failure on. */
export interface CircuitBoard extends Health {
  /** Whether nothing of the target's provider has failed lately, so that all is well with it. */
  isQuiet(target: RouteTarget): boolean
  /** Of provider and model together; keys are looked at one by one. */
  conditionOf(target: RouteTarget): Condition
  /** Of one of the provider's keys, for a model. */
  conditionOfKey(target: RouteTarget, key: number): Condition
  /** Of the target with the best of its keys. */
  whole(target: RouteTarget): Condition
  /** An attempt begins, with a key of the provider's (its place in the list) or with none of them. It ends with one of the last three. */
  begin(target: RouteTarget, key: number | undefined): Lease
  /** The answer has begun. */
  begun(lease: Lease): void
  /** Gives what this failure put to rest, if it did. */
  fail(lease: Lease, error: ModelError): Rested | undefined
  succeed(lease: Lease): void
  /** It ended without a word about health: the client went away, say. */
  leave(lease: Lease): void
}

export function createCircuitBoard(providers: readonly Provider[], learnt: Learnt, now: () => number): CircuitBoard {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  const loads = createMemory<Load>(MOST_TARGETS)
  const loadOf = (target: RouteTarget): Load => {
    const name = nameOfTarget(target)
    const known = loads.get(name)
    if (known) return known
    const load = { calls: 0 }
    loads.set(name, load)
    return load
  }
  const conditionOf = (circuits: Memory<Circuit>, names: readonly string[]): Condition =>
    names.map((name) => conditionAt(circuits.get(name), now())).reduce(worse)
  const leave = ({ load, probes }: Lease): void => {
    load.calls -= 1
    probes?.forEach((mark, circuit) => circuit.leave(mark))
  }
  const board: CircuitBoard = {
    isQuiet: ({ provider }) => learnt.of(provider).circuits.isEmpty(),
    conditionOf(target) {
      const { circuits } = learnt.of(target.provider)
      return circuits.isEmpty() ? HEALTHY : conditionOf(circuits, [PROVIDER, modelScope(target)])
    },
    conditionOfKey(target, key) {
      const { circuits } = learnt.of(target.provider)
      return circuits.isEmpty() ? HEALTHY : conditionOf(circuits, [keyScope(key), keyAtModelScope(key, target)])
    },
    whole(target) {
      // Nearly always nothing has failed.
      if (board.isQuiet(target)) return HEALTHY
      const keys = keysOf(byName.get(target.provider) ?? {}).map((_, key) => board.conditionOfKey(target, key))
      const own = board.conditionOf(target)
      return keys.length === 0 ? own : worse(own, keys.reduce(better))
    },
    state: (target) => board.whole(target).state,
    latencyMs: (target) => latencyAt(learnt.of(target.provider).latencies.get(target.model), now()),
    running: (target) => loadOf(target).calls,
    begin(target, key) {
      const load = loadOf(target)
      load.calls += 1
      const startedAt = now()
      const known = learnt.of(target.provider)
      const { circuits } = known
      const probes = circuits.isEmpty() ? undefined : probesOf(circuitsOf(circuits, target, key), startedAt)
      return { target, key, startedAt, learnt: known, load, probes }
    },
    begun({ target, startedAt, learnt: { latencies } }) {
      const at = now()
      const before = latencyAt(latencies.get(target.model), at)
      const took = at - startedAt
      const ms = before === undefined ? took : before + (took - before) * LATEST_WEIGHT
      latencies.set(target.model, { ms, at })
    },
    succeed({ target, key, load, learnt: { circuits } }) {
      load.calls -= 1
      if (!circuits.isEmpty()) for (const circuit of circuitsOf(circuits, target, key)) circuit.succeed(now())
    },
    leave,
    fail(lease, error) {
      leave(lease)
      const { target, key } = lease
      const { circuits } = lease.learnt
      const what = ERROR_POLICIES[error.kind].blames
      const name = what === 'nobody' ? undefined : scopesOf(target, key)[what]
      if (what === 'nobody' || name === undefined) return undefined
      const circuit = circuits.get(name) ?? createCircuit(byName.get(target.provider)?.breaker ?? DEFAULT_BREAKER)
      circuits.set(name, circuit)
      return circuit.fail(now(), error.kind, restOf(error)) ? { what, until: circuit.readyAt(now()) } : undefined
    },
  }
  return board
}

/** Those that an attempt concerns. */
function circuitsOf(circuits: Memory<Circuit>, target: RouteTarget, key: number | undefined): Circuit[] {
  return Object.values(scopesOf(target, key)).flatMap((name) => circuits.get(name) ?? [])
}

function probesOf(circuits: readonly Circuit[], now: number): ReadonlyMap<Circuit, number> {
  const probes = new Map<Circuit, number>()
  for (const circuit of circuits) {
    const mark = circuit.enter(now)
    if (mark !== undefined) probes.set(circuit, mark)
  }
  return probes
}

/** Clients may make names of models up. */
const MOST_TARGETS = 1000
/** How much the latest answer counts in the mean. */
const LATEST_WEIGHT = 0.3
/** Who asks for more has misspelt it, or will have been restarted by then. */
const LONGEST_TOLD_MS = 24 * 3_600_000
const HEALTHY: Condition = { state: 'closed', readyAt: 0, isTold: false }
const BADNESS: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** What was slow long ago may be fast again: nobody would ever find out if it counted for ever. */
function latencyAt(known: Latency | undefined, now: number): number | undefined {
  return known && known.ms * 0.5 ** ((now - known.at) / LATENCY_HALF_LIFE_MS)
}

const LATENCY_HALF_LIFE_MS = 300_000

function conditionAt(circuit: Circuit | undefined, now: number): Condition {
  const state = circuit?.state(now) ?? 'closed'
  if (!circuit || state === 'closed') return HEALTHY
  const why = circuit.why()
  const isOpen = state === 'open'
  return {
    state,
    readyAt: isOpen ? circuit.readyAt(now) : 0,
    isTold: isOpen && circuit.isTold(now),
    ...(why && { why }),
  }
}

function worse(one: Condition, other: Condition): Condition {
  return difference(one, other) >= 0 ? one : other
}

function better(one: Condition, other: Condition): Condition {
  return difference(one, other) <= 0 ? one : other
}

function difference(one: Condition, other: Condition): number {
  return BADNESS[one.state] - BADNESS[other.state] || one.readyAt - other.readyAt
}

/** How long the one to blame rests at once; absent: only the count of failures decides. */
function restOf({ kind, details }: ModelError): Rest | undefined {
  const { retryAfterMs: told } = details
  if (told !== undefined && told > 0) return { ms: Math.min(told, LONGEST_TOLD_MS), isTold: true }
  const { restMs } = ERROR_POLICIES[kind]
  return restMs === undefined ? undefined : { ms: restMs, isTold: false }
}

type Scopes = Readonly<Partial<Record<Rested['what'], string>>>

function scopesOf(target: RouteTarget, key: number | undefined): Scopes {
  return {
    provider: PROVIDER,
    model: modelScope(target),
    ...(key !== undefined && { key: keyScope(key), 'key-at-model': keyAtModelScope(key, target) }),
  }
}

const PROVIDER = 'provider'

function modelScope({ model }: RouteTarget): string {
  return `model ${model}`
}

function keyScope(key: number): string {
  return `key ${key}`
}

function keyAtModelScope(key: number, { model }: RouteTarget): string {
  return `key ${key} at ${model}`
}
