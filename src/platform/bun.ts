import type { OriginStore } from '../store/origin-store.ts'
import { createOriginStore } from '../store/origins.ts'
import type { ResponseStore } from '../store/response-store.ts'
import { createResponseStore } from '../store/responses.ts'
import type { UsageStore } from '../store/usage-store.ts'
import { createHttpClient } from './http/client.ts'
import type { Log, Ports } from './ports.ts'
import { createTextReader } from './read-text.ts'

export interface BunPortsOptions {
  readonly log: Log
  readonly usage: UsageStore
  /** Absent: one that forgets when the process ends. */
  readonly origins?: OriginStore
  /** Absent: one that forgets when the process ends. */
  readonly responses?: ResponseStore
  readonly overridesOf?: Ports['overridesOf']
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** The outside world as Bun gives it. */
export function bunPorts(options: BunPortsOptions): Ports {
  const env = options.env ?? process.env
  return {
    fetch: createHttpClient(() => performance.now(), options.log),
    now: Date.now,
    id: createIds(),
    random: Math.random,
    after,
    sleep,
    env: (name) => env[name],
    log: options.log,
    usage: options.usage,
    origins: options.origins ?? createOriginStore(),
    responses: options.responses ?? createResponseStore(),
    readText: createTextReader(),
    overridesOf: options.overridesOf ?? (() => []),
    awsIdentity: async (source) => (await import('./aws-identity.ts')).readAwsIdentity(source, env),
  }
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Random characters come many at a time: that is cheaper than the ids themselves. */
function createIds(): Ports['id'] {
  const bytes = new Uint8Array(85 * ID_LENGTH)
  let characters = ''
  let used = 0
  return (prefix) => {
    if (used >= characters.length) {
      // Not `node:crypto`: loading that costs 2.5 ms at start.
      characters = crypto.getRandomValues(bytes).toHex()
      used = 0
    }
    used += ID_LENGTH
    return prefix + characters.slice(used - ID_LENGTH, used)
  }
}

const ID_LENGTH = 24
