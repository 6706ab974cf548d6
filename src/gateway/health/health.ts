import { ERROR_POLICIES, type ErrorKind, type ModelError } from '../../canonical/error.ts'
import { keysOf, type Provider } from '../../provider/provider.ts'
import { DEFAULT_BREAKER } from '../../provider/resilience.ts'
import type { Health } from '../../router/health.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Latency, Learnt } from '../learnt.ts'
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

/** One attempt, as far as health goes; it ends with one of the last three. */
export interface Lease {
  /** The answer has begun. */
  begun(): void
  /** Gives what this failure put to rest, if it did. */
  fail(error: ModelError): Rested | undefined
  succeed(): void
  /** It ended without a word about health: the client went away, say. */
  leave(): void
}

/** What was put to rest by a failure, and until when. */
export interface Rested {
  readonly what: 'key' | 'key-at-model' | 'model' | 'provider'
  readonly until: number
}

/** Who is out of order: every provider, model and key has a circuit of its own from its first failure on. */
export interface CircuitBoard extends Health {
  /** Of provider and model together; keys are looked at one by one. */
  conditionOf(target: RouteTarget): Condition
  /** Of one of the provider's keys, for a model. */
  conditionOfKey(target: RouteTarget, key: number): Condition
  /** Of the target with the best of its keys. */
  whole(target: RouteTarget): Condition
  /** An attempt begins, with a key of the provider's (its place in the list) or with none of them. */
  begin(target: RouteTarget, key: number | undefined): Lease
}

export function createCircuitBoard(providers: readonly Provider[], learnt: Learnt, now: () => number): CircuitBoard {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  const running = new Map<string, number>()
  const conditionOf = ({ provider }: RouteTarget, names: readonly string[]): Condition => {
    const { circuits } = learnt.of(provider)
    if (circuits.isEmpty()) return HEALTHY
    return names.map((name) => conditionAt(circuits.get(name), now())).reduce(worse)
  }
  const count = (target: RouteTarget, change: number): void => {
    const name = `${target.provider},${target.model}`
    const left = (running.get(name) ?? 0) + change
    if (left > 0) running.set(name, left)
    else running.delete(name)
  }
  const board: CircuitBoard = {
    conditionOf: (target) => conditionOf(target, [PROVIDER, modelScope(target)]),
    conditionOfKey: (target, key) => conditionOf(target, [keyScope(key), keyAtModelScope(key, target)]),
    whole(target) {
      const keys = keysOf(byName.get(target.provider) ?? {}).map((_, key) => board.conditionOfKey(target, key))
      const own = board.conditionOf(target)
      return keys.length === 0 ? own : worse(own, keys.reduce(better))
    },
    state: (target) => board.whole(target).state,
    latencyMs: (target) => latencyAt(learnt.of(target.provider).latencies.get(target.model), now()),
    running: (target) => running.get(`${target.provider},${target.model}`) ?? 0,
    begin(target, key) {
      const { circuits, latencies } = learnt.of(target.provider)
      const each = (run: (circuit: Circuit) => void): void => {
        // Nearly always nothing has failed.
        if (circuits.isEmpty()) return
        for (const name of Object.values(scopesOf(target, key))) {
          const circuit = circuits.get(name)
          if (circuit) run(circuit)
        }
      }
      const startedAt = now()
      let probes: Map<Circuit, number> | undefined
      each((circuit) => {
        const mark = circuit.enter(startedAt)
        if (mark !== undefined) (probes ??= new Map()).set(circuit, mark)
      })
      // Of those circuits alone whose probe it is: another call may be the probe meanwhile.
      const leaveProbes = (): void => probes?.forEach((mark, circuit) => circuit.leave(mark))
      count(target, 1)
      return {
        begun() {
          const at = now()
          const before = latencyAt(latencies.get(target.model), at)
          const took = at - startedAt
          latencies.set(target.model, {
            ms: before === undefined ? took : before + (took - before) * LATEST_WEIGHT,
            at,
          })
        },
        succeed() {
          count(target, -1)
          each((circuit) => circuit.succeed(now()))
        },
        leave() {
          count(target, -1)
          leaveProbes()
        },
        fail(error) {
          count(target, -1)
          leaveProbes()
          const what = ERROR_POLICIES[error.kind].blames
          const name = what === 'nobody' ? undefined : scopesOf(target, key)[what]
          if (what === 'nobody' || name === undefined) return undefined
          const circuit = circuits.get(name) ?? createCircuit(byName.get(target.provider)?.breaker ?? DEFAULT_BREAKER)
          circuits.set(name, circuit)
          return circuit.fail(now(), error.kind, restOf(error)) ? { what, until: circuit.readyAt(now()) } : undefined
        },
      }
    },
  }
  return board
}

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
