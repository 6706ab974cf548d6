import type { JsonObject } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Transformer } from '../../provider/transformer.ts'
import type { Middleware } from '../call.ts'
import type { UserRouter } from './user-router.ts'

/** What modules of the user add to the gateway. Their dialects and transformers stand in the providers' rows. */
export interface Plugins {
  /** The settings of the config, as code of the user may ask for them. */
  readonly settings: JsonObject
  /** Why modules did not load, a sentence each. */
  readonly failures: readonly string[]
  /** Transformers that bring an endpoint for clients. */
  readonly endpoints: readonly Transformer[]
  /** Who is asked for a target before the rules are, in order. */
  readonly routers: readonly ((ports: Ports) => UserRouter)[]
  /** Around every call, the first outermost. */
  readonly middleware: readonly ((ports: Ports) => Middleware)[]
}
