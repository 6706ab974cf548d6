import type { RouteOverride } from '../router/route.ts'
import type { OriginStore } from '../store/origin-store.ts'
import type { UsageStore } from '../store/usage-store.ts'

/** All of the outside world that the gateway may touch. Each runtime has one file that makes them. */
export interface Ports {
  /** Never goes through a proxy or follows a redirect on its own: the caller says so in `init`. */
  readonly fetch: (url: string, init: RequestInit & { proxy?: string | false }) => Promise<Response>
  /** Milliseconds since 1970. */
  now(): number
  /** A fresh unique id: `prefix` and 24 characters of `[0-9A-Za-z]`. */
  id(prefix: string): string
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  env(name: string): string | undefined
  readonly log: Log
  readonly usage: UsageStore
  /** Who signed which reasoning. */
  readonly origins: OriginStore
  /** The text of a file. Rejects if it cannot be read; cheap if it has not changed since. */
  readText(file: string): Promise<string>
  /** The routers of a session's project and of the session itself. */
  overridesOf(sessionId: string): readonly RouteOverride[]
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** Structured lines. Never give it a body, a key, or a header that may hold one. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void
