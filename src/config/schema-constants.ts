import type { JsonObject } from '../canonical/json.ts'
import { endpointSchema } from './endpoint-schema.ts'
import { configSchema, overrideSchema } from './schema.ts'

/** The schemas of all files that the config may be made of, as plain data. */
export interface PlainSchemas {
  readonly config: JsonObject
  /** Of the form with `endpoints`. */
  readonly endpoints: JsonObject
  /** Of a project's or session's own router. */
  readonly override: JsonObject
}

/**
 * The schemas without what TypeBox keeps under symbols. Imported as a macro, it is the bundler that makes them, and
 * TypeBox is not loaded when `ccr` starts.
 */
export function plainSchemas(): PlainSchemas {
  return { config: plain(configSchema), endpoints: plain(endpointSchema), override: plain(overrideSchema) }
}

function plain(schema: object): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject
}
