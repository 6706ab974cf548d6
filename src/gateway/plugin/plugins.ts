import type { JsonObject } from '../../canonical/json.ts'

/** What modules of the user add to the gateway. Their dialects and transformers stand in the providers' rows. */
export interface Plugins {
  /** The settings of the config, as code of the user may ask for them. */
  readonly settings: JsonObject
  /** Why modules did not load, a sentence each. */
  readonly failures: readonly string[]
}
