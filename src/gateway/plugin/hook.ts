import { kindOfStatus, ModelError, type ModelErrorDetails } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Hook, Transformer } from '../../provider/transformer.ts'
import { redactKeys } from '../redact.ts'

/** Whose hook runs, and on whose behalf. */
export interface HookRun extends Limits {
  readonly transformer: Transformer
  readonly hook: Hook
}

/** What ends code of the user that does not come back. */
export interface Limits {
  /** Ends with the client. */
  readonly signal: AbortSignal
  readonly ports: Pick<Ports, 'after'>
}

/** A hook that does not come back would hold its call for ever. */
const LONGEST_HOOK_MS = 120_000

/** What `work` gives. An error, or no end, is a `ModelError` that names the transformer and the hook. */
export async function runHook<T>(run: HookRun, work: () => T | Promise<T>): Promise<T> {
  try {
    return await inTime(run, LONGEST_HOOK_MS, work)
  } catch (cause) {
    throw explained(run, cause)
  }
}

/** What `work` gives, if it does so within `ms`; rejects at once with a `ModelError` when the client goes away. */
export async function inTime<T>({ signal, ports }: Limits, ms: number, work: () => T | Promise<T>): Promise<T> {
  const given = Promise.withResolvers<never>()
  const stop = ports.after(ms, () => given.reject(new Error(`it did not end within ${ms / 1000} s`)))
  const leave = (): void => given.reject(new ModelError('the client went away', { kind: 'aborted' }))
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  // Whoever loses the race is not waited for.
  given.promise.catch(() => undefined)
  try {
    return await Promise.race([(async () => work())(), given.promise])
  } finally {
    stop()
    signal.removeEventListener('abort', leave)
  }
}

/** An error of a hook, in words that say whose. */
export function explained(run: Pick<HookRun, 'transformer' | 'hook'>, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  return hookError(run, wordsOf(cause), detailsOf(cause))
}

/** An error of our own about what a hook did. */
export function hookError(
  { transformer, hook }: Pick<HookRun, 'transformer' | 'hook'>,
  message: string,
  details: ModelErrorDetails = { kind: 'server', isLasting: true },
): ModelError {
  return new ModelError(`the transformer ${transformer.name} failed in ${hook}: ${redactKeys(message)}`, details)
}

/** What was thrown, in one line. */
export function wordsOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  return redactKeys(text.split('\n', 1)[0] ?? text)
}

/**
 * What is known of an error of the user's code besides its words: the HTTP status that it carries, else 500, and then the
 * code would fail again.
 */
export function detailsOf(cause: unknown): ModelErrorDetails {
  const { status, statusCode } = (cause ?? {}) as { status?: unknown; statusCode?: unknown }
  const told = [statusCode, status].find((code) => typeof code === 'number' && code >= 400 && code < 600)
  return typeof told === 'number'
    ? { kind: kindOfStatus(told), status: told, cause }
    : { kind: 'server', isLasting: true, cause }
}
