import { kindOfStatus, ModelError, type ErrorKind } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Hook, Transformer } from '../../provider/transformer.ts'
import { redactKeys } from '../redact.ts'

/** Whose hook runs, and on whose behalf. */
export interface HookRun {
  readonly transformer: Transformer
  readonly hook: Hook
  /** Ends with the client. */
  readonly signal: AbortSignal
  readonly ports: Pick<Ports, 'after'>
}

/** A hook that does not come back would hold its call for ever. */
const LONGEST_HOOK_MS = 120_000

/** What `work` gives. An error, or no end, is a `ModelError` that names the transformer and the hook. */
export async function runHook<T>(run: HookRun, work: () => T | Promise<T>): Promise<T> {
  const { signal, ports } = run
  const given = Promise.withResolvers<never>()
  const stop = ports.after(LONGEST_HOOK_MS, () =>
    given.reject(hookError(run, `it did not end within ${LONGEST_HOOK_MS / 1000} s`, { kind: 'timeout' })),
  )
  const leave = (): void => given.reject(new ModelError('the client went away', { kind: 'aborted' }))
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  // Whoever loses the race is not waited for.
  given.promise.catch(() => undefined)
  try {
    return await Promise.race([(async () => work())(), given.promise])
  } catch (cause) {
    throw explained(run, cause)
  } finally {
    stop()
    signal.removeEventListener('abort', leave)
  }
}

/** An error of a hook, in words that say whose. */
export function explained(run: Pick<HookRun, 'transformer' | 'hook'>, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  const { status, statusCode } = (cause ?? {}) as { status?: unknown; statusCode?: unknown }
  const told = [statusCode, status].find((code) => typeof code === 'number' && code >= 400 && code < 600)
  const message = cause instanceof Error ? cause.message || cause.name : String(cause)
  return hookError(run, message, {
    kind: typeof told === 'number' ? kindOfStatus(told) : 'server',
    ...(typeof told === 'number' && { status: told }),
    cause,
  })
}

/** An error of our own about what a hook did. */
export function hookError(
  { transformer, hook }: Pick<HookRun, 'transformer' | 'hook'>,
  message: string,
  details: { readonly kind: ErrorKind; readonly status?: number; readonly cause?: unknown } = { kind: 'server' },
): ModelError {
  return new ModelError(`the transformer ${transformer.name} failed in ${hook}: ${redactKeys(message)}`, details)
}
