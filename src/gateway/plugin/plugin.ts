import type { JsonObject } from '../../canonical/json.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Log } from '../../platform/ports.ts'
import type { DialectMaker } from '../../provider/dialect.ts'
import type { Middleware } from '../call.ts'

/** What a module that the config names under `plugins` adds to the router. */
export interface Plugin {
  /** Names it in errors and in the log. */
  readonly name: string
  /** Accents of providers, by the names that `transformer.use` calls them by. They act on wire shapes, relayed or translated. */
  readonly dialects?: Readonly<Record<string, DialectMaker>>
  /** Around every call, the first outermost; before a target is chosen. */
  readonly middleware?: readonly Middleware[]
  /** Who shall answer: `provider,model`. Nothing: the next one, and in the end the rules, decide. */
  readonly route?: (question: RouteQuestion) => RouteAnswer | Promise<RouteAnswer>
}

/** What such a module exports as its default: a plugin, or a function that makes one. */
export type PluginExport = Plugin | ((options: JsonObject, tools: PluginTools) => Plugin | Promise<Plugin>)

export interface PluginTools {
  readonly log: Log
  /** The config, with its variables replaced. */
  readonly settings: JsonObject
}

/** What a plugin may see of a request to say who answers it. */
export interface RouteQuestion {
  readonly request: ModelRequest
  /** By lower-case name, without keys. */
  readonly headers: Readonly<Record<string, string>>
  readonly sessionId: string | undefined
  /** About how many tokens the input has. */
  readonly tokens: number
  /** Ends when the client goes away. */
  readonly signal: AbortSignal
}

export type RouteAnswer = string | null | undefined
