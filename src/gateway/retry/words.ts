import { ModelError, type ErrorKind } from '../../canonical/error.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Condition, Rested } from '../health/health.ts'

/** A length of time as people say it. */
export function spellMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 90_000) return `${Math.round(ms / 100) / 10} s`
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 360_000) / 10} h`
}

/** A key by its last characters, as its owner knows it; nothing of one that is short. */
export function nameOfKey(key: string): string {
  return key.length >= 12 ? `…${key.slice(-4)}` : '…'
}

/** What to tell the user of something that was put to rest. `key`: its name, if the provider has several. */
export function describeRest(
  { what, until }: Rested,
  target: RouteTarget,
  key: string | undefined,
  kind: ErrorKind,
  now: number,
): string {
  return `${WHO[what](target, key === undefined ? '' : `${key} `)} is left alone for ${spellMs(until - now)} (${kind})`
}

const WHO: Readonly<Record<Rested['what'], (target: RouteTarget, key: string) => string>> = {
  key: ({ provider }, key) => `the key ${key}of ${provider}`,
  'key-at-model': ({ provider, model }, key) => `the key ${key}of ${provider} at ${model}`,
  model: ({ provider, model }) => `${provider} (${model})`,
  provider: ({ provider }) => provider,
}

/** The error of a call that is not made, because the provider has asked for a pause. */
export function restingError(target: RouteTarget, { readyAt, why = 'overload' }: Condition, now: number): ModelError {
  const waitMs = Math.max(0, readyAt - now)
  return new ModelError(
    `${target.provider} (${target.model}) was not asked: it wants to be left alone for another ${spellMs(waitMs)} (${why})`,
    { kind: why, retryAfterMs: waitMs, ...target },
  )
}
