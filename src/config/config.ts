import type { JsonObject } from '../canonical/json.ts'
import type { CacheSettings } from '../gateway/cache/reply-cache.ts'
import type { ClientKey } from '../gateway/client-key.ts'
import type { GatewayConfig } from '../gateway/gateway.ts'
import type { Limits } from '../gateway/limits/limits.ts'
import type { WebSearchSettings } from '../gateway/search/settings.ts'
import type { LogLevel } from '../platform/ports.ts'
import type { Provider } from '../provider/provider.ts'
import type { Prices } from '../router/price.ts'
import type { Routes } from '../router/route.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { UserCode } from './user-code.ts'

/** The config file, read, checked and made ready for use. */
export interface Config {
  /** The file it was read from; it need not exist. */
  readonly file: string
  /** Whether the file exists. */
  readonly exists: boolean
  /** Names the file's text, as `ccr status` shows it. Absent: there is no file. */
  readonly hash?: string
  /** Address to listen on. Other than loopback only if there is an `apiKey`. */
  readonly host: string
  readonly port: number
  /** The key that clients must show. Absent: none, and then only loopback is served. */
  readonly apiKey?: string
  /** Further keys that clients may show. Absent: none. */
  readonly clientKeys?: readonly ClientKey[]
  /** What all calls together may take. Absent: as much as they want. */
  readonly limits?: Limits
  /** Names by which the router may be called besides those of loopback. */
  readonly allowedHosts: readonly string[]
  /** Origins whose pages may use the router. */
  readonly allowedOrigins: readonly string[]
  /** Whether a log is written. */
  readonly log: boolean
  readonly logLevel: LogLevel
  /** How long a provider may stay silent, in milliseconds. */
  readonly timeoutMs: number
  /** The agent is started without a terminal, for CI. */
  readonly nonInteractive: boolean
  readonly claudePath?: string
  /** The proxy that the config names for all providers. What a provider uses stands in `Provider.proxy`. */
  readonly proxyUrl?: string
  readonly smallFastModel?: string
  /** Images are described by the target of `Router.image` to every model, not only to those that do not see them. */
  readonly forceUseImageAgent: boolean
  /** The file that `REWRITE_SYSTEM_PROMPT` names, with its full path. */
  readonly systemPromptFile?: string
  readonly providers: readonly Provider[]
  readonly routes: Routes
  /** The presets that are installed, by name. */
  readonly presets?: Readonly<Record<string, GatewayConfig>>
  /** What models cost. Absent: nothing is said of it. */
  readonly prices?: Prices
  /** After so much silence, in milliseconds, a second target is asked besides the first. Absent: never. */
  readonly hedgeAfterMs?: number
  /** A stream of text that breaks off is gone on with by another target. */
  readonly continuation: boolean
  /** Who searches the web for models that cannot. Absent: nobody. */
  readonly webSearch?: WebSearchSettings
  /** How long calls that run when the router is stopped may go on, in milliseconds. */
  readonly drainMs: number
  /** What of answers is kept. Absent: nothing. */
  readonly cache?: CacheSettings
  /** The modules of the user that the file names. Absent: none. */
  readonly userCode?: UserCode
  /** The whole file with its variables replaced; holds secrets. */
  readonly raw: JsonObject
  readonly warnings: readonly Diagnostic[]
}
